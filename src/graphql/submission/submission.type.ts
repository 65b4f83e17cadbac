import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { SubmissionHead, SubmissionRecord } from '../../storage/models/submission.js';
import { connectionTypes } from '../connection.js';
import { resultOf } from '../refusal.type.js';
import { type Grant, RewardGrant } from '../reward/grant.type.js';
import { Reward } from '../reward/reward.type.js';
import { DateTime } from '../scalars.js';

/** A view of a stored submission. Its record may lack the text, which is read on request. */
@ObjectType()
export class Submission {
  constructor(readonly record: SubmissionHead & { readonly content?: string }) {}

  @Field(() => ID)
  get id(): string {
    return this.record._id.toHexString();
  }
  /** Resolved by SubmissionResolver. */
  @Field(() => String)
  readonly content!: string;
  @Field(() => DateTime)
  get submittedAt(): Date {
    return this.record.submittedAt;
  }
  @Field(() => DateTime, { nullable: true })
  get revisedAt(): Date | null {
    return this.record.revisedAt;
  }
  @Field(() => Boolean)
  get late(): boolean {
    return this.record.late;
  }
  @Field(() => Int, { nullable: true, description: 'From 0 to 100; null if it has not been graded.' })
  get grade(): number | null {
    return this.record.grade ?? null;
  }
  /** Resolved by SubmissionResolver. */
  @Field(() => String, { nullable: true })
  readonly feedback!: string | null;
  @Field(() => DateTime, { nullable: true })
  get gradedAt(): Date | null {
    return this.record.gradedAt ?? null;
  }
  @Field(() => DateTime, {
    nullable: true,
    description:
      'When a teacher discarded it: it does not count, and the student may hand in again. null if it counts.',
  })
  get discardedAt(): Date | null {
    return this.record.discardedAt ?? null;
  }
}

export const SubmissionConnection = connectionTypes('Submission', () => Submission);

@ObjectType({ implements: RewardGrant })
export class SubmitAssignmentPayload extends RewardGrant {
  constructor(
    grant: Grant & { readonly reward: NonNullable<Grant['reward']> },
    /** null: the resolver reads the submission if the query asks for it. */
    readonly submissionRecord: SubmissionRecord | null,
  ) {
    super(grant);
  }
  @Field(() => Reward)
  override get reward(): Reward {
    return super.reward!;
  }
}
export const SubmitAssignmentResult = resultOf('SubmitAssignmentResult', SubmitAssignmentPayload);

@ObjectType()
export class ReviseSubmissionPayload {
  @Field(() => Submission)
  readonly submission: Submission;

  constructor(submission: SubmissionRecord) {
    this.submission = new Submission(submission);
  }
}
export const ReviseSubmissionResult = resultOf('ReviseSubmissionResult', ReviseSubmissionPayload);
