import { Field, ID, ObjectType } from 'type-graphql';
import type { CourseRecord } from '../../storage/models/course.js';
import { connectionTypes } from '../connection.js';
import { resultOf } from '../refusal.type.js';

/** A view of a stored course. */
@ObjectType()
export class Course {
  constructor(readonly record: CourseRecord) {}

  @Field(() => ID)
  get id(): string {
    return this.record._id.toHexString();
  }
  @Field(() => String)
  get name(): string {
    return this.record.name;
  }
  @Field(() => String, {
    nullable: true,
    description: 'Only teachers of the course and admins can see it; for all others it is null.',
  })
  get joinCode(): string {
    return this.record.joinCode;
  }
}

export const CourseConnection = connectionTypes('Course', () => Course);

@ObjectType()
export class CreateCoursePayload {
  @Field(() => Course)
  readonly course: Course;

  constructor(course: CourseRecord) {
    this.course = new Course(course);
  }
}

@ObjectType()
export class JoinCoursePayload {
  @Field(() => Course)
  readonly course: Course;

  constructor(course: CourseRecord) {
    this.course = new Course(course);
  }
}
export const JoinCourseResult = resultOf('JoinCourseResult', JoinCoursePayload);
