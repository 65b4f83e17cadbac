import { useMutation } from 'urql';
import { useLocation, useParams } from 'wouter';
import { failureFrom } from '../api/failure';
import { AssignmentToEditDocument, UpdateAssignmentDocument } from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { type FormProblems, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { type AssignmentFields, AssignmentForm } from './assignment-form';
import { CourseFrame } from './course-frame';
import { paths } from './paths';

export default function ChangeAssignmentPage() {
  const { courseId, assignmentId } = useParams<{ courseId: string; assignmentId: string }>();
  const answer = useAnswer(AssignmentToEditDocument, { id: assignmentId });
  const [, updateAssignment] = useMutation(UpdateAssignmentDocument);
  const [, navigate] = useLocation();
  const back = paths.assignment(courseId, assignmentId);

  async function change(fields: AssignmentFields): Promise<FormProblems | null> {
    const { data, error } = await updateAssignment({ input: { assignmentId, ...fields } });
    if (!data) return problemsOf(failureFrom(error));
    if (data.result.__typename === 'Refusal') return { message: data.result.message };
    navigate(back);
    notify(words.assignmentForm.changed(data.result.assignment.title));
    return null;
  }

  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ assignment }) => assignment}
      title={(assignment) => words.assignmentForm.changeTitle(assignment?.title ?? null)}
    >
      {(assignment) => (
        <Card>
          {assignment.submissionCount > 0 && <p>{words.assignmentForm.changeEffect(assignment.submissionCount)}</p>}
          <AssignmentForm stored={assignment} submit={words.assignmentForm.change} backTo={back} onSubmit={change} />
        </Card>
      )}
    </CourseFrame>
  );
}
