import { useParams } from 'wouter';
import { CourseToFillDocument, CreateAssignmentDocument } from '../api/generated/teacher';
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

export default function NewAssignmentPage() {
  const { courseId } = useParams<{ courseId: string }>();
  const answer = useAnswer(CourseToFillDocument, { id: courseId });
  const send = useSend(CreateAssignmentDocument);
  const goOn = useGoOn();

  async function create(fields: AssignmentFields): Promise<FormProblems | null> {
    const { result, failure } = await send({ input: { courseId, ...fields } });
    if (failure) return problemsOf(failure);
    goOn(paths.assignment(courseId, result.assignment.id));
    notify(words.assignmentForm.created(result.assignment.title));
    return null;
  }

  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ course }) => course}
      title={() => words.assignmentForm.createTitle}
    >
      {() => (
        <Card>
          <AssignmentForm
            submit={words.assignmentForm.create}
            draftAs={`instructions:new:${courseId}`}
            backTo={paths.assignments(courseId)}
            onSubmit={create}
          />
        </Card>
      )}
    </CourseFrame>
  );
}
