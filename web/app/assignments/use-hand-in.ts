import {
  type HandedInFragment as HandedIn,
  ReviseSubmissionDocument,
  SubmitAssignmentDocument,
  type SubmitAssignmentMutation,
} from '../api/generated/assignments';
import { useGrant } from '../outbox/use-outbox';
import { words } from '../words/en';
import type { Assignment } from './assignment-page';

type Paid = Extract<SubmitAssignmentMutation['result'], { __typename: 'SubmitAssignmentPayload' }>;

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
  // A new text takes the place of the request that was paid, and carries its answer on.
  const answered =
    submission.payload?.__typename === 'SubmitAssignmentPayload'
      ? submission.payload
      : ((revision.entry?.memo ?? null) as Paid | null);
  const paid = answered?.submission.id === discardedId ? null : answered;
  const changed = revision.payload?.__typename === 'ReviseSubmissionPayload' ? revision.payload.submission : null;
  const submissionId = mySubmission?.id ?? paid?.submission.id ?? null;
  return {
    /** As the outbox knows it. What a new text would do is what could not be stored. */
    grant: { ...submission, isStorageBroken: (submissionId === null ? submission : revision).isStorageBroken },
    /** What the server has just paid; null: nothing, or it was paid on an earlier day. */
    reward: paid?.reward ?? null,
    isReplay: paid?.replayed ?? false,
    isChanged: changed !== null,
    /** What the server has, also before the page has asked for it; null: nothing. */
    handedIn: newerOf(mySubmission, changed?.id === discardedId ? null : (changed ?? paid?.submission ?? null)),
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
        memo: paid,
        variables: () => ({ input: { submissionId, content } }),
      }),
  };
}

/** @param asked of the last query @param told of the last mutation */
function newerOf(asked: HandedIn | null, told: HandedIn | null): HandedIn | null {
  // An earlier version of this client did not let itself be told the text.
  if (told?.content === undefined) return asked;
  return asked !== null && changedAt(asked) >= changedAt(told) ? asked : told;
}

const changedAt = ({ submittedAt, revisedAt }: HandedIn): number => Date.parse(revisedAt ?? submittedAt);

/** Also the name of the draft. */
export const subjectOf = (assignmentId: string): string => `assignment:${assignmentId}`;
