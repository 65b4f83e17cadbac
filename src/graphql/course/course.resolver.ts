import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { createCourse } from '../../actions/create-course.js';
import { joinCourse } from '../../actions/join-course.js';
import { assignmentsOfCourse, coursesOrder, studentsOfCourse } from '../../storage/loaders.js';
import { Assignment, AssignmentConnection } from '../assignment/assignment.type.js';
import { type ConnectionOf, PageArgs, toConnection, toPageRequest } from '../connection.js';
import type { RequestContext } from '../context.js';
import { Refusal } from '../refusal.type.js';
import { Student, StudentConnection } from '../student/student.type.js';
import { CreateCourseInput, JoinCourseInput } from './course.input.js';
import { Course, CourseConnection, CreateCoursePayload, JoinCoursePayload, JoinCourseResult } from './course.type.js';

@Resolver(() => Course)
export class CourseResolver {
  @Query(() => Course, { nullable: true })
  async course(@Arg('id', () => ID) id: string, @Ctx() { loaders, policy }: RequestContext): Promise<Course | null> {
    const course = await loaders.course.load(id);
    return course && (await policy.canSeeCourse(course)) ? new Course(course) : null;
  }

  @Query(() => CourseConnection, {
    description: 'The courses that the viewer takes or teaches; for an admin, all courses.',
  })
  async courses(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, policy, self, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Course>> {
    const scope = { name: `Query.courses ${self.accountId}`, order: coursesOrder };
    const request = toPageRequest(cursors, scope, page);
    const found = await loaders.courses.load({ filter: await policy.visibleCourses(), page: request });
    return toConnection(cursors, scope, page, found, (course) => new Course(course));
  }

  @Mutation(() => CreateCoursePayload)
  async createCourse(
    @Arg('input', () => CreateCourseInput) { name }: CreateCourseInput,
    @Ctx() { facts }: RequestContext,
  ): Promise<CreateCoursePayload> {
    return new CreateCoursePayload(await createCourse({ name, facts }));
  }

  @Mutation(() => JoinCourseResult)
  async joinCourse(
    @Arg('input', () => JoinCourseInput) { joinCode }: JoinCourseInput,
    @Ctx() { services: { committer, limits }, self, facts, request }: RequestContext,
  ): Promise<JoinCoursePayload | Refusal> {
    const joining = { accountId: self.accountId.toHexString(), clientAddress: request.clientAddress };
    limits.checkJoin(joining);
    const outcome = await joinCourse(committer, { studentId: self.accountId, joinCode, facts }, (each) =>
      limits.settleJoin(joining, each),
    );
    return outcome.kind === 'refused' ? new Refusal(outcome) : new JoinCoursePayload(outcome.course);
  }

  @FieldResolver(() => AssignmentConnection)
  async assignments(
    @Root() { id, record }: Course,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Assignment>> {
    const scope = { name: `Course.assignments ${id}`, order: assignmentsOfCourse.order };
    const request = toPageRequest(cursors, scope, page);
    const found = await loaders.assignmentsOfCourse.load({ parentId: record._id, ...request });
    return toConnection(cursors, scope, page, found, (assignment) => new Assignment(assignment));
  }

  @FieldResolver(() => StudentConnection, {
    description: 'The roster, with the progress of each student. Only teachers of the course and admins can see it.',
  })
  async students(
    @Root() { id, record }: Course,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Student>> {
    const scope = { name: `Course.students ${id}`, order: studentsOfCourse.order };
    const request = toPageRequest(cursors, scope, page);
    const found = await loaders.studentsOfCourse.load({ parentId: record._id, ...request });
    return toConnection(cursors, scope, page, found, (student) => new Student(student));
  }
}
