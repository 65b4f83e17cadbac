import { Field, ID, Int, ObjectType } from 'type-graphql';
import { xpForNextLevel } from '../../rewards/index.js';
import type { Role } from '../../storage/models/account.js';
import type { StudentRecord } from '../../storage/models/student.js';
import { RoleEnum, User } from '../account/user.type.js';
import { connectionTypes } from '../connection.js';
import { LocalDate } from '../scalars.js';

@ObjectType()
export class Streak {
  @Field(() => Int)
  readonly days!: number;
  @Field(() => Int)
  readonly longest!: number;
  @Field(() => Int)
  readonly freezes!: number;
  @Field(() => LocalDate, { nullable: true })
  readonly lastActiveOn!: string | null;
}

@ObjectType()
export class DailyProgress {
  @Field(() => LocalDate)
  readonly date!: string;
  @Field(() => Int)
  readonly xp!: number;
  @Field(() => Int)
  readonly auraPoints!: number;
  @Field(() => Int)
  readonly focusedSeconds!: number;
  @Field(() => Int)
  readonly submissions!: number;
}

/** A view of a stored student. Clients see only the fields that this class and StudentResolver declare. */
@ObjectType({ implements: User })
export class Student extends User {
  constructor(readonly record: StudentRecord) {
    super();
  }
  @Field(() => ID)
  override get id(): string {
    return this.record._id.toHexString();
  }
  @Field(() => String)
  override get displayName(): string {
    return this.record.displayName;
  }
  @Field(() => RoleEnum)
  override get role(): Role {
    return 'STUDENT';
  }
  @Field(() => String)
  get timeZone(): string {
    return this.record.timeZone;
  }
  @Field(() => Boolean)
  get showOnLeaderboard(): boolean {
    return this.record.showOnLeaderboard;
  }
  @Field(() => Int)
  get level(): number {
    return this.record.level;
  }
  @Field(() => Int)
  get xp(): number {
    return this.record.xp;
  }
  @Field(() => Int)
  get xpForNextLevel(): number {
    return xpForNextLevel(this.record.level);
  }
  @Field(() => Int)
  get lifetimeXp(): number {
    return this.record.lifetimeXp;
  }
  @Field(() => Int)
  get auraPoints(): number {
    return this.record.auraPoints;
  }
  @Field(() => Int)
  get submissionCount(): number {
    return this.record.submissionCount;
  }
  @Field(() => Int)
  get pomodoroCount(): number {
    return this.record.pomodoroCount;
  }
  @Field(() => Int)
  get totalPomodoroSeconds(): number {
    return this.record.totalPomodoroSeconds;
  }
}

export const StudentConnection = connectionTypes('Student', () => Student);
