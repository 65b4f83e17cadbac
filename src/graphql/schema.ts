import 'reflect-metadata';
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { buildSchema } from 'type-graphql';
import { type FieldRule, fieldRules, type Viewer } from '../auth/policy.js';
import { AccountResolver, UserResolver } from './account/account.resolver.js';
import { Admin, Teacher } from './account/user.type.js';
import { AssignmentResolver } from './assignment/assignment.resolver.js';
import { Assignment } from './assignment/assignment.type.js';
import { BadgeResolver } from './badge/badge.resolver.js';
import { PageArgs } from './connection.js';
import type { RequestContext } from './context.js';
import { CourseResolver } from './course/course.resolver.js';
import { Course } from './course/course.type.js';
import { forbidden, unauthenticated } from './errors.js';
import { LeaderboardResolver } from './leaderboard/leaderboard.resolver.js';
import { checkInput } from './limits.js';
import { PomodoroResolver } from './pomodoro/pomodoro.resolver.js';
import { present } from './present.js';
import { RewardResolver } from './reward/reward.resolver.js';
import { StudentResolver } from './student/student.resolver.js';
import { SubmissionResolver, SubmitAssignmentPayloadResolver } from './submission/submission.resolver.js';

/**
 * The schema of the API, every field of it under its rule.
 * @throws Error naming the fields without a rule, and the rules without a field
 */
export async function createSchema(): Promise<GraphQLSchema> {
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
      BadgeResolver,
    ],
    orphanedTypes: [Teacher, Admin],
    // type-graphql demands one, although every subscription has its own source.
    pubSub: {
      publish: unused,
      subscribe: unused,
    },
    // Every input object is the argument "input"; those of a connection stand for themselves.
    validateFn: async (value) => {
      if (typeof value === 'object' && value !== null)
        await checkInput(value, value instanceof PageArgs ? '' : 'input.');
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
    if (name.startsWith('Mutation.')) readAfresh(field);
    guard(field, fieldRules[name]!, /^(?:Query|Mutation)\./.test(name));
    if (field.subscribe) guardSubscribe(field, fieldRules[name]!);
  }
}

/** The committer reads the student anyway: a grant sends no further command to find out that there is none. */
const isLeftToCommitter = (mutation: string, { role }: Viewer): boolean =>
  role === 'STUDENT' && ['submitAssignment', 'startPomodoro', 'endPomodoro'].includes(mutation);

function readAfresh(field: GraphQLField<unknown, RequestContext>): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (source, args, context, info) => {
    context.readAfresh();
    return resolve(source, args, context, info);
  };
}

function objectFields(schema: GraphQLSchema): { name: string; field: GraphQLField<unknown, RequestContext> }[] {
  return Object.values(schema.getTypeMap())
    .filter((type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })));
}

/** Puts the check before the resolver, where there is anything to check: most fields go with their object. */
function guard(field: GraphQLField<unknown, RequestContext>, rule: FieldRule, isRoot: boolean): void {
  if (rule === 'everyone' || rule === 'with the object') return;
  const resolve = field.resolve ?? defaultFieldResolver;
  const mayBeNull = !isNonNullType(field.type);
  field.resolve = async (source, args, context, info) => {
    if (!context.viewer) throw unauthenticated();
    if (isRoot && !isLeftToCommitter(field.name, context.self)) await context.assertExists();
    if (await isAllowed(rule, source, context)) return resolve(source, args, context, info);
    if (mayBeNull) return null;
    throw forbidden();
  };
}

/** A subscription begins under its field's rule as well, and each of its events is resolved under it again. */
function guardSubscribe(field: GraphQLField<unknown, RequestContext>, rule: FieldRule): void {
  const { subscribe } = field;
  field.subscribe = async (source, args, context, info) => {
    await context.assertExists();
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
      if (!(source instanceof Assignment)) throw new Error('this rule is for courses and assignments');
      return policy.teaches(present(await loaders.course.load(source.record.courseId.toHexString())));
    }
  }
}
