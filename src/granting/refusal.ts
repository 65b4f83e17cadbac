/** The reason for an expected refusal. The codes are those of the API. */
export type RefusalCode =
  | 'NOT_FOUND'
  | 'NOT_ENROLLED'
  | 'ASSIGNMENT_CLOSED'
  | 'ALREADY_SUBMITTED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'EMAIL_TAKEN'
  | 'INVALID_CREDENTIALS'
  | 'INVALID_JOIN_CODE'
  | 'NOTHING_TO_CHANGE';

/** An expected refusal. Nothing was written. The message is for people and says what to do next. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

export const refuse = (code: RefusalCode, message: string): Refused => ({ kind: 'refused', code, message });
