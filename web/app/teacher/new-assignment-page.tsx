import { useMutation } from 'urql';
import { useLocation, useParams } from 'wouter';
import { failureFrom } from '../api/failure';
import { CourseToFillDocument, CreateAssignmentDocument } from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { type FormProblems, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { type AssignmentFields, AssignmentForm } from './assignment-form';
import { CourseFrame } from './course-frame';
import { paths } from './paths';

export default function NewAssignmentPage() {
  const { courseId } = useParams<{ courseId: string }>();
  const answer = useAnswer(CourseToFillDocument, { id: courseId });
  const [, createAssignment] = useMutation(CreateAssignmentDocument);
  const [, navigate] = useLocation();

  async function create(fields: AssignmentFields): Promise<FormProblems | null> {
    const { data, error } = await createAssignment({ input: { courseId, ...fields } });
    if (!data) return problemsOf(failureFrom(error));
    if (data.result.__typename === 'Refusal') return { message: data.result.message };
    navigate(paths.assignment(courseId, data.result.assignment.id));
    notify(words.assignmentForm.created(data.result.assignment.title));
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
          <AssignmentForm submit={words.assignmentForm.create} backTo={paths.assignments(courseId)} onSubmit={create} />
        </Card>
      )}
    </CourseFrame>
  );
}
