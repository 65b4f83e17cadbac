/** An id in capitals is the same id: for every query and every mutation that takes one. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLInputType, getNamedType, isInputObjectType } from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { createLoaders } from '../../src/storage/loaders.js';
import { createSchool, type Person, type School } from '../http/school.js';
import { type Data, useServer } from '../support/client.js';

const server = useServer();
const schema = await createSchema();

let school: School;
let student: Person;
let course: string;
let assignment: string;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
  course = school.course.id;
  assignment = await withLetters(() => school.assignment({ dueDate: school.inDays(1) }));
});

/** An id without a letter has no capitals. */
async function withLetters(create: () => Promise<string>): Promise<string> {
  for (;;) {
    const id = await create();
    if (id !== id.toUpperCase()) return id;
  }
}

const newAssignment = () => school.assignment({ dueDate: school.inDays(1) });
async function submitted(): Promise<{ readonly submission: { id: string }; readonly reward: { id: string } }> {
  const input = { assignmentId: await newAssignment(), content: 'x' };
  return student.mutate('submitAssignment', input, 'submission { id } reward { id }');
}
const running = async (): Promise<string> => {
  const { session } = await student.mutate('startPomodoro', { plannedMinutes: 5 }, 'session { id }');
  return session.id;
};

interface Mutation {
  readonly by: () => Person;
  /** The fields with an id, or with a list of ids. */
  readonly ids: () => Promise<Readonly<Record<string, string | readonly string[]>>>;
  readonly other: () => object;
  readonly selection: string;
  /** Whether a repeat with the same key is a replay; the others have no key. */
  readonly isReplayed: boolean;
}

let extensions = 0;
/** A repeat of the same dates would change nothing. */
function otherDates(): string {
  extensions += 1;
  return school.inDays(3 + extensions);
}

const byHand = (ids: Mutation['ids'], other: object = { note: 'A note.' }): Mutation => ({
  by: () => school.teacher,
  ids,
  other: () => ({ ...other, idempotencyKey: 'by hand' }),
  selection: 'reward { id } student { id }',
  isReplayed: true,
});

const mutations: Readonly<Record<string, Mutation>> = {
  submitAssignment: {
    by: () => student,
    ids: async () => ({ assignmentId: await newAssignment() }),
    other: () => ({ content: 'x', idempotencyKey: 'submit' }),
    selection: 'reward { id } submission { id }',
    isReplayed: true,
  },
  endPomodoro: {
    by: () => student,
    ids: async () => ({ sessionId: await running() }),
    other: () => ({ idempotencyKey: 'end' }),
    selection: 'session { id status }',
    isReplayed: true,
  },
  reviseSubmission: {
    by: () => student,
    ids: async () => ({ submissionId: (await submitted()).submission.id }),
    other: () => ({ content: 'revised' }),
    selection: 'submission { id content }',
    isReplayed: false,
  },
  startPomodoro: {
    by: () => student,
    ids: async () => ({ assignmentId: assignment }),
    other: () => ({ plannedMinutes: 5 }),
    selection: 'session { id assignment { id } }',
    isReplayed: false,
  },
  createAssignment: {
    by: () => school.teacher,
    ids: async () => ({ courseId: course }),
    other: () => ({ title: 'Another', dueDate: school.inDays(1) }),
    selection: 'assignment { course { id } }',
    isReplayed: false,
  },
  updateAssignment: {
    by: () => school.teacher,
    ids: async () => ({ assignmentId: assignment }),
    other: () => ({ title: 'Renamed' }),
    selection: 'assignment { id title }',
    isReplayed: false,
  },
  grantBonus: byHand(async () => ({ studentId: student.id, courseId: course }), { note: 'A note.', points: 5 }),
  grantBonuses: {
    ...byHand(async () => ({ studentIds: [student.id], courseId: course }), { note: 'A note.', points: 5 }),
    selection: 'refused entries { studentId result { ... on GrantBonusPayload { reward { id } } } }',
    isReplayed: false,
  },
  gradeSubmission: byHand(async () => ({ submissionId: (await submitted()).submission.id }), { grade: 80 }),
  revokeReward: byHand(async () => ({ rewardId: (await submitted()).reward.id })),
  restoreReward: byHand(async () => {
    const { reward } = await submitted();
    await school.teacher.mutate('revokeReward', { rewardId: reward.id, note: 'First.', idempotencyKey: reward.id });
    return { rewardId: reward.id };
  }),
  discardSubmission: byHand(async () => ({ submissionId: (await submitted()).submission.id })),
  extendDeadline: {
    ...byHand(async () => ({ studentId: student.id, assignmentId: assignment })),
    other: () => ({ note: 'Ill.', dueDate: otherDates(), idempotencyKey: 'by hand' }),
    selection: 'replayed extension { dueDate }',
  },
};

const capital = (ids: Readonly<Record<string, string | readonly string[]>>): object =>
  JSON.parse(JSON.stringify(ids), (_, value) => (typeof value === 'string' ? value.toUpperCase() : value));

describe.each(Object.keys(mutations))('%s', (name) => {
  const { by, ids, other, selection, isReplayed } = mutations[name]!;
  const chosen = isReplayed && !selection.includes('replayed') ? `replayed ${selection}` : selection;

  test('takes an id in capitals', async () => {
    const asked = await ids();
    const answer: Data = await by().mutate(name, { ...other(), ...capital(asked) }, chosen);
    expect(answer.__typename).not.toBe('Refusal');
    // The answer names the objects in the spelling that is stored.
    expect(JSON.stringify(answer)).toBe(JSON.stringify(answer).replaceAll(/[0-9A-F]{24}/g, (id) => id.toLowerCase()));
  });

  test('takes the same request with an id in capitals for a repeat', async () => {
    const asked = await ids();
    const input = { ...other(), ...('idempotencyKey' in other() && { idempotencyKey: `${name} again` }) };
    const first: Data = await by().mutate(name, { ...input, ...asked }, chosen);
    expect(first.__typename).not.toBe('Refusal');
    const again: Data = await by().mutate(name, { ...input, ...capital(asked) }, chosen);
    expect(again).toEqual(isReplayed ? { ...first, replayed: true } : first);
  });
});

describe('the query', () => {
  test.each(['assignment', 'course', 'student', 'submission'])('%s', async (field) => {
    const { submission } = await submitted();
    const id = { assignment, course, student: student.id, submission: submission.id }[field]!;
    const ask = (spelled: string) =>
      school.teacher.must(`query ($id: ID!) { ${field}(id: $id) { id } }`, { id: spelled });
    expect(await ask(id)).toEqual({ [field]: { id } });
    expect(await ask(id.toUpperCase())).toEqual({ [field]: { id } });
  });
});

test('every loader by id takes an id in capitals', async () => {
  const { submission, reward } = await submitted();
  const ids = { student: student.id, course, assignment, submission: submission.id, reward: reward.id };
  const loaders = createLoaders(new AbortController().signal);
  for (const [name, id] of Object.entries(ids)) {
    const loader = loaders[name as keyof typeof ids] as { load(id: string): Promise<unknown> };
    expect([name, await loader.load(id.toUpperCase())]).toEqual([name, await loader.load(id)]);
    expect(await loader.load(id)).not.toBeNull();
  }
});

test('this file tries all queries and mutations that take an id', () => {
  const takesId = (type: GraphQLInputType): boolean => {
    const named = getNamedType(type);
    return isInputObjectType(named)
      ? Object.values(named.getFields()).some((field) => takesId(field.type))
      : named.name === 'ID';
  };
  const namesOf = (fields: ReturnType<NonNullable<ReturnType<typeof schema.getQueryType>>['getFields']>) =>
    Object.values(fields).flatMap(({ name, args }) => (args.some(({ type }) => takesId(type)) ? [name] : []));
  expect(namesOf(schema.getMutationType()!.getFields()).sort()).toEqual(Object.keys(mutations).sort());
  expect(namesOf(schema.getQueryType()!.getFields()).sort()).toEqual(['assignment', 'course', 'student', 'submission']);
});
