/**
 * A token with a valid signature may name an account that does not exist. Its sender is not signed in, whatever the
 * operation. The operations are generated from the schema, so these tests cover new ones too.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { SignJWT } from 'jose';
import { Types } from 'mongoose';
import { fieldRules } from '../../src/auth/policy.js';
import { createSchema } from '../../src/graphql/schema.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { useServer } from '../support/client.js';
import { readsOf } from '../support/explain.js';
import { JWT_SECRET } from '../support/server.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();

const schema = await createSchema();
let school: School;
/** Ids of existing objects, by the name of the argument or input field. A ghost must learn nothing about them. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  school = await createSchool(server);
  const student = await school.student(school.course);
  const [courseId, assignmentId] = [school.course.id, await school.assignment()];
  const submitted = await student.mutate(
    'submitAssignment',
    { assignmentId, content: 'x' },
    'submission { id } reward { id }',
  );
  const rewardId = submitted.reward.id;
  ids = {
    ...{ student: student.id, course: courseId, assignment: assignmentId, submission: submitted.submission.id },
    ...{ courseId, assignmentId, submissionId: submitted.submission.id, sessionId: assignmentId },
    ...{ studentId: student.id, rewardId },
  };
});

/** A token as the server signs it, with any subject and role. */
const tokenOf = async (sub: string, role: string): Promise<string> => {
  const issuedAt = Math.floor(server.clock().getTime() / 1000);
  return new SignJWT({ role, sid: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('auraledger')
    .setAudience('auraledger-api')
    .setSubject(sub)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 600)
    .sign(new TextEncoder().encode(JWT_SECRET));
};

type RootField = GraphQLField<unknown, unknown>;

const fieldsOf = (root: 'Query' | 'Mutation'): [name: string, field: RootField][] => {
  const type = root === 'Query' ? schema.getQueryType() : schema.getMutationType();
  return Object.values(type?.getFields() ?? {}).map((field) => [`${root}.${field.name}`, field]);
};

/** The root fields that require a signed-in account. */
const protectedFields = [...fieldsOf('Query'), ...fieldsOf('Mutation')].filter(
  ([name]) => fieldRules[name] !== 'everyone',
);

/** An operation with this one field and its required arguments. */
function operationOf(name: string, field: RootField): string {
  const args = field.args
    .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
    .map((arg) => `${arg.name}: ${literalOf(arg.type, arg.name === 'id' ? field.name : arg.name)}`);
  const selection = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
  const kind = name.startsWith('Query') ? 'query' : 'mutation';
  return `${kind} { ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${selection} }`;
}

function literalOf(type: GraphQLInputType, name: string): string {
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    const required = Object.values(named.getFields()).filter(isRequiredInputField);
    return `{ ${required.map((field) => `${field.name}: ${literalOf(field.type, field.name)}`).join(', ')} }`;
  }
  if (named.name === 'ID') return JSON.stringify(ids[name]);
  if (named.name === 'String') return name === 'joinCode' ? JSON.stringify(school.course.joinCode) : '"x"';
  if (named.name === 'Int') return '1';
  if (named.name === 'DateTime') return '"2027-03-01T12:00:00Z"';
  throw new Error(`no sample of ${named.name}`);
}

/** The subject and the role of the token. */
const ghosts: Readonly<Record<string, () => Promise<[sub: string, role: string]>>> = {
  'a student who does not exist': async () => [new Types.ObjectId().toHexString(), 'STUDENT'],
  'a teacher who does not exist': async () => [new Types.ObjectId().toHexString(), 'TEACHER'],
  'an admin who does not exist': async () => [new Types.ObjectId().toHexString(), 'ADMIN'],
  'not an id': async () => ['ada', 'STUDENT'],
  'an empty id': async () => ['', 'ADMIN'],
  'an id in capitals': async () => ['ABCDEFABCDEFABCDEFABCDEF', 'TEACHER'],
  'twelve characters, which ObjectId accepts as bytes': async () => ['twelve bytes', 'STUDENT'],
  'an account whose student was deleted': async () => {
    const { id } = await school.student();
    await StudentModel.collection.deleteOne({ _id: new Types.ObjectId(id) });
    return [id, 'STUDENT'];
  },
  'a student in the role of an admin': async () => [(await school.student()).id, 'ADMIN'],
  'a teacher in the role of a student': async () => [school.teacher.id, 'STUDENT'],
  'a role that does not exist': async () => [school.teacher.id, 'OWNER'],
};

describe.each(Object.entries(ghosts))('a token for %s signs nobody in', (_, identityOf) => {
  test.each(protectedFields)('%s', async (name, field) => {
    const ghost = server.as(await tokenOf(...(await identityOf())));
    const operation = operationOf(name, field);
    const before = await server.database.snapshot();
    const { status, code, data } = await ghost.ask(operation);
    expect({ operation, status, code }).toEqual({ operation, status: 200, code: 'UNAUTHENTICATED' });
    expect(Object.values(data ?? {})).toEqual(data ? [null] : []);
    expect(await server.database.snapshot()).toEqual(before);
  });
});

test('the schema has enough protected operations', () => {
  expect(protectedFields.length).toBeGreaterThan(15);
});

test('if the account was deleted and its student remains, the e-mail address is UNAUTHENTICATED', async () => {
  const student = await school.student();
  await AccountModel.collection.deleteOne({ _id: new Types.ObjectId(student.id) });
  expect((await student.ask('{ me { email } }')).code).toBe('UNAUTHENTICATED');
});

describe('the cost of the check', () => {
  const commandsOf = async (query: string, by: Person): Promise<string[]> => {
    const sent = await readsOf(server.database.name, async () => void (await by.must(query)));
    const names = sent.map(({ find, aggregate, update }) => String(find ?? aggregate ?? update));
    return names.filter((name) => name !== 'sign_ins');
  };

  test('a query by a student reads the student once', async () => {
    const student = await school.student(school.course);
    expect(await commandsOf('{ me { id } }', student)).toEqual(['students']);
    expect(await commandsOf('{ courses { edges { node { id } } } }', student)).toEqual(['students', 'courses']);
  });

  test('a grant reads no more than the committer does', async () => {
    const student = await school.student(school.course);
    const start = 'mutation { startPomodoro(input: {}) { __typename } }';
    expect(await commandsOf(start, student)).toEqual(['students', 'students']);
  });
});
