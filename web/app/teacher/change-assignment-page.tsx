import { useParams } from 'wouter';
import { AssignmentToEditDocument, UpdateAssignmentDocument } from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { useSend } from '../api/use-send';
import { type FormProblems, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { type AssignmentFields, AssignmentForm } from './assignment-form';
import { CourseFrame } from './course-frame';
import { paths } from './paths';
import { useGoOn } from './use-go-on';

export default function ChangeAssignmentPage() {
  const { courseId, assignmentId } = useParams<{ courseId: string; assignmentId: string }>();
  const answer = useAnswer(AssignmentToEditDocument, { id: assignmentId });
  const send = useSend(UpdateAssignmentDocument);
  const goOn = useGoOn();
  const back = paths.assignment(courseId, assignmentId);

  async function change(fields: AssignmentFields): Promise<FormProblems | null> {
    const { result, failure } = await send({ input: { assignmentId, ...fields } });
    if (failure) return problemsOf(failure);
    goOn(back);
    notify(words.assignmentForm.changed(result.assignment.title));
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
          <AssignmentForm
            stored={assignment}
            submit={words.assignmentForm.change}
            draftAs={`instructions:${assignmentId}`}
            backTo={back}
            onSubmit={change}
          />
        </Card>
      )}
    </CourseFrame>
  );
}
