import { hash } from 'node:crypto';
import type { GrantingOperation, RewardRecord, SubjectRecord } from '../storage/models/reward.js';

/** What identifies a request, so that a repeat of it is recognised. */
export interface RequestIdentity {
  readonly operation: GrantingOperation;
  /** null: the id that the client sent is not a valid id. */
  readonly subject: SubjectRecord | null;
  /** The client's idempotency key. */
  readonly requestKey: string | null;
  readonly fingerprint: string;
  /**
   * Returns the fingerprint that an older server stored for the same input. Absent if the operation never had another one.
   */
  readonly formerFingerprint?: () => string;
}

/** How a request relates to the rewards that its student already has. */
export type ReplayCheck =
  | { readonly kind: 'no replay' }
  | { readonly kind: 'replay'; readonly reward: RewardRecord }
  | { readonly kind: 'key reused' }
  | { readonly kind: 'other input'; readonly reward: RewardRecord };

/**
 * Finds the reward that was already paid for a request. The key is checked first: the same key with other input is
 * 'key reused', even if the subject was paid under another key.
 * @param rewards of the request's student only
 */
export function findReplay(identity: RequestIdentity, rewards: readonly RewardRecord[]): ReplayCheck {
  const { operation, subject, requestKey, fingerprint, formerFingerprint } = identity;
  const isSameInput = (reward: RewardRecord): boolean =>
    reward.fingerprint === fingerprint || reward.fingerprint === formerFingerprint?.();
  const underKey =
    requestKey === null
      ? undefined
      : rewards.find((reward) => reward.operation === operation && reward.requestKey === requestKey);
  if (underKey) return isSameInput(underKey) ? { kind: 'replay', reward: underKey } : { kind: 'key reused' };
  const forSubject =
    subject === null
      ? undefined
      : rewards.find((reward) => reward.subject.kind === subject.kind && reward.subject.id.equals(subject.id));
  if (!forSubject) return { kind: 'no replay' };
  return { kind: isSameInput(forSubject) ? 'replay' : 'other input', reward: forSubject };
}

/** The SHA-256 hash, in base64, of the parts of an input that must be equal in a repeat. */
export function fingerprintOf(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64');
}

/**
 * The fingerprint of a submission. Older servers trimmed a text at both ends before they hashed it. The third part
 * marks the hash of an untrimmed text, so that it never equals an older one: else a row for "x" could have been paid for
 * "x" or, by an older server, for "  x".
 */
export const submissionFingerprint = (assignmentId: string, content: string): string =>
  fingerprintOf(assignmentId, content, 'with its indentation');

/** The fingerprint that an older server, which trimmed texts at both ends, made for this submission. */
export const formerSubmissionFingerprint = (assignmentId: string, content: string): string =>
  fingerprintOf(assignmentId, content.trim());
