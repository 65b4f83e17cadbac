import { ReviseSubmissionDocument, SubmitAssignmentDocument } from '../api/generated/assignments';
import { useGrant } from '../outbox/use-outbox';
import { words } from '../words/en';
import type { Assignment } from './assignment-page';

/**
 * Handing in, and changing the text later. Both have one subject: only one of them can wait at a time, and both take the
 * same draft.
 * @param discardedId the submission that counts no more: what the outbox remembers of it is over
 */
export function useHandIn(
  { id, title, mySubmission }: Pick<Assignment, 'id' | 'title' | 'mySubmission'>,
  discardedId: string | null,
) {
  const subject = subjectOf(id);
  const submission = useGrant(SubmitAssignmentDocument, subject);
  const revision = useGrant(ReviseSubmissionDocument, subject);
  const answered = submission.payload?.__typename === 'SubmitAssignmentPayload' ? submission.payload : null;
  const paid = answered?.submission.id === discardedId ? null : answered;
  const submissionId = mySubmission?.id ?? paid?.submission.id ?? null;
  return {
    /** As the outbox knows it. What a new text would do is what could not be stored. */
    grant: { ...submission, isStorageBroken: (submissionId === null ? submission : revision).isStorageBroken },
    /** What the server has just paid; null: nothing, or it was paid on an earlier day. */
    reward: paid?.reward ?? null,
    isReplay: paid?.replayed ?? false,
    isChanged: revision.payload?.__typename === 'ReviseSubmissionPayload',
    /** The submission that a new text would change. */
    submissionId,
    submit: (content: string) =>
      submission.send({
        label: words.assignment.handInLabel(title),
        draft: content,
        variables: (idempotencyKey) => ({ input: { assignmentId: id, content, idempotencyKey } }),
      }),
    revise: (submissionId: string, content: string) =>
      revision.send({
        label: words.assignment.changeLabel(title),
        draft: content,
        variables: () => ({ input: { submissionId, content } }),
      }),
  };
}

/** Also the name of the draft. */
export const subjectOf = (assignmentId: string): string => `assignment:${assignmentId}`;
