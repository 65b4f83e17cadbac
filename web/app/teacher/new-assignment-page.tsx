import { useParams } from 'wouter';
import { ClassAssignmentsDocument, CourseToFillDocument, CreateAssignmentDocument } from '../api/generated/teacher';
import { useReadAll } from '../api/use-all-pages';
import { useAnswer } from '../api/use-answer';
import { useSend } from '../api/use-send';
import type { FormProblems } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { words } from '../words/en';
import { type AssignmentFields, AssignmentForm } from './assignment-form';
import { CourseFrame } from './course-frame';
import { paths } from './paths';
import { useCreateOnce } from './use-create-once';
import { useGoOn } from './use-go-on';

export default function NewAssignmentPage() {
  const { courseId } = useParams<{ courseId: string }>();
  const answer = useAnswer(CourseToFillDocument, { id: courseId });
  const send = useSend(CreateAssignmentDocument);
  const createOnce = useCreateOnce<{ readonly id: string; readonly title: string }>(
    useReadAll(ClassAssignmentsDocument, { id: courseId }, ({ course }) => course?.assignments),
    { href: paths.assignments(courseId), text: words.classAssignments.all },
  );
  const goOn = useGoOn();

  async function create(fields: AssignmentFields): Promise<FormProblems | null> {
    const created = await createOnce({
      isIt: (assignment) => assignment.title === fields.title.trim().normalize('NFC'),
      async create() {
        const { result, failure } = await send({ input: { courseId, ...fields } });
        return failure ? { failure } : { made: result.assignment };
      },
    });
    if ('problems' in created) return created.problems;
    goOn(paths.assignment(courseId, created.made.id));
    notify(words.assignmentForm.created(created.made.title));
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
            draftAs={`assignment-fields:new:${courseId}`}
            backTo={paths.assignments(courseId)}
            onSubmit={create}
          />
        </Card>
      )}
    </CourseFrame>
  );
}
