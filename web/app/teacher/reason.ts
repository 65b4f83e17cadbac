import type { RewardReason } from '../api/generated/teacher';
import { words } from '../words/en';

/** What a reward was paid for. */
export function reasonOf(reason: `${RewardReason}`): string {
  const texts: Readonly<Record<`${RewardReason}`, string>> = {
    ASSIGNMENT_SUBMITTED: words.reward.assignmentSubmitted,
    POMODORO_ENDED: words.reward.pomodoroEnded,
    SUBMISSION_GRADED: words.reward.submissionGraded,
    BONUS: words.reward.bonus,
    REVOCATION: words.reward.revocation,
    RESTORATION: words.reward.restoration,
    EXTENSION: words.reward.extension,
    OPENING_BALANCE: words.reward.openingBalance,
  };
  return texts[reason];
}
