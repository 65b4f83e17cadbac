/**
 * For a failure of the server, the client gets an error code and the request id, and the log gets one entry with the
 * place in the code. Neither contains input or data of the database.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { describeFailure } from '../../src/http/request-log.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { useServer } from '../support/client.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;
beforeAll(async () => {
  school = await createSchool(server);
});

/** Writes data that the product never writes. */
const spoilStudent = (changes: object) =>
  StudentModel.collection.updateOne({ _id: new Types.ObjectId(student.id) }, { $set: changes as never });

async function submitted(): Promise<{ assignmentId: string; submissionId: string }> {
  const assignmentId = await school.assignment();
  const { submission } = await student.mutate('submitAssignment', { assignmentId, content: 'x' }, 'submission { id }');
  return { assignmentId, submissionId: submission.id };
}

interface Defect {
  readonly of: string;
  readonly spoil: () => Promise<unknown>;
  readonly query: string;
  readonly failure: string | RegExp;
}

const defects: readonly Defect[] = [
  {
    of: 'a document that names one that is not there',
    spoil: async () => {
      const { submissionId } = await submitted();
      const broken = { $set: { assignmentId: new Types.ObjectId() } };
      await SubmissionModel.collection.updateOne({ _id: new Types.ObjectId(submissionId) }, broken);
      return submissionId;
    },
    query: 'query ($id: ID!) { submission(id: $id) { assignment { title } } }',
    failure: 'Error: a stored document refers to another one that does not exist',
  },
  {
    of: 'a course that is not there, twice in one answer',
    spoil: () => spoilStudent({ courseIds: [new Types.ObjectId()] }),
    query: '{ a: me { ... on Student { courses { name } } } b: me { ... on Student { courses { name } } } }',
    failure: 'Error: a stored document refers to another one that does not exist',
  },
  {
    of: 'a word that no enum has',
    spoil: async () => {
      await submitted();
      await RewardModel.collection.updateMany(
        { studentId: new Types.ObjectId(student.id) },
        { $set: { reason: 'canary' as never } },
      );
    },
    query: '{ me { ... on Student { rewards { edges { node { reason } } } } } }',
    failure: 'GraphQLError',
  },
  {
    of: 'half a point',
    spoil: () => spoilStudent({ xp: 0.123456789 }),
    query: '{ me { ... on Student { xp } } }',
    failure: 'GraphQLError',
  },
  {
    of: 'a time zone that is none',
    spoil: async () => {
      await spoilStudent({ timeZone: 'Mars/Canary' });
      return school.assignment();
    },
    query: 'query ($id: ID!) { assignment(id: $id) { pointsNow } }',
    failure: 'RangeError',
  },
  {
    of: 'a badge that is none',
    spoil: () =>
      spoilStudent({ badges: [{ badgeId: 'canary', unlockedAt: new Date(), rewardId: new Types.ObjectId() }] }),
    query: '{ me { ... on Student { unlockedBadges { badge { name } } } } }',
    failure: 'RangeError',
  },
  {
    of: 'a database that refuses',
    spoil: () => server.database.failCommand({ failCommands: ['find'], errorCode: 8_000, mode: 'alwaysOn' }),
    query: '{ me { id } }',
    failure: 'MongoServerError 8000',
  },
];

test.each(defects)('$of', async ({ spoil, query, failure }) => {
  student = await school.student(school.course);
  const id = await spoil();
  const { errors, text, headers } = await student.ask(query, typeof id === 'string' ? { id } : {});
  const requestId = headers.get('x-request-id') ?? '';

  for (const error of errors) {
    expect(error).toEqual({
      message: 'Something went wrong on our side. Nothing was written twice.',
      path: expect.anything(),
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    });
  }
  expect(errors.length).toBeGreaterThan(0);

  const lines = await server.linesOf(requestId);
  const failures = lines.filter((line) => line.failure !== undefined);
  expect(failures).toEqual([
    expect.objectContaining({ requestId, failure, stack: expect.stringMatching(/^\s+at .+/) }),
  ]);
  expect(lines.filter(({ outcome }) => outcome === 'INTERNAL_SERVER_ERROR')).toHaveLength(1);
  expect(text + JSON.stringify(lines)).not.toMatch(/canary|0\.123456789|failpoint/i);
});

describe('what may be logged about a failure', () => {
  const thrown = (make: () => unknown): unknown => {
    try {
      return make();
    } catch (error) {
      return error;
    }
  };

  test.each<[string, unknown, string]>([
    ['an error of ours, with its message', new Error('no such thing'), 'Error: no such thing'],
    [
      'a slip of ours, with its message',
      new TypeError('undefined is not a function'),
      'TypeError: undefined is not a function',
    ],
    ['a value that is out of range', thrown(() => new Intl.DateTimeFormat('en', { timeZone: 'canary' })), 'RangeError'],
    ['a text that is no JSON', thrown(() => JSON.parse('canary')), 'SyntaxError'],
    ['a call that node refuses', thrown(() => Buffer.from({ canary: 1 } as never)), 'TypeError ERR_INVALID_ARG_TYPE'],
    ['an error whose code is not set', Object.assign(new RangeError('canary'), { code: undefined }), 'RangeError'],
    ['a text that was thrown', 'canary', 'string'],
    ['nothing', undefined, 'undefined'],
  ])('%s', (_, error, failure) => {
    expect(describeFailure(error).failure).toBe(failure);
    expect(JSON.stringify(describeFailure(error))).not.toContain('canary');
  });

  test('only the frames of the stack, whatever the message looks like', () => {
    const { stack } = describeFailure(new RangeError('canary\n    at canary (canary.ts:1:1)'));
    expect(stack).toMatch(/masking\.test\.ts/);
    expect(stack).not.toContain('canary');
  });
});
