import 'reflect-metadata';
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { buildSchema, getMetadataStorage } from 'type-graphql';
import { type FieldRule, fieldRules, type Viewer } from '../auth/policy.js';
import { AccountResolver, UserResolver } from './account/account.resolver.js';
import { Admin, Teacher } from './account/user.type.js';
import { AssignmentResolver } from './assignment/assignment.resolver.js';
import { Assignment } from './assignment/assignment.type.js';
import { BadgeResolver } from './badge/badge.resolver.js';
import {
  ByHandResolver,
  DiscardSubmissionPayloadResolver,
  ExtendDeadlinePayloadResolver,
  GradeSubmissionPayloadResolver,
} from './by-hand/by-hand.resolver.js';
import { PageArgs } from './connection.js';
import type { RequestContext } from './context.js';
import { CourseResolver } from './course/course.resolver.js';
import { Course } from './course/course.type.js';
import { forbidden, unauthenticated } from './errors.js';
import { LeaderboardResolver } from './leaderboard/leaderboard.resolver.js';
import { checkInput } from './limits.js';
import { mustExist } from './must-exist.js';
import { PomodoroResolver } from './pomodoro/pomodoro.resolver.js';
import { Refusal } from './refusal.type.js';
import { RewardLineResolver, RewardResolver } from './reward/reward.resolver.js';
import { StudentResolver } from './student/student.resolver.js';
import { SubmissionResolver, SubmitAssignmentPayloadResolver } from './submission/submission.resolver.js';

/**
 * Builds the schema and puts each field under its rule from auth/policy.ts.
 * @throws Error that names each field without a rule and each rule without a field
 */
export async function createSchema(): Promise<GraphQLSchema> {
  // A field without a resolver is a property, which graphql-js reads faster by itself.
  for (const type of getMetadataStorage().objectTypes) type.simpleResolvers = true;
  const schema = await buildSchema({
    resolvers: [
      AccountResolver,
      UserResolver,
      StudentResolver,
      CourseResolver,
      LeaderboardResolver,
      AssignmentResolver,
      SubmissionResolver,
      SubmitAssignmentPayloadResolver,
      PomodoroResolver,
      RewardResolver,
      RewardLineResolver,
      BadgeResolver,
      ByHandResolver,
      GradeSubmissionPayloadResolver,
      DiscardSubmissionPayloadResolver,
      ExtendDeadlinePayloadResolver,
    ],
    orphanedTypes: [Teacher, Admin],
    // It would run an introspection query to find mistakes in the schema. Apollo validates the schema when it starts.
    skipCheck: true,
    // type-graphql requires a pubSub, but every subscription has its own source.
    pubSub: { publish: unused, subscribe: unused },
    // Every input object is the argument "input". The arguments of a connection have no such prefix.
    validateFn: (value) => {
      if (typeof value === 'object' && value !== null) checkInput(value, value instanceof PageArgs ? '' : 'input.');
    },
  });
  applyRules(schema);
  return schema;
}

function unused(): never {
  throw new Error('the subscriptions listen to the feed');
}

function applyRules(schema: GraphQLSchema): void {
  const fields = objectFields(schema);
  const names = new Set(fields.map(({ name }) => name));
  const withoutRule = [...names].filter((name) => fieldRules[name] === undefined);
  const withoutField = Object.keys(fieldRules).filter((name) => !names.has(name));
  if (withoutRule.length > 0 || withoutField.length > 0) {
    throw new Error(
      `auth/policy.ts has no rule for: ${withoutRule.join(', ') || 'none'}; ` +
        `and rules for fields that do not exist: ${withoutField.join(', ') || 'none'}`,
    );
  }
  for (const { name, field } of fields) {
    if (name.startsWith('Mutation.')) prepareMutation(field);
    guard(field, fieldRules[name]!, /^(?:Query|Mutation|Subscription)\./.test(name));
    if (field.subscribe) guardSubscribe(field, fieldRules[name]!);
  }
}

/**
 * Whether the committer checks that the account exists. It reads the student for each grant anyway, so a second check
 * would cost one more round trip. The events of a student's own subscriptions are what the committer has written.
 */
const committerChecksAccount = (field: string, { role }: Viewer): boolean =>
  role === 'STUDENT' && CHECKED_BY_COMMITTER.includes(field);

const CHECKED_BY_COMMITTER = ['submitAssignment', 'startPomodoro', 'endPomodoro', 'rewardGranted', 'pomodoroChanged'];

/** A mutation reads what earlier mutations of the request wrote, and the log line reports why it was refused. */
function prepareMutation(field: GraphQLField<unknown, RequestContext>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = async (source, args, context, info) => {
    context.resetLoaders();
    const result = await resolve(source, args, context, info);
    if (result instanceof Refusal) context.notes.outcome = result.code;
    return result;
  };
}

function objectFields(schema: GraphQLSchema): { name: string; field: GraphQLField<unknown, RequestContext> }[] {
  return Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));
}

/** Checks the field's rule before its resolver runs. Most need no check: a viewer who sees the object sees them. */
function guard(field: GraphQLField<unknown, RequestContext>, rule: FieldRule, isRoot: boolean): void {
  if (rule === 'everyone' || rule === 'with the object') return;
  const resolve = field.resolve ?? defaultFieldResolver;
  const mayBeNull = !isNonNullType(field.type);
  field.resolve = async (source, args, context, info) => {
    if (!context.viewer) throw unauthenticated();
    if (isRoot && !committerChecksAccount(field.name, context.self)) await context.assertExists();
    if (await isAllowed(rule, source, context)) return resolve(source, args, context, info);
    if (mayBeNull) return null;
    throw forbidden();
  };
}

/** Checks the field's rule when a subscription begins. `guard` checks it again for each event. */
function guardSubscribe(field: GraphQLField<unknown, RequestContext>, rule: FieldRule): void {
  const { subscribe } = field;
  field.subscribe = async (source, args, context, info) => {
    await context.assertSubscriberExists();
    if (!(await isAllowed(rule, source, context))) throw forbidden();
    return subscribe!(source, args, context, info);
  };
}

async function isAllowed(
  rule: FieldRule,
  source: unknown,
  { self, policy, loaders }: RequestContext,
): Promise<boolean> {
  switch (rule) {
    case 'everyone':
    case 'with the object':
    case 'signed in':
      return true;
    case 'students':
      return self.role === 'STUDENT';
    case 'teachers':
      return self.role !== 'STUDENT';
    case 'those who teach it': {
      if (source instanceof Course) return policy.teaches(source.record);
      if (!(source instanceof Assignment)) throw new Error('this rule applies to courses and assignments only');
      return policy.teaches(mustExist(await loaders.course.load(source.record.courseId.toHexString())));
    }
  }
}
