/** What a request reads: each document once, in batches, and large texts only on request. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { createLoaders } from '../../src/storage/loaders.js';
import { createSchool, type Person, type School } from '../http/school.js';
import { useServer } from '../support/client.js';
import { commandsOf } from '../support/commands.js';

const server = useServer();

const TEXT = 'the text of a submission';
const FORMER_TEXT = 'a former text';
const INSTRUCTIONS = 'the instructions of an assignment';
const ASSIGNMENTS = 12;

let school: School;
let student: Person;
let assignmentIds: string[];
let submissionId: string;
let otherSubmissionId: string;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
  assignmentIds = [];
  for (let each = 0; each < ASSIGNMENTS; each++)
    assignmentIds.push(await school.assignment({ instructions: INSTRUCTIONS }));
  for (const assignmentId of assignmentIds) {
    const handedIn = { assignmentId, content: FORMER_TEXT };
    const { submission } = await student.mutate('submitAssignment', handedIn, 'submission { id }');
    otherSubmissionId = submissionId;
    submissionId = submission.id;
    await student.mutate('reviseSubmission', { submissionId, content: TEXT });
  }
});

/** @returns all answers of the database while `act` runs, as text */
async function answersOf(act: () => Promise<unknown>): Promise<string> {
  const client = mongoose.connection.getClient();
  const answers: string[] = [];
  const note = ({ reply }: mongoose.mongo.CommandSucceededEvent) => {
    answers.push(mongoose.mongo.BSON.EJSON.stringify(reply));
  };
  client.on('commandSucceeded', note);
  try {
    await act();
  } finally {
    client.off('commandSucceeded', note);
  }
  expect(answers).not.toEqual([]);
  return answers.join('\n');
}

const byId = (type: string, id: () => string, selection: string) => () => `{ ${type}(id: "${id()}") { ${selection} } }`;
const courseId = () => school.course.id;
const assignmentId = () => assignmentIds[0]!;

describe('no large text is read unless requested, for', () => {
  const student_ = () => student;
  const teacher = () => school.teacher;

  test.each<[string, () => Person, () => string]>([
    ['a submission', student_, byId('submission', () => submissionId, 'id revisedAt assignment { title }')],
    ['an assignment', student_, byId('assignment', assignmentId, 'id title dueDate pointsNow submissionCount')],
    ['my submission', student_, byId('assignment', assignmentId, 'mySubmission { id }')],
    [
      'the assignments of a course',
      student_,
      byId('course', courseId, 'assignments { edges { node { id mySubmission { id } } } }'),
    ],
    [
      'the submissions of an assignment',
      teacher,
      byId('assignment', assignmentId, 'submissions { edges { node { id } } }'),
    ],
    [
      'those of several',
      teacher,
      byId('course', courseId, 'assignments { edges { node { submissions { edges { node { id } } } } } }'),
    ],
    ['the ledger', student_, () => '{ me { ... on Student { rewards { edges { node { submission { id } } } } } } }'],
    ['a leaderboard', student_, byId('course', courseId, 'leaderboard { edges { node { rank } } }')],
  ])('%s', async (_, by, query) => {
    const answers = await answersOf(() => by().must(query()));
    for (const text of [TEXT, FORMER_TEXT, INSTRUCTIONS]) expect(answers).not.toContain(text);
  });

  test('mutations of a student', async () => {
    const another = await school.assignment({ instructions: INSTRUCTIONS });
    const answers = await answersOf(async () => {
      await student.mutate('submitAssignment', { assignmentId: another, content: TEXT }, 'submission { id content }');
      await student.mutate('submitAssignment', { assignmentId: another, content: TEXT }, 'replayed submission { id }');
      await student.mutate('startPomodoro', { assignmentId: another }, 'session { assignment { title } }');
    });
    for (const text of [TEXT, INSTRUCTIONS]) expect(answers).not.toContain(text);
  });
});

describe('a requested text', () => {
  const CONTENT = { content: TEXT };

  test('is read for a whole page with one command', async () => {
    const query =
      '{ me { ... on Student { rewards { edges { node { submission { content assignment { instructions } } } } } } } }';
    const { reads } = await commandsOf(async () => {
      const { me } = await student.must(query);
      const [newest] = me.rewards.edges;
      expect(newest.node.submission.assignment).toEqual({ instructions: INSTRUCTIONS });
      expect(me.rewards.edges.at(-1).node.submission).toMatchObject(CONTENT);
    });
    const find = (collection: string, times: number) => Array.from({ length: times }, () => `find ${collection}`);
    expect(reads).toEqual([
      ...find('assignments', 2),
      ...find('rewards', 1),
      ...find('students', 1),
      ...find('submissions', 2),
    ]);
  });

  test('matches the revision in the same answer, even if a later revision exists', async () => {
    const loaders = createLoaders(new AbortController().signal);
    const heads = await Promise.all([submissionId, otherSubmissionId].map((id) => loaders.submission.load(id)));
    await student.mutate('reviseSubmission', { submissionId, content: 'another text' });
    await student.mutate('reviseSubmission', { submissionId, content: 'and another' });
    expect(await Promise.all(heads.map((head) => loaders.text.load(head!)))).toEqual([TEXT, TEXT]);
    expect(await student.must(`{ submission(id: "${submissionId}") { content } }`)).toEqual({
      submission: { content: 'and another' },
    });
    await student.mutate('reviseSubmission', { submissionId, content: TEXT });
  });
});

describe('however often a query asks, one request reads', () => {
  /** The commands for a query that nests a list of this length in another of this length. */
  async function commands(by: Person, query: (page: string) => string, first: number): Promise<string[]> {
    const { reads } = await commandsOf(() => by.must(query(`(first: ${first})`)));
    // The server looks for ended sign-ins on a timer, not for a request.
    return reads.filter((read) => read !== 'find sign_ins');
  }

  const ROUND = (page: string, inside: string) =>
    `{ course(id: "${courseId()}") { assignments${page} { edges { node { course { assignments${page} { edges { node {
      course { ${inside} } } } } } } } } } }`;

  test.each([
    ['a leaderboard', (page: string) => ROUND(page, 'leaderboard(first: 1, period: WEEK) { pageInfo { endCursor } }')],
    ['its own row', (page: string) => ROUND(page, 'leaderboard(first: 1) { me { rank } }')],
    ['a page of assignments', (page: string) => ROUND(page, 'assignments(first: 3) { pageInfo { endCursor } }')],
    [
      'the days of a student',
      (page: string) => `{ me { ... on Student { rewards${page} { edges { node { submission { student { rewards${page} {
        edges { node { student { dailyProgress(from: "2026-03-01", to: "2026-03-31") { xp } } } } } } } } } } } } }`,
    ],
  ])('%s once', async (_, query) => {
    const few = await commands(student, query, 2);
    // The server would refuse a longer page because of its cost.
    expect(await commands(student, query, 6)).toEqual(few);
    expect(few.length).toBeLessThan(10);
  });

  test('the same days of all students of a course with one command', async () => {
    await school.student(school.course);
    const query = (page: string) => `{ course(id: "${courseId()}") { students${page} { edges { node {
      dailyProgress(from: "2026-03-01", to: "2026-03-31") { date xp } } } } } }`;
    expect(await commands(school.teacher, query, 100)).toEqual([
      ...['aggregate rewards', 'find accounts', 'find courses', 'find students'],
    ]);
  });

  test('my courses once', async () => {
    const alias = (each: number) => `page${each}: courses(first: 5) { edges { node { id } } }`;
    const query = () => `{ ${Array.from({ length: 10 }, (_, each) => alias(each)).join(' ')} }`;
    expect(await commands(school.teacher, query, 1)).toEqual(['find accounts', 'find courses']);
  });
});
