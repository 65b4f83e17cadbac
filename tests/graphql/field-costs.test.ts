/** A field that is forgotten in field-costs.ts would cost next to nothing, however much it makes the server read or say. */
import { beforeAll, expect, test } from '@jest/globals';
import { type GraphQLField, getNamedType, getNullableType, isInterfaceType, isListType, isObjectType } from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import { fieldCosts } from '../../src/graphql/field-costs.js';
import { createSchema } from '../../src/graphql/schema.js';

let fields: { readonly name: string; readonly field: GraphQLField<unknown, unknown> }[];
beforeAll(async () => {
  const types = Object.values((await createSchema()).getTypeMap());
  fields = types
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));
});

test('every text has a greatest length', () => {
  const texts = fields.filter(({ field }) => getNamedType(field.type).name === 'String').map(({ name }) => name);
  expect(texts.length).toBeGreaterThan(20);
  expect(texts.filter((name) => fieldCosts[name]?.bytes === undefined)).toEqual([]);
});

test('every list has a length, if nobody asks for one', () => {
  const lists = fields
    .filter(({ field }) => isListType(getNullableType(field.type)))
    .filter(({ field }) => field.name !== 'edges' && !field.args.some(({ name }) => name === 'from'))
    .map(({ name }) => name);
  expect(lists.length).toBeGreaterThan(5);
  expect(lists.filter((name) => fieldCosts[name]?.items === undefined)).toEqual([]);
});

test('every field with a resolver of its own says what it reads', () => {
  const resolved = getMetadataStorage()
    .fieldResolvers.filter(({ kind }) => kind === 'external')
    .map(({ getObjectType, schemaName }) => `${getObjectType?.().name}.${schemaName}`);
  const roots = fields.map(({ name }) => name).filter((name) => /^(Query|Mutation|Subscription)\./.test(name));
  expect(resolved.length).toBeGreaterThan(20);
  expect([...resolved, ...roots].filter((name) => fieldCosts[name] === undefined)).toEqual([]);
});
