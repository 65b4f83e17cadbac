import {
  DiscardedSubmissionDocument,
  type DiscardedSubmissionQuery,
  MyLatestSubmissionsDocument,
  type MyLatestSubmissionsQuery,
} from '../api/generated/assignments';
import { useAnswer } from '../api/use-answer';
import type { Assignment } from './assignment-page';

type Student<Query extends { me: unknown }> = Extract<Query['me'], { __typename: 'Student' }>;
type Submission = Student<MyLatestSubmissionsQuery>['submissions']['edges'][number]['node'];
type Correction = Student<DiscardedSubmissionQuery>['rewards']['edges'][number]['node'];

export interface DiscardedSubmission {
  readonly submission: Submission & { readonly discardedAt: string };
  /** null: it is not loaded. */
  readonly content: string | null;
  /** The row that says why; null: it is not among the latest rows. */
  readonly correction: Correction | null;
}

/**
 * The latest submission of this assignment that a teacher discarded, while nothing else is handed in. Only then is it
 * looked for: an assignment that is handed in costs nothing more.
 */
export function useDiscarded({
  id,
  mySubmission,
}: Pick<Assignment, 'id' | 'mySubmission'>): DiscardedSubmission | null {
  const submissions = useAnswer(MyLatestSubmissionsDocument, {}, { pause: mySubmission !== null });
  const me = submissions.data?.me;
  const found =
    me?.__typename === 'Student' && mySubmission === null
      ? me.submissions.edges
          .map(({ node }) => node)
          .find(({ assignment, discardedAt }) => assignment.id === id && discardedAt)
      : undefined;
  const { data } = useAnswer(DiscardedSubmissionDocument, { id: found?.id ?? '' }, { pause: !found });
  if (!found || found.discardedAt === null) return null;
  const correction =
    data?.me.__typename === 'Student'
      ? data.me.rewards.edges.map(({ node }) => node).find(({ corrects }) => corrects?.id === found.reward.id)
      : undefined;
  return {
    submission: { ...found, discardedAt: found.discardedAt },
    content: data?.submission?.content ?? null,
    correction: correction ?? null,
  };
}
