/**
 * A server that pays by one of the common patterns. It has the product's schema and tokens and the same Fastify and
 * Apollo, but not the product's limits and log. Usage: pattern-server.ts URI PATTERN. It sends its address to its
 * parent when it is ready.
 */
import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify from 'fastify';
import { createTokens, type Identity } from '../../src/auth/tokens.js';
import { badgeOf, xpForNextLevel } from '../../src/rewards/index.js';
import { connect } from '../../src/storage/connect.js';
import { type PatternName, patterns } from '../patterns/index.js';
import type { SubmitResult } from '../patterns/pattern.js';
import { JWT_SECRET } from '../product.js';

interface Context {
  readonly identity: Identity | null;
}

const [uri, name] = process.argv.slice(2);
const pattern = patterns[name as PatternName];
await connect(uri!);
await pattern.prepare();

const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });
const apollo = new ApolloServer<Context>({
  typeDefs: readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'),
  resolvers: { Mutation: { submitAssignment } },
  persistedQueries: false,
  includeStacktraceInErrorResponses: false,
});
await apollo.start();
const app = Fastify({ logger: false });
app.post(
  '/graphql',
  fastifyApolloHandler(apollo, {
    context: async ({ headers }) => ({
      identity: await tokens.verifyAccess((headers.authorization ?? '').replace('Bearer ', '')),
    }),
  }),
);
process.send!(await app.listen({ port: 0, host: '127.0.0.1' }));
// The parent has ended, even if it was killed.
process.once('disconnect', () => process.exit());

async function submitAssignment(
  _parent: unknown,
  { input }: { input: { assignmentId: string; content: string } },
  { identity }: Context,
) {
  if (!identity) throw new Error('not signed in');
  const { assignmentId, content } = input;
  return payload(await pattern.submit({ studentId: identity.accountId, assignmentId, content, at: new Date() }));
}

function payload({ student, reward, submissionId, submittedAt, replayed }: SubmitResult) {
  return {
    __typename: 'SubmitAssignmentPayload',
    replayed,
    level: student.level,
    leveledUp: reward.leveledUp,
    reward: { ...reward, sequence: student.submissionCount, reason: 'ASSIGNMENT_SUBMITTED', grantedAt: submittedAt },
    newBadges: reward.newBadges.map(badgeOf),
    badges: student.badges.map(({ badgeId, unlockedAt }) => ({ badge: badgeOf(badgeId), unlockedAt })),
    student: { ...student, xpForNextLevel: xpForNextLevel(student.level) },
    submission: { id: submissionId, submittedAt, late: false },
  };
}
