import { Field, ObjectType } from 'type-graphql';
import type { ExtensionRecord, StudentRecord } from '../../storage/models/student.js';
import { connectionTypes } from '../connection.js';
import { DateTime } from '../scalars.js';
import { Student } from '../student/student.type.js';

/** A view of an extension, which is stored in its student. */
@ObjectType({ description: 'Other dates of an assignment for one student.' })
export class Extension {
  constructor(
    private readonly studentRecord: StudentRecord,
    private readonly extension: ExtensionRecord,
  ) {}

  @Field(() => Student)
  get student(): Student {
    return new Student(this.studentRecord);
  }
  @Field(() => DateTime)
  get dueDate(): Date {
    return this.extension.dueDate;
  }
  @Field(() => DateTime, { nullable: true, description: 'null: the student may always submit.' })
  get closesAt(): Date | null {
    return this.extension.closesAt;
  }
  @Field(() => String)
  get note(): string {
    return this.extension.note;
  }
}

export const ExtensionConnection = connectionTypes('Extension', () => Extension);
