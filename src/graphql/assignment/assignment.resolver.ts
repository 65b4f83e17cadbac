import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { createAssignment } from '../../actions/create-assignment.js';
import { pointsNow } from '../../actions/submit-assignment.js';
import { updateAssignment } from '../../actions/update-assignment.js';
import { extensionOf } from '../../granting/assignment-for-student.js';
import { extendedStudentsOrder, submissionsOfAssignment } from '../../storage/loaders.js';
import { type ConnectionOf, PageArgs, toConnection, toPageRequest } from '../connection.js';
import type { RequestContext } from '../context.js';
import { Course } from '../course/course.type.js';
import { mustExist } from '../must-exist.js';
import { Refusal } from '../refusal.type.js';
import { Submission, SubmissionConnection } from '../submission/submission.type.js';
import { CreateAssignmentInput, UpdateAssignmentInput } from './assignment.input.js';
import {
  Assignment,
  CreateAssignmentPayload,
  CreateAssignmentResult,
  UpdateAssignmentPayload,
  UpdateAssignmentResult,
} from './assignment.type.js';
import { Extension, ExtensionConnection } from './extension.type.js';

@Resolver(() => Assignment)
export class AssignmentResolver {
  @Query(() => Assignment, { nullable: true })
  async assignment(
    @Arg('id', () => ID) id: string,
    @Ctx() { loaders, policy }: RequestContext,
  ): Promise<Assignment | null> {
    const assignment = await loaders.assignment.load(id);
    return assignment && (await policy.canSeeAssignment(assignment)) ? new Assignment(assignment) : null;
  }

  @Mutation(() => CreateAssignmentResult)
  async createAssignment(
    @Arg('input', () => CreateAssignmentInput) input: CreateAssignmentInput,
    @Ctx() { teacher, facts }: RequestContext,
  ): Promise<CreateAssignmentPayload | Refusal> {
    const { courseId, title, instructions, dueDate, closesAt } = input;
    const outcome = await createAssignment({
      teacher,
      courseId,
      title,
      instructions: instructions ?? null,
      dueDate,
      closesAt: closesAt ?? null,
      facts,
    });
    return outcome.kind === 'refused' ? new Refusal(outcome) : new CreateAssignmentPayload(outcome.assignment);
  }

  @Mutation(() => UpdateAssignmentResult)
  async updateAssignment(
    @Arg('input', () => UpdateAssignmentInput) { assignmentId, ...changes }: UpdateAssignmentInput,
    @Ctx() { teacher }: RequestContext,
  ): Promise<UpdateAssignmentPayload | Refusal> {
    const outcome = await updateAssignment({ teacher, assignmentId, changes });
    return outcome.kind === 'refused' ? new Refusal(outcome) : new UpdateAssignmentPayload(outcome.assignment);
  }

  @FieldResolver(() => String, { nullable: true })
  async instructions(@Root() { id, record }: Assignment, @Ctx() context: RequestContext): Promise<string | null> {
    const { instructions = await context.loaders.instructions.load(id) } = record;
    return context.countText(instructions);
  }

  @FieldResolver(() => Course)
  async course(@Root() { record }: Assignment, @Ctx() { loaders }: RequestContext): Promise<Course> {
    return new Course(mustExist(await loaders.course.load(record.courseId.toHexString())));
  }

  @FieldResolver(() => Submission, {
    nullable: true,
    description: 'The submission of the viewer; null if the viewer has not submitted, or is not a student.',
  })
  async mySubmission(
    @Root() { record }: Assignment,
    @Ctx() { loaders, self }: RequestContext,
  ): Promise<Submission | null> {
    if (self.role !== 'STUDENT') return null;
    const submission = await loaders.submissionOf.load({ studentId: self.accountId, assignmentId: record._id });
    return submission && new Submission(submission);
  }

  @FieldResolver(() => Extension, {
    nullable: true,
    description:
      'The other dates that the viewer has for this assignment; null if there are none, or the viewer is not a student. dueDate and closesAt of the assignment are those of everybody else.',
  })
  async myExtension(@Root() { id }: Assignment, @Ctx() { loaders, self }: RequestContext): Promise<Extension | null> {
    if (self.role !== 'STUDENT') return null;
    const student = mustExist(await loaders.student.load(self.accountId.toHexString()));
    const extension = extensionOf(student, id);
    return extension ? new Extension(student, extension) : null;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'The points that the viewer would get for submitting now, calculated by the rules that grant rewards; null if the server would refuse the submission.',
  })
  async pointsNow(
    @Root() { record }: Assignment,
    @Ctx() { loaders, self, request }: RequestContext,
  ): Promise<number | null> {
    if (self.role !== 'STUDENT') return null;
    const student = mustExist(await loaders.student.load(self.accountId.toHexString()));
    const submission = await loaders.submissionOf.load({ studentId: self.accountId, assignmentId: record._id });
    return submission ? null : pointsNow(student, record, request.receivedAt);
  }

  @FieldResolver(() => Int)
  async submissionCount(@Root() { id }: Assignment, @Ctx() { loaders }: RequestContext): Promise<number> {
    return loaders.submissionCount.load(id);
  }

  @FieldResolver(() => SubmissionConnection, {
    description: 'Newest first. Only teachers of the course and admins can see them.',
  })
  async submissions(
    @Root() { id, record }: Assignment,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Submission>> {
    const scope = { name: `Assignment.submissions ${id}`, order: submissionsOfAssignment.order };
    const request = toPageRequest(cursors, scope, page);
    const rows = await loaders.submissionsOfAssignment.load({ parentId: record._id, ...request });
    return toConnection(cursors, scope, page, rows, (submission) => new Submission(submission));
  }
  @FieldResolver(() => ExtensionConnection, {
    description: 'In the order of the students. Only teachers of the course and admins can see them.',
  })
  async extensions(
    @Root() { id, record }: Assignment,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders, services: { cursors } }: RequestContext,
  ): Promise<ConnectionOf<Extension>> {
    const scope = { name: `Assignment.extensions ${id}`, order: extendedStudentsOrder };
    const request = toPageRequest(cursors, scope, page);
    const found = await loaders.extendedStudents.load({ parentId: record._id, ...request });
    return toConnection(
      cursors,
      scope,
      page,
      found,
      (student) => new Extension(student, mustExist(extensionOf(student, id))),
    );
  }
}
