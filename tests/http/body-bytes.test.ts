/** From the bytes of a body to the stored text: invalid UTF-8 is refused and never replaced. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { mutationOf, posted, send, useServer } from '../support/client.js';
import { sendBytes } from '../support/raw-request.js';
import { createSchool, newStudent, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;
let assignmentId: string;
beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
  assignmentId = await school.assignment();
});

/** A placeholder in a body for bytes that JSON.stringify cannot write. */
const HERE = 'HERE';

function bodyWith(text: string, bytes: Uint8Array): Buffer {
  const [before = '', after = ''] = text.split(HERE);
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
}

const headOf = (framing: string, token = student.token) =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n` +
  `authorization: Bearer ${token}\r\n${framing}\r\n\r\n`;

const whole = (body: Buffer, token?: string) =>
  sendBytes(server.url, headOf(`content-length: ${body.length}`, token), body);

/** One byte in each chunk, which splits every multi-byte character. */
const chunked = (body: Buffer) =>
  sendBytes(
    server.url,
    Buffer.concat([
      Buffer.from(headOf('transfer-encoding: chunked')),
      ...[...body].map((byte) => Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')])),
      Buffer.from('0\r\n\r\n'),
    ]),
  );

const submission = (content: string): string =>
  JSON.stringify({
    query: mutationOf('submitAssignment', 'submission { content }'),
    variables: { input: { assignmentId, content } },
  });

const NO_UTF8: Record<string, number[]> = {
  'a byte of Latin-1': [0xe9],
  'half a character': [0xe2, 0x82],
  'a byte that goes on with nothing': [0x80],
  'a slash that is too long': [0xc0, 0xaf],
  'a NUL that is too long': [0xc0, 0x80],
  'half a surrogate pair': [0xed, 0xa0, 0xbd],
  'both halves of a surrogate pair': [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  'a character beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
  'five bytes': [0xf8, 0x88, 0x80, 0x80, 0x80],
  'a byte that no text has': [0xff],
};

describe.each(Object.entries(NO_UTF8))('%s', (_, bytes) => {
  test.each([
    ['a text', () => submission(`before ${HERE} after`)],
    ['a query', () => `{"query":"{ badges { id } } # ${HERE}"}`],
    ['the name of an operation', () => `{"query":"query A { badges { id } }","operationName":"${HERE}"}`],
    ['the name of a field', () => `{"query":"{ badges { id } }","${HERE}":1}`],
    ['extensions', () => `{"query":"{ badges { id } }","extensions":{"x":"${HERE}"}}`],
    ['no text at all', () => HERE],
    ['what is behind the JSON', () => `{"query":"{ badges { id } }"}${HERE}`],
  ])('in %s is refused, in one piece and in chunks', async (_place, text) => {
    const before = await server.database.snapshot();
    const body = bodyWith(text(), Uint8Array.from(bytes));
    for (const answer of [await whole(body), await chunked(body)]) {
      expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(answer.errors[0]?.extensions.fields).toEqual([{ path: 'body', message: 'The body is not UTF-8.' }]);
    }
    expect(await server.database.snapshot()).toEqual(before);
  });
});

test('UTF-16 is refused, even with the content type of JSON', async () => {
  const body = Buffer.from('\ufeff{"query":"{ badges { id } }"}', 'utf16le');
  expect(await whole(body)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
});

describe('a text of every kind of character', () => {
  const CONTENT = 'ä € 😀 👩‍👩‍👧 \ufffd \u{10ffff} e\u0301';

  test.each([
    ['in one piece', whole],
    ['in chunks that cut each character', chunked],
  ])('%s is stored unchanged', async (_, sent) => {
    assignmentId = await school.assignment();
    const { data } = await sent(Buffer.from(submission(CONTENT)));
    expect(data.submitAssignment.submission.content).toBe(CONTENT);
  });

  test('U+FFFD is a character like any other if the client sent it', async () => {
    assignmentId = await school.assignment();
    const { data } = await whole(bodyWith(submission(`a${HERE}b`), Uint8Array.from([0xef, 0xbf, 0xbd])));
    expect(data.submitAssignment.submission.content).toBe('a\ufffdb');
  });

  test('an escaped text is the same text', async () => {
    assignmentId = await school.assignment();
    const { data } = await whole(Buffer.from(submission(HERE).replace(HERE, '\\ud83d\\ude00\\u00e4')));
    expect(data.submitAssignment.submission.content).toBe('😀ä');
  });

  test.each(['content', 'idempotencyKey'])('an escaped lone surrogate is refused in %s', async (field) => {
    assignmentId = await school.assignment();
    const input = { assignmentId, content: 'x', [field]: 'x\ud83d' };
    const answer = await student.ask(mutationOf('submitAssignment'), { input });
    expect(answer).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(answer.errors[0]?.extensions.fields?.[0]?.path).toBe(`input.${field}`);
  });
});

describe('JSON', () => {
  const QUESTION = '{"query":"{ badges { id } }"}';
  const ask = (body: string) =>
    send(`${server.url}/graphql`, posted(body, { authorization: `Bearer ${student.token}` }));

  test('may begin with a byte order mark, once', async () => {
    expect(await ask(`\ufeff${QUESTION}`)).toMatchObject({ status: 200, errors: [] });
    expect(await ask(`\ufeff\ufeff${QUESTION}`)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await ask(`${QUESTION}\ufeff`)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('with two fields of the same name uses the last one', async () => {
    const { data } = await ask('{"query":"{ nothing }","query":"{ __typename }"}');
    expect(data).toEqual({ __typename: 'Query' });
  });

  const deep = (open: string, close: string, count: number) => open.repeat(count) + close.repeat(count);
  test.each([
    ['lists that never end', '['.repeat(1_000_000)],
    ['objects that never end', '{"a":'.repeat(200_000)],
    ['lists in lists', deep('[', ']', 500_000)],
    ['a query in lists', `{"query":${deep('[', ']', 500_000)}}`],
    ['lists in extensions', `{"query":"{ nothing }","extensions":{"a":${deep('[', ']', 500_000)}}}`],
    [
      'lists in a variable',
      `{"query":"query ($id: ID!) { course(id: $id) { id } }","variables":{"id":${deep('[', ']', 500_000)}}}`,
    ],
    [
      'objects in a variable',
      `{"query":"query ($id: ID!) { course(id: $id) { id } }","variables":{"id":${deep('{"a":', '}', 150_000).replace(':}', ':1}')}}}`,
    ],
    ['a number of a million digits', `{"query":"{ nothing }","variables":{"a":${'9'.repeat(1_000_000)}}}`],
  ])('%s is a mistake of the client', async (_, body) => {
    expect(await ask(body)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await ask(QUESTION)).toMatchObject({ status: 200, errors: [] });
  });

  test.each([
    ['__proto__', '{"query":"{ badges { id } }","variables":{"__proto__":{"x":1}}}'],
    ['__proto__, escaped', '{"query":"{ badges { id } }","variables":{"\\u005f_proto__":{"x":1}}}'],
    ['constructor', '{"query":"{ badges { id } }","variables":{"constructor":{"prototype":{"x":1}}}}'],
  ])('with %s is refused', async (_, body) => {
    expect(await ask(body)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });
});

test('a display name with invalid UTF-8 creates no account', async () => {
  const { token } = await newStudent(server);
  const body = JSON.stringify({
    query: mutationOf('updateProfile', 'displayName'),
    variables: { input: { displayName: HERE } },
  });
  expect(await whole(bodyWith(body, Uint8Array.from([0xff, 0xfe])), token)).toMatchObject({ status: 400 });
});

test.each([
  ['is no JSON', '{"query": "{ badges { id } }"', 'The body is not well-formed JSON.'],
  ['is empty', '', 'The body is empty. Send {"query": "...", "variables": {...}}.'],
])('a body that %s is refused with the reason', async (_, text, message) => {
  const answer = await whole(Buffer.from(text));
  expect(answer).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  expect(answer.errors[0]?.extensions.fields).toEqual([{ path: 'body', message }]);
});
