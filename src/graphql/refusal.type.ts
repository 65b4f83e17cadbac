import { createUnionType, Field, ObjectType, registerEnumType } from 'type-graphql';
import type { RefusalCode, Refused } from '../granting/refusal.js';

export const RefusalCodeEnum: { readonly [Code in RefusalCode]: Code } = {
  NOT_FOUND: 'NOT_FOUND',
  NOT_ENROLLED: 'NOT_ENROLLED',
  ASSIGNMENT_CLOSED: 'ASSIGNMENT_CLOSED',
  ALREADY_SUBMITTED: 'ALREADY_SUBMITTED',
  IDEMPOTENCY_KEY_REUSED: 'IDEMPOTENCY_KEY_REUSED',
  EMAIL_TAKEN: 'EMAIL_TAKEN',
  INVALID_CREDENTIALS: 'INVALID_CREDENTIALS',
  INVALID_JOIN_CODE: 'INVALID_JOIN_CODE',
  NOTHING_TO_CHANGE: 'NOTHING_TO_CHANGE',
};
registerEnumType(RefusalCodeEnum, { name: 'RefusalCode' });

@ObjectType({
  description:
    'The server refused the mutation for an expected reason, and wrote nothing; only refreshSession ends a session whose refresh token comes a second time. message is for people and says what to do next.',
})
export class Refusal {
  @Field(() => RefusalCodeEnum)
  readonly code: RefusalCode;
  @Field(() => String)
  readonly message: string;

  constructor({ code, message }: Refused) {
    this.code = code;
    this.message = message;
  }
}

/**
 * Creates the result type of a mutation that the server can refuse: a union of the payload and Refusal. type-graphql tells
 * them apart by their class. A resolveType of our own would be slower, because it would have to be asynchronous.
 */
export function resultOf<Payload extends object>(name: string, payload: new (...args: never[]) => Payload) {
  return createUnionType({ name, types: () => [payload as new () => Payload, Refusal] as const });
}
