import { expect, test } from '@jest/globals';
import { mediaTypeFor } from '../../src/http/media-type.js';

const GRAPHQL = 'application/graphql-response+json; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

test.each([
  [undefined, JSON_TYPE, false],
  ['*/*', JSON_TYPE, false],
  ['application/json', JSON_TYPE, true],
  ['APPLICATION/JSON', JSON_TYPE, true],
  ['application/graphql-response+json', GRAPHQL, false],
  ['application/json;q=0.5, application/graphql-response+json', GRAPHQL, false],
  ['text/html', JSON_TYPE, false],
])('the Accept header %p gets %s', (accept, contentType, isPlainJson) => {
  expect(mediaTypeFor(accept)).toEqual({ contentType, isPlainJson });
});

test('a header is remembered until a hundred others came, so that clients cannot fill the memory with headers', () => {
  const first = mediaTypeFor('first/type');
  const others = (count: number) => {
    for (let number = 0; number < count; number++) mediaTypeFor(`other/type-${number}`);
  };
  expect(mediaTypeFor('first/type')).toBe(first);
  others(100);
  expect(mediaTypeFor('first/type')).not.toBe(first);
});
