import { expect, test } from '@jest/globals';
import { useNewStudents } from './new-students.js';

const setting = useNewStudents();

/** More than the first page of submissions, if that has 20. */
const LATER = 21;

test('a student who has handed in much else since reads why something was discarded', async () => {
  const teacher = await setting.web.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: 'Cards' }, 'course { id joinCode }');
  await setting.student.client.mutate('joinCourse', { joinCode: course.joinCode });
  const handIn = async (title: string): Promise<string> => {
    const due = { courseId: course.id, title, dueDate: '2035-07-03T18:00:00Z' };
    const { assignment } = await teacher.mutate('createAssignment', due, 'assignment { id }');
    const input = { assignmentId: assignment.id, content: `The text of ${title}.` };
    return (await setting.student.client.mutate('submitAssignment', input, 'submission { id }')).submission.id;
  };
  const submissionId = await handIn('The first card');
  await teacher.mutate('discardSubmission', { submissionId, note: 'The wrong card.', idempotencyKey: 'first' });
  for (let card = 1; card <= LATER; card += 1) await handIn(`Card ${card}`);

  const device = await setting.signedIn();
  await device.open('The first card');
  await device.assignment.again.getByText('“The wrong card.” (Demo Teacher)').waitFor();
  await device.assignment.again.getByText('Text that was discarded').click();
  await device.assignment.again.getByText('The text of The first card.').waitFor();
  expect(await device.assignment.anyPaid.count()).toBe(0);
});
