import { Field, ID, ObjectType } from 'type-graphql';
import type { AssignmentHead, AssignmentRecord } from '../../storage/models/assignment.js';
import { connectionTypes } from '../connection.js';
import { resultOf } from '../refusal.type.js';
import { DateTime } from '../scalars.js';

/** A view of a stored assignment. Its record may lack the instructions, which are read on request. */
@ObjectType()
export class Assignment {
  constructor(readonly record: AssignmentHead & { readonly instructions?: string | null }) {}

  @Field(() => ID)
  get id(): string {
    return this.record._id.toHexString();
  }
  @Field(() => String)
  get title(): string {
    return this.record.title;
  }
  /** Resolved by AssignmentResolver. */
  @Field(() => String, { nullable: true })
  readonly instructions!: string | null;
  @Field(() => DateTime)
  get dueDate(): Date {
    return this.record.dueDate;
  }
  @Field(() => DateTime, {
    nullable: true,
    description:
      'The server accepts no submission after this moment. null: it always accepts them, and pays late ones at the late rate.',
  })
  get closesAt(): Date | null {
    return this.record.closesAt;
  }
}

export const AssignmentConnection = connectionTypes('Assignment', () => Assignment);

@ObjectType()
export class CreateAssignmentPayload {
  @Field(() => Assignment)
  readonly assignment: Assignment;

  constructor(assignment: AssignmentRecord) {
    this.assignment = new Assignment(assignment);
  }
}
export const CreateAssignmentResult = resultOf('CreateAssignmentResult', CreateAssignmentPayload);

@ObjectType()
export class UpdateAssignmentPayload {
  @Field(() => Assignment)
  readonly assignment: Assignment;

  constructor(assignment: AssignmentRecord) {
    this.assignment = new Assignment(assignment);
  }
}
export const UpdateAssignmentResult = resultOf('UpdateAssignmentResult', UpdateAssignmentPayload);
