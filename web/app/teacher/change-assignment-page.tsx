import { useState } from 'react';
import { useParams } from 'wouter';
import {
  AssignmentToEditDocument,
  type AssignmentToEditQuery,
  UpdateAssignmentDocument,
} from '../api/generated/teacher';
import { useAnswer } from '../api/use-answer';
import { useSend } from '../api/use-send';
import { changesOf, type FormProblems, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { Settled } from '../ui/states';
import { words } from '../words/en';
import { type AssignmentFields, AssignmentForm } from './assignment-form';
import { CourseFrame } from './course-frame';
import { paths } from './paths';
import { useGoOn } from './use-go-on';

export default function ChangeAssignmentPage() {
  const { courseId, assignmentId } = useParams<{ courseId: string; assignmentId: string }>();
  const answer = useAnswer(AssignmentToEditDocument, { id: assignmentId });
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
          <Settled key={assignment.id} answer={answer}>
            <ChangeForm assignment={assignment} backTo={paths.assignment(courseId, assignmentId)} />
          </Settled>
        </Card>
      )}
    </CourseFrame>
  );
}

interface ChangeFormProps {
  readonly assignment: NonNullable<AssignmentToEditQuery['assignment']>;
  readonly backTo: string;
}

function ChangeForm({ assignment, backTo }: ChangeFormProps) {
  const send = useSend(UpdateAssignmentDocument);
  const goOn = useGoOn();
  // Later answers do not change the fields, so what is changed in them is told by what they began with.
  const [{ id, title, instructions, dueDate, closesAt }] = useState(assignment);
  const before: AssignmentFields = { title, instructions, dueDate, closesAt };

  async function change(after: AssignmentFields): Promise<FormProblems | null> {
    const { result, failure } = await send({ input: { assignmentId: id, ...changesOf(before, after) } });
    if (failure) return problemsOf(failure);
    goOn(backTo);
    notify(words.assignmentForm.changed(result.assignment.title));
    return null;
  }

  return (
    <AssignmentForm
      stored={before}
      submit={words.assignmentForm.change}
      draftAs={`assignment-fields:${id}`}
      backTo={backTo}
      onSubmit={change}
    />
  );
}
