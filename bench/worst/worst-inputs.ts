/** The largest valid and invalid inputs of each operation, and invalid bodies. Each is near the size limit of a body. */
import type { LargestSchool, Person } from './largest-school.js';
import { PASSWORD } from './largest-school.js';
import type { WireRequest } from './measured-cost.js';

export interface WorstInput extends WireRequest {
  readonly operation: string;
  readonly input: string;
}

const MEGABYTE = 1_000_000;
const ANONYMOUS_BODY_BYTES = 15_000;
const EMOJI = '🦉';

/** A valid input for every mutation. */
export function validInputs(school: LargestSchool): Record<string, { by: Person | null; input: object }> {
  const { teacher, student, courseId, assignmentIds, submissionId, joinCode } = school;
  const assignmentId = assignmentIds[0]!;
  const text = EMOJI.repeat(20_000);
  return {
    signUp: {
      by: null,
      input: { email: student.email, password: EMOJI.repeat(128), displayName: EMOJI.repeat(80), timeZone: 'UTC' },
    },
    signIn: { by: null, input: { email: student.email, password: PASSWORD } },
    updateProfile: { by: student, input: { displayName: EMOJI.repeat(80) } },
    submitAssignment: { by: student, input: { assignmentId, content: text, idempotencyKey: EMOJI.repeat(255) } },
    reviseSubmission: { by: student, input: { submissionId, content: text } },
    startPomodoro: { by: student, input: { plannedMinutes: 120, device: EMOJI.repeat(80) } },
    endPomodoro: { by: student, input: { sessionId: submissionId } },
    joinCourse: { by: student, input: { joinCode } },
    createCourse: { by: teacher, input: { name: EMOJI.repeat(200) } },
    createAssignment: {
      by: teacher,
      input: { courseId, title: EMOJI.repeat(200), instructions: text, dueDate: '2030-01-01T00:00:00.000Z' },
    },
    updateAssignment: { by: teacher, input: { assignmentId, instructions: text } },
    ...byHand(school),
  };
}

/** What a teacher puts right. Each id names nothing, so that the school stays as it is. */
function byHand({ teacher, courseId }: LargestSchool): Record<string, { by: Person; input: object }> {
  const note = EMOJI.repeat(500);
  const idempotencyKey = EMOJI.repeat(255);
  const inputs = {
    grantBonus: { studentId: 'none', courseId, points: 1_000, note },
    grantBonuses: { studentIds: Array.from({ length: 500 }, (_, n) => `${n}`), courseId, points: 1_000, note },
    gradeSubmission: { submissionId: 'none', grade: 100, feedback: EMOJI.repeat(5_000) },
    revokeReward: { rewardId: 'none', note },
    restoreReward: { rewardId: 'none', note },
    discardSubmission: { submissionId: 'none', note },
    extendDeadline: { assignmentId: 'none', studentId: 'none', dueDate: '2030-01-01T00:00:00.000Z', note },
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, { by: teacher, input: { ...input, idempotencyKey } }]),
  );
}

export function worstInputs(school: LargestSchool): WorstInput[] {
  const inputs = Object.keys(validInputs(school)).flatMap((operation) => worstInputsOf(operation, school));
  return [...inputs, ...invalidBodies(school.student.token)];
}

/** The largest invalid inputs of one mutation. */
export function worstInputsOf(operation: string, school: LargestSchool): WorstInput[] {
  const { by, input } = validInputs(school)[operation]!;
  const size = by === null ? ANONYMOUS_BODY_BYTES : MEGABYTE;
  const token = by === null ? {} : { token: by.token };
  return invalidInputs(operation, input, size).map((invalid) => ({ operation, ...invalid, ...token }));
}

function invalidInputs(operation: string, valid: object, size: number): { input: string; body: string }[] {
  const mutation = mutationOf(operation);
  const withInput = (input: unknown) => JSON.stringify({ query: mutation, variables: { input } });
  const many = (length: number) =>
    Object.fromEntries(Array.from({ length: size / length }, (_, n) => [`${n}`.padStart(length - 5, 'x'), 0]));
  const [firstField] = Object.keys(valid);
  return [
    { input: 'long unknown fields', body: withInput({ ...valid, ...many(190) }) },
    { input: 'short unknown fields', body: withInput({ ...valid, ...many(16) }) },
    { input: 'one long text', body: withInput({ ...valid, [firstField!]: 'x'.repeat(size - 1_000) }) },
    {
      input: 'a list instead of a text',
      body: withInput({ ...valid, [firstField!]: Array(Math.floor(size / 4)).fill(7) }),
    },
    {
      input: 'deep lists',
      body: withInput(valid).replace('"input":{', `"input":{"x":${'['.repeat(size / 3)}${']'.repeat(size / 3)},`),
    },
    { input: 'a long name in the query', body: JSON.stringify({ query: `mutation { ${'x'.repeat(size - 1_000)} }` }) },
    {
      input: 'a long text in the query',
      body: JSON.stringify({ query: `mutation { ${operation}(input: "${'x'.repeat(size - 1_000)}") { __typename } }` }),
    },
    {
      input: 'undeclared variables',
      body: JSON.stringify({ query: mutation, variables: { input: valid, ...many(16) } }),
    },
  ];
}

/** The document of a mutation that takes one input. */
export function mutationOf(operation: string): string {
  const isCorrection = operation === 'revokeReward' || operation === 'restoreReward';
  const type = isCorrection ? 'CorrectReward' : `${operation[0]!.toUpperCase()}${operation.slice(1)}`;
  return `mutation ($input: ${type}Input!) { ${operation}(input: $input) { __typename } }`;
}

/** Bodies near the size limit that are no valid operation. */
export function invalidBodies(token: string): WorstInput[] {
  const bodies: Record<string, string | Buffer> = {
    'brackets only': '['.repeat(MEGABYTE),
    'deep JSON': `{"query":"{ me { id } }","variables":{"x":${'{"x":'.repeat(MEGABYTE / 8)}1${'}'.repeat(MEGABYTE / 8)}}}`,
    'not UTF-8': Buffer.alloc(MEGABYTE, 0xff),
    'spaces only': ' '.repeat(MEGABYTE),
    'a query of brackets only': JSON.stringify({ query: '{'.repeat(MEGABYTE - 100) }),
    'a query with spaces': JSON.stringify({ query: `{ me { id } }${' '.repeat(MEGABYTE - 100)}` }),
    'a query with comments': JSON.stringify({ query: `{ me { id } }${'#\n'.repeat(MEGABYTE / 4)}` }),
    'a query with one directive': JSON.stringify({ query: `{ me ${'@a '.repeat(MEGABYTE / 4)}{ id } }` }),
    'a query with nested fragments': JSON.stringify({ query: fragments(14) }),
    'long extensions': JSON.stringify({ query: '{ me { id } }', extensions: { x: 'x'.repeat(MEGABYTE - 1_000) } }),
    'a long operation name': JSON.stringify({ query: '{ me { id } }', operationName: 'x'.repeat(MEGABYTE - 1_000) }),
  };
  const named = Object.entries(bodies).map(([input, body]) => ({ operation: 'body', input, body }));
  const small = named.map(({ body, ...rest }) => ({ ...rest, body: body.slice(0, ANONYMOUS_BODY_BYTES) }));
  return [
    ...named.map((each) => ({ ...each, token })),
    ...small.map((each) => ({ ...each, input: `${each.input}, by an anonymous client` })),
  ];
}

/** Each fragment spreads the next one twice: 2^count fields. */
function fragments(count: number): string {
  const spread = Array.from(
    { length: count },
    (_, n) => `fragment F${n} on Query { ...F${n + 1} a${n}: me { ...on Student { id } } ...F${n + 1} }`,
  );
  return `{ ...F0 } ${spread.join(' ')} fragment F${count} on Query { __typename }`;
}
