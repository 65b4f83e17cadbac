import { createHash } from 'node:crypto';
import type { GrantingOperation, RewardRecord, SubjectRecord } from '../storage/models/reward.js';

/** What a request is compared by when it, or one under the same key, comes again. */
export interface RequestIdentity {
  readonly operation: GrantingOperation;
  /** null: the id names nothing. */
  readonly subject: SubjectRecord | null;
  readonly requestKey: string | null;
  readonly fingerprint: string;
  /** What an older server wrote for the same input; absent where that is no other. */
  readonly formerFingerprint?: string;
}

/** How a request relates to what its student was paid before. */
export type Prior =
  | { readonly kind: 'none' }
  | { readonly kind: 'replay'; readonly reward: RewardRecord }
  | { readonly kind: 'key reused' }
  | { readonly kind: 'other input'; readonly reward: RewardRecord };

/**
 * Looks for the reward that a request already has. Its key is judged first: the same key with other input is
 * refused even where its subject was paid under another one.
 * @param rewards of this student
 */
export function priorOf(identity: RequestIdentity, rewards: readonly RewardRecord[]): Prior {
  const { operation, subject, requestKey, fingerprint, formerFingerprint } = identity;
  const isSameInput = (reward: RewardRecord): boolean =>
    reward.fingerprint === fingerprint || reward.fingerprint === formerFingerprint;
  const underKey =
    requestKey === null
      ? undefined
      : rewards.find((reward) => reward.operation === operation && reward.requestKey === requestKey);
  if (underKey) return isSameInput(underKey) ? { kind: 'replay', reward: underKey } : { kind: 'key reused' };
  const forSubject =
    subject === null
      ? undefined
      : rewards.find((reward) => reward.subject.kind === subject.kind && reward.subject.id.equals(subject.id));
  if (!forSubject) return { kind: 'none' };
  return { kind: isSameInput(forSubject) ? 'replay' : 'other input', reward: forSubject };
}

/** SHA-256 of the parts of an input that must be the same in a repeat, in base64. */
export function fingerprintOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

/**
 * Of a submission. The mark tells it from those that older servers wrote, of texts that were trimmed at both ends: by
 * the bare text nobody could tell whether a row of "x" was paid for "x" or, then, for "  x" as well.
 */
export const submissionFingerprint = (assignmentId: string, content: string): string =>
  fingerprintOf(assignmentId, content, 'with its indentation');

/** As servers made it that trimmed texts at both ends. */
export const formerSubmissionFingerprint = (assignmentId: string, content: string): string =>
  fingerprintOf(assignmentId, content.trim());
