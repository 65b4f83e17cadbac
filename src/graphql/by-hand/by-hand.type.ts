import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { BonusEntry } from '../../actions/grant-bonuses.js';
import { extensionOf } from '../../granting/assignment-for-student.js';
import type { ActDone } from '../../granting/manual-acts.js';
import { badgeOf } from '../../rewards/index.js';
import type { RewardRecord } from '../../storage/models/reward.js';
import { Extension } from '../assignment/extension.type.js';
import { Badge } from '../badge/badge.type.js';
import { Refusal, resultOf } from '../refusal.type.js';
import { RewardGrant } from '../reward/grant.type.js';
import { Reward } from '../reward/reward.type.js';

@InterfaceType({ description: 'What an act by hand can take away.' })
export abstract class Correction {
  @Field(() => Boolean, { description: 'True if the act lowered the level.' })
  abstract readonly leveledDown: boolean;
  @Field(() => [Badge], { description: 'The badges that the student no longer holds because of the act.' })
  abstract readonly lostBadges: Badge[];
}

/** What an act by hand did to one student, over all rows that it wrote. */
abstract class ManualGrant extends RewardGrant {
  protected readonly rows: readonly RewardRecord[];

  constructor(act: ActDone) {
    super({ ...act, reward: act.rewards.at(-1) ?? null });
    this.rows = act.rewards;
  }

  override get leveledUp(): boolean {
    return this.levels > 0;
  }
  get leveledDown(): boolean {
    return this.levels < 0;
  }
  override get newBadges(): Badge[] {
    return [...this.badgeChanges.gained].map(badgeOf);
  }
  get lostBadges(): Badge[] {
    return [...this.badgeChanges.lost].map(badgeOf);
  }

  private get levels(): number {
    const [first] = this.rows;
    return first ? this.rows.at(-1)!.after.level - first.before.level : 0;
  }

  private get badgeChanges(): { gained: Set<string>; lost: Set<string> } {
    const gained = new Set<string>();
    const lost = new Set<string>();
    for (const { badges, lostBadges = [] } of this.rows) {
      for (const badge of badges) if (!lost.delete(badge)) gained.add(badge);
      for (const badge of lostBadges) if (!gained.delete(badge)) lost.add(badge);
    }
    return { gained, lost };
  }
}

@ObjectType({ implements: [RewardGrant, Correction] })
export class GrantBonusPayload extends ManualGrant {
  @Field(() => Reward)
  override get reward(): Reward {
    return super.reward!;
  }
}
export const GrantBonusResult = resultOf('GrantBonusResult', GrantBonusPayload);

@ObjectType()
export class GrantBonusesEntry {
  @Field(() => ID)
  readonly studentId: string;
  @Field(() => GrantBonusResult)
  readonly result: GrantBonusPayload | Refusal;

  constructor({ studentId, outcome }: BonusEntry) {
    this.studentId = studentId;
    this.result = outcome.kind === 'refused' ? new Refusal(outcome) : new GrantBonusPayload(outcome);
  }
}

@ObjectType({ description: 'paid, replayed and refused count the entries.' })
export class GrantBonusesPayload {
  @Field(() => [GrantBonusesEntry], { description: 'One for each student, in the order in which they were named.' })
  readonly entries: GrantBonusesEntry[];
  @Field(() => Int)
  readonly paid: number;
  @Field(() => Int)
  readonly replayed: number;
  @Field(() => Int)
  readonly refused: number;

  constructor(entries: readonly BonusEntry[]) {
    const outcomes = entries.map(({ outcome }) => outcome);
    this.entries = entries.map((entry) => new GrantBonusesEntry(entry));
    this.paid = outcomes.filter((outcome) => outcome.kind === 'done' && !outcome.replayed).length;
    this.replayed = outcomes.filter((outcome) => outcome.kind === 'done' && outcome.replayed).length;
    this.refused = outcomes.filter(({ kind }) => kind === 'refused').length;
  }
}
export const GrantBonusesResult = resultOf('GrantBonusesResult', GrantBonusesPayload);

@ObjectType({ implements: [RewardGrant, Correction] })
export class GradeSubmissionPayload extends ManualGrant {
  constructor(
    act: ActDone,
    readonly submissionId: string,
  ) {
    super(act);
  }
  @Field(() => Reward)
  override get reward(): Reward {
    return super.reward!;
  }
}
export const GradeSubmissionResult = resultOf('GradeSubmissionResult', GradeSubmissionPayload);

@ObjectType({ implements: [RewardGrant, Correction], description: 'reward is the correcting row.' })
export class CorrectRewardPayload extends ManualGrant {
  @Field(() => Reward)
  override get reward(): Reward {
    return super.reward!;
  }
}
export const CorrectRewardResult = resultOf('CorrectRewardResult', CorrectRewardPayload);

@ObjectType({
  implements: [RewardGrant, Correction],
  description: 'rewards: every row that the request wrote; reward is the last of them.',
})
export class DiscardSubmissionPayload extends ManualGrant {
  constructor(
    act: ActDone,
    readonly submissionId: string,
  ) {
    super(act);
  }
  @Field(() => Reward)
  override get reward(): Reward {
    return super.reward!;
  }
  @Field(() => [Reward])
  get rewards(): Reward[] {
    return this.rows.map((row) => new Reward(row));
  }
}
export const DiscardSubmissionResult = resultOf('DiscardSubmissionResult', DiscardSubmissionPayload);

@ObjectType({
  implements: [RewardGrant, Correction],
  description:
    'reward is the correcting row; null if the student has handed in nothing, or nothing is worth more with the new dates.',
})
export class ExtendDeadlinePayload extends ManualGrant {
  constructor(
    act: ActDone,
    readonly assignmentId: string,
  ) {
    super(act);
    const { student } = act;
    const extension = extensionOf(student, assignmentId);
    this.extension = extension ? new Extension(student, extension) : null;
  }
  @Field(() => Extension, { nullable: true, description: 'The extension of the student now; null if there is none.' })
  readonly extension: Extension | null;
}
export const ExtendDeadlineResult = resultOf('ExtendDeadlineResult', ExtendDeadlinePayload);
