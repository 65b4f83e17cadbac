/** What the API shows of what was put right by hand, and to whom. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createSchool, type Person, type School } from '../../http/school.js';
import { type Client, type Data, useServer } from '../../support/client.js';
import { act, focusFor5Minutes, handIn, ledgerOf } from './harness.js';

const server = useServer();
let school: School;

beforeAll(async () => {
  school = await createSchool(server);
});

const bonusFor = (studentId: string, by = school.teacher) =>
  act(by, 'grantBonus', { studentId, courseId: school.course.id, points: 10, note: 'A bonus.' });

describe('who wrote a row', () => {
  const BY = 'by { __typename id displayName role email }';

  test('is shown to the student with name, without e-mail address', async () => {
    const student = await school.student(school.course);
    await handIn(student, await school.assignment());
    await bonusFor(student.id);
    await bonusFor(student.id, school.admin);
    const { teacher, admin } = school;
    const ms = { __typename: 'Teacher', id: teacher.id, displayName: 'Ms Teacher', role: 'TEACHER' };
    const root = { __typename: 'Admin', id: admin.id, displayName: 'The Admin', role: 'ADMIN' };
    const seenBy = async (viewer: Client) => (await ledgerOf(viewer, student.id, BY)).map(({ by }) => by);
    expect(await seenBy(student)).toEqual([{ ...root, email: null }, { ...ms, email: null }, null]);
    expect(await seenBy(teacher)).toEqual([{ ...root, email: null }, { ...ms, email: teacher.email }, null]);
    expect(await seenBy(admin)).toEqual([{ ...root, email: admin.email }, { ...ms, email: teacher.email }, null]);
  });

  test('e-mail addresses of students are still shown to those who see them', async () => {
    const student = await school.student(school.course);
    const query = `{ student(id: "${student.id}") { email } }`;
    for (const viewer of [student, school.teacher, school.admin])
      expect((await viewer.must(query)).student.email).toBe(student.email);
  });
});

test('what a teacher wrote is hidden from the teacher of another course of the student', async () => {
  const student = await school.student(school.course, school.otherCourse);
  const assignmentId = await school.assignment();
  const session = await focusFor5Minutes(server, student);
  const { submission, reward } = await handIn(student, assignmentId);
  const { teacher, otherTeacher, admin } = school;
  const note = 'Between us.';
  await act(teacher, 'gradeSubmission', { submissionId: submission.id, grade: 50, feedback: note });
  const { reward: bonus } = await act(teacher, 'grantBonus', {
    ...{ studentId: student.id, courseId: school.course.id, points: 10, note },
  });
  for (const rewardId of [reward.id, bonus.id]) await act(teacher, 'revokeReward', { rewardId, note });
  await act(teacher, 'restoreReward', { rewardId: bonus.id, note });
  await act(admin, 'revokeReward', { rewardId: session.id, note: 'Of no course.' });

  const seenBy = async (viewer: Client) =>
    (await ledgerOf(viewer, student.id, 'reason note lines { text points }')).slice(0, -2);
  const ofStudent = await seenBy(student);
  expect(ofStudent.map(({ reason, note: seen }) => [reason, seen])).toEqual([
    ['REVOCATION', 'Of no course.'],
    ['RESTORATION', note],
    ['REVOCATION', note],
    ['REVOCATION', note],
    ['BONUS', note],
    ['SUBMISSION_GRADED', note],
  ]);
  expect(ofStudent[4]?.lines).toEqual([{ text: note, points: 10 }]);
  for (const viewer of [teacher, admin]) expect(await seenBy(viewer)).toEqual(ofStudent);

  const ofOther = await seenBy(otherTeacher);
  expect(ofOther.map(({ note: seen }) => seen)).toEqual(['Of no course.', null, null, null, null, null]);
  expect(ofOther[0]).toEqual(ofStudent[0]);
  expect(ofOther[4]?.lines).toEqual([{ text: 'This note belongs to a course of another teacher.', points: 10 }]);
  expect(JSON.stringify(ofOther)).not.toContain(note);
});

test('a row and its corrections lead to the same submission or session', async () => {
  const student = await school.student(school.course);
  const { submission, reward } = await handIn(student, await school.assignment());
  const session = await focusFor5Minutes(server, student);
  const { reward: graded } = await act(school.teacher, 'gradeSubmission', { submissionId: submission.id, grade: 50 });
  for (const rewardId of [reward.id, session.id, graded.id])
    await act(school.admin, 'revokeReward', { rewardId, note: 'Copied.' });
  await bonusFor(student.id);
  const selection = 'reason worth submission { id } pomodoro { status } corrects { id reason worth }';
  const mine = { submission: { id: submission.id }, pomodoro: null };
  const ended = { submission: null, pomodoro: { status: 'COMPLETED' } };
  const corrects = (id: string, reason: string) => ({ corrects: { id, reason, worth: 0 } });
  expect(await ledgerOf(student, student.id, selection)).toEqual([
    { reason: 'BONUS', worth: 10, submission: null, pomodoro: null, corrects: null },
    { reason: 'REVOCATION', worth: -25, ...mine, ...corrects(graded.id, 'SUBMISSION_GRADED') },
    { reason: 'REVOCATION', worth: -5, ...ended, ...corrects(session.id, 'POMODORO_ENDED') },
    { reason: 'REVOCATION', worth: -50, ...mine, ...corrects(reward.id, 'ASSIGNMENT_SUBMITTED') },
    { reason: 'SUBMISSION_GRADED', worth: 0, ...mine, corrects: null },
    { reason: 'POMODORO_ENDED', worth: 0, ...ended, corrects: null },
    { reason: 'ASSIGNMENT_SUBMITTED', worth: 0, ...mine, corrects: null },
  ]);
});

describe('Student.submissions', () => {
  let student: Person;
  /** Newest first; every second one is for the course of the other teacher, and the first is discarded. */
  const submissions: string[] = [];
  const ofTeacher = () => submissions.filter((_, position) => position % 2 === 1);

  beforeAll(async () => {
    student = await school.student(school.course, school.otherCourse);
    for (let each = 0; each < 7; each++) {
      server.clock.advance(1_000);
      const assignment = await (each % 2 === 0 ? school.otherAssignment() : school.assignment());
      submissions.unshift((await handIn(student, assignment, `Essay ${each}.`)).submission.id);
    }
    await act(school.teacher, 'discardSubmission', { submissionId: submissions.at(-2)!, note: 'The wrong file.' });
  });

  async function pagesOf(viewer: Client, first: number): Promise<string[][]> {
    const pages: string[][] = [];
    for (let after: string | null = null; ; ) {
      const query = `query ($id: ID!, $first: Int!, $after: String) { student(id: $id) {
        submissions(first: $first, after: $after) { edges { node { id } } pageInfo { endCursor hasNextPage } } } }`;
      const data: Data = await viewer.must(query, { id: student.id, first, after });
      const { edges, pageInfo } = data.student.submissions;
      pages.push(edges.map(({ node }: Data) => node.id));
      if (!pageInfo.hasNextPage) return pages;
      after = pageInfo.endCursor;
    }
  }

  test('has them all for the student and for an admin, newest first', async () => {
    const [one, two, three, four, five, six, seven] = submissions;
    const pages = [[one, two, three], [four, five, six], [seven]];
    expect(await pagesOf(student, 3)).toEqual(pages);
    expect(await pagesOf(school.admin, 3)).toEqual(pages);
  });

  test('has those of the own courses for a teacher, in full pages, the discarded one included', async () => {
    const [one, two, three] = ofTeacher();
    expect(await pagesOf(school.teacher, 2)).toEqual([[one, two], [three]]);
    expect((await pagesOf(school.otherTeacher, 100))[0]).toHaveLength(4);
    const { student: seen } = await school.teacher.must(
      `{ student(id: "${student.id}") { submissions { edges { node { id discardedAt } } } } }`,
    );
    expect(seen.submissions.edges[2].node).toEqual({ id: three, discardedAt: expect.any(String) });
  });

  test('of several students is read together, each with its own', async () => {
    const another = await school.student(school.course);
    const { submission } = await handIn(another, await school.assignment());
    const { course } = await school.teacher.must(
      `{ course(id: "${school.course.id}") { students(first: 100) { edges { node { id submissions(first: 2) { edges { node { id } } } } } } } }`,
    );
    const seen = new Map(course.students.edges.map(({ node }: Data) => [node.id, node.submissions.edges]));
    expect(seen.get(another.id)).toEqual([{ node: { id: submission.id } }]);
    expect(seen.get(student.id)).toEqual(
      ofTeacher()
        .slice(0, 2)
        .map((id) => ({ node: { id } })),
    );
  });

  test('the count of an assignment and its list leave discarded ones out, of several assignments at once', async () => {
    const { course } = await school.teacher.must(
      `{ course(id: "${school.course.id}") { assignments(first: 100) { edges { node { submissionCount submissions { edges { node { discardedAt } } } } } } } }`,
    );
    for (const { node } of course.assignments.edges)
      expect(node.submissions.edges).toEqual(Array(node.submissionCount).fill({ node: { discardedAt: null } }));
    expect(course.assignments.edges.map(({ node }: Data) => node.submissionCount)).toContain(0);
  });
});

test('Assignment.extensions has full pages in the order of the students, of several assignments at once', async () => {
  const [one, other] = [await school.assignment(), await school.assignment()];
  const students: Person[] = [];
  for (let each = 0; each < 3; each++) students.push(await school.student(school.course));
  for (const { id: studentId } of students)
    await act(school.teacher, 'extendDeadline', {
      assignmentId: one,
      studentId,
      dueDate: school.inDays(2),
      note: 'Ill.',
    });
  await act(school.teacher, 'extendDeadline', {
    assignmentId: other,
    studentId: students[0]!.id,
    dueDate: school.inDays(3),
    note: 'Ill again.',
  });
  const NODES = 'edges { cursor node { student { id } dueDate note } } pageInfo { endCursor hasNextPage }';
  const { course } = await school.teacher.must(
    `{ course(id: "${school.course.id}") { assignments(first: 100) { edges { node { id extensions(first: 2) { ${NODES} } } } } } }`,
  );
  const of = (id: string) => course.assignments.edges.find(({ node }: Data) => node.id === id).node.extensions;
  const idsOf = ({ edges }: Data) => edges.map(({ node }: Data) => node.student.id);
  const ids = students.map(({ id }) => id).sort();
  expect(idsOf(of(one))).toEqual(ids.slice(0, 2));
  expect(of(one).pageInfo.hasNextPage).toBe(true);
  expect(of(other).edges.map(({ node }: Data) => node)).toEqual([
    { student: { id: students[0]!.id }, dueDate: school.inDays(3), note: 'Ill again.' },
  ]);
  const later = await school.teacher.must(
    `query ($after: String) { assignment(id: "${one}") { extensions(first: 2, after: $after) { ${NODES} } } }`,
    { after: of(one).pageInfo.endCursor },
  );
  expect(idsOf(later.assignment.extensions)).toEqual(ids.slice(2));
  expect(later.assignment.extensions.pageInfo.hasNextPage).toBe(false);
  await act(school.teacher, 'extendDeadline', { assignmentId: one, studentId: ids[0], dueDate: null, note: 'Well.' });
  const left = await school.teacher.must(`{ assignment(id: "${one}") { extensions { ${NODES} } } }`);
  expect(idsOf(left.assignment.extensions)).toEqual(ids.slice(1));
});
