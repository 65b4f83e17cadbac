/** A text that looks like an operator of MongoDB is a text: it is stored, compared and shown as it was sent. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Data, useServer } from '../support/client.js';
import { createSchool, newStudent, type School } from './school.js';

const server = useServer();

let school: School;
beforeAll(async () => {
  school = await createSchool(server);
});

const OPERATORS = ['$set', '$$ROOT', '$content', '$where', '{"$ne":null}', '$', 'content.0', '__proto__'];

const ROW = 'reward { id note } replayed';

describe.each(OPERATORS)('%s', (text) => {
  /** In a request that is answered anew and then as a replay. */
  async function twice(by: { mutate: School['teacher']['mutate'] }, name: string, input: object, selection: string) {
    const keyed = { ...input, idempotencyKey: text };
    const first: Data = await by.mutate(name, keyed, selection);
    expect(first).toMatchObject({ replayed: false });
    expect(await by.mutate(name, keyed, selection)).toEqual({ ...first, replayed: true });
    return first;
  }

  test('as the text, the former text and the key of a submission', async () => {
    const student = await school.student(school.course);
    const assignmentId = await school.assignment({ title: text, instructions: text });
    const { submission } = await twice(
      student,
      'submitAssignment',
      { assignmentId, content: text },
      'replayed submission { id content assignment { title instructions } }',
    );
    expect(submission).toEqual({ id: submission.id, content: text, assignment: { title: text, instructions: text } });
    // Each revision keeps the text before it. The last one sends the first text again.
    for (const content of [`${text} `.repeat(2).trim(), 'plain', text, '$studentId', text]) {
      const revised = await student.mutate(
        'reviseSubmission',
        { submissionId: submission.id, content },
        'submission { content }',
      );
      expect(revised.submission).toEqual({ content });
    }
    const { former_texts, submissions } = await server.database.snapshot();
    const ofSubmission = (rows: readonly unknown[] | undefined, field: string) =>
      (rows as Data[]).filter((row) => row[field].$oid === submission.id).map(({ content }) => content);
    expect(ofSubmission(former_texts, 'submissionId')).toEqual([
      text,
      `${text} `.repeat(2).trim(),
      'plain',
      text,
      '$studentId',
    ]);
    expect(ofSubmission(submissions, '_id')).toEqual([text]);
  });

  test('as the key of a session, and as its device', async () => {
    const student = await school.student();
    const { session } = await student.mutate(
      'startPomodoro',
      { plannedMinutes: 5, device: text },
      'session { id device }',
    );
    expect(session.device).toBe(text);
    const ended = await twice(student, 'endPomodoro', { sessionId: session.id }, 'replayed session { id device }');
    expect(ended.session).toEqual(session);
  });

  test('as the note and the key of what is done by hand', async () => {
    const student = await school.student(school.course);
    const assignmentId = await school.assignment({ dueDate: school.inDays(2) });
    const { submission, reward } = await student.mutate(
      'submitAssignment',
      { assignmentId, content: 'x' },
      'submission { id } reward { id }',
    );
    const noted = { reward: { note: text } };
    const ofStudent = { studentId: student.id, note: text };
    const { teacher } = school;
    const submissionId = submission.id;
    // A key belongs to its teacher and operation: that of another operator may not be in the way.
    expect(
      await twice(teacher, 'grantBonus', { ...ofStudent, courseId: school.course.id, points: 5 }, ROW),
    ).toMatchObject(noted);
    expect(
      await twice(
        teacher,
        'gradeSubmission',
        { submissionId, grade: 50, feedback: text },
        `${ROW} submission { feedback }`,
      ),
    ).toMatchObject({ ...noted, submission: { feedback: text } });
    expect(await twice(teacher, 'revokeReward', { rewardId: reward.id, note: text }, ROW)).toMatchObject(noted);
    expect(await twice(teacher, 'restoreReward', { rewardId: reward.id, note: text }, ROW)).toMatchObject(noted);
    const extended = { ...ofStudent, assignmentId, dueDate: school.inDays(3) };
    expect(await twice(teacher, 'extendDeadline', extended, 'replayed extension { note }')).toMatchObject({
      extension: { note: text },
    });
    expect(await twice(teacher, 'discardSubmission', { submissionId, note: text }, ROW)).toMatchObject(noted);
  });

  test('as a name', async () => {
    const student = await newStudent(server, { displayName: text });
    expect(await student.must('{ me { displayName } }')).toEqual({ me: { displayName: text } });
    expect(await student.mutate('updateProfile', { displayName: `${text}2` }, 'displayName')).toEqual({
      displayName: `${text}2`,
    });
    const { course } = await school.teacher.mutate('createCourse', { name: text }, 'course { id name }');
    expect(course.name).toBe(text);
    const assignmentId = await school.assignment({ title: 'plain', instructions: 'plain' });
    const { assignment } = await school.teacher.mutate(
      'updateAssignment',
      { assignmentId, title: text, instructions: text },
      'assignment { title instructions }',
    );
    expect(assignment).toEqual({ title: text, instructions: text });
  });
});

test('a key names one request, and no operator finds another', async () => {
  const student = await school.student(school.course);
  const submit = async (idempotencyKey: string) =>
    student.mutate(
      'submitAssignment',
      { assignmentId: await school.assignment(), content: 'x', idempotencyKey },
      'replayed',
    );
  expect(await submit('a plain key')).toMatchObject({ replayed: false });
  for (const key of OPERATORS)
    expect([key, await submit(key)]).toEqual([key, { __typename: 'SubmitAssignmentPayload', replayed: false }]);
});
