import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import { endPomodoro } from '../../actions/end-pomodoro.js';
import { startPomodoro } from '../../actions/start-pomodoro.js';
import { Assignment } from '../assignment/assignment.type.js';
import type { RequestContext } from '../context.js';
import { type Subscribing, whileSeen } from '../live-events.js';

import { mustExist } from '../must-exist.js';
import { Refusal } from '../refusal.type.js';
import { Reward } from '../reward/reward.type.js';
import { EndPomodoroInput, StartPomodoroInput } from './pomodoro.input.js';
import {
  EndPomodoroPayload,
  EndPomodoroResult,
  PomodoroSession,
  StartPomodoroPayload,
  StartPomodoroResult,
} from './pomodoro.type.js';

@Resolver(() => PomodoroSession)
export class PomodoroResolver {
  @Subscription(() => PomodoroSession, {
    description:
      'My focus session whenever it starts, is joined, ends, is abandoned or expires, from whichever device.',
    subscribe: ({ context }: Subscribing) => {
      const { self, services } = context;
      return whileSeen(context, services.feed.pomodorosOf(self.accountId), async () => true);
    },
  })
  pomodoroChanged(@Root() record: PomodoroSession['record']): PomodoroSession {
    return new PomodoroSession(record);
  }

  @Mutation(() => StartPomodoroResult)
  async startPomodoro(
    @Arg('input', () => StartPomodoroInput) { plannedMinutes, device, assignmentId }: StartPomodoroInput,
    @Ctx() { services, self, facts }: RequestContext,
  ): Promise<StartPomodoroPayload | Refusal> {
    const outcome = await startPomodoro(services.committer, {
      studentId: self.accountId,
      plannedMinutes,
      device: device || null,
      assignmentId: assignmentId ?? null,
      facts,
    });
    return outcome.kind === 'refused' ? new Refusal(outcome) : new StartPomodoroPayload(outcome);
  }

  @Mutation(() => EndPomodoroResult)
  async endPomodoro(
    @Arg('input', () => EndPomodoroInput) { sessionId, idempotencyKey }: EndPomodoroInput,
    @Ctx() context: RequestContext,
  ): Promise<EndPomodoroPayload | Refusal> {
    const { services, self, facts } = context;
    const outcome = await endPomodoro(services.committer, {
      studentId: self.accountId,
      sessionId,
      idempotencyKey: idempotencyKey ?? null,
      facts,
    });
    if (outcome.kind === 'refused') return new Refusal(outcome);
    // session.reward then needs no read.
    if (outcome.reward) context.primeRewards([outcome.reward]);
    return new EndPomodoroPayload(outcome);
  }

  @FieldResolver(() => Assignment, {
    nullable: true,
    description: 'The assignment that the student works on, if the student named one.',
  })
  async assignment(
    @Root() { record }: PomodoroSession,
    @Ctx() { loaders, policy }: RequestContext,
  ): Promise<Assignment | null> {
    const assignment = record.assignmentId && (await loaders.assignment.load(record.assignmentId.toHexString()));
    return assignment && (await policy.canSeeAssignment(assignment)) ? new Assignment(assignment) : null;
  }

  @FieldResolver(() => Reward, { nullable: true })
  async reward(@Root() { rewardId }: PomodoroSession, @Ctx() { loaders }: RequestContext): Promise<Reward | null> {
    return rewardId === null ? null : new Reward(mustExist(await loaders.reward.load(rewardId)));
  }
}
