import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { PomodoroSessionRecord } from '../../storage/models/pomodoro-session.js';
import type { RunningPomodoroRecord, StudentRecord } from '../../storage/models/student.js';
import { resultOf } from '../refusal.type.js';
import { type Grant, RewardGrant } from '../reward/grant.type.js';
import { DateTime } from '../scalars.js';
import { Student } from '../student/student.type.js';

export const PomodoroStatusEnum = {
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  ABANDONED: 'ABANDONED',
  EXPIRED: 'EXPIRED',
} as const;
registerEnumType(PomodoroStatusEnum, { name: 'PomodoroStatus' });

/** A view of a session, running or ended. */
@ObjectType()
export class PomodoroSession {
  constructor(readonly record: PomodoroSessionRecord | RunningPomodoroRecord) {}

  private get ended(): PomodoroSessionRecord | null {
    return 'status' in this.record ? this.record : null;
  }

  @Field(() => ID)
  get id(): string {
    return ('status' in this.record ? this.record._id : this.record.id).toHexString();
  }
  @Field(() => PomodoroStatusEnum)
  get status(): keyof typeof PomodoroStatusEnum {
    return this.ended?.status ?? 'RUNNING';
  }
  @Field(() => DateTime)
  get startedAt(): Date {
    return this.record.startedAt;
  }
  @Field(() => Int)
  get plannedMinutes(): number {
    return this.record.plannedMinutes;
  }
  @Field(() => DateTime, { description: 'startedAt + plannedMinutes. A timer counts down to this moment.' })
  get endsAt(): Date {
    return new Date(this.record.startedAt.getTime() + this.record.plannedMinutes * 60_000);
  }
  @Field(() => DateTime, { nullable: true })
  get endedAt(): Date | null {
    return this.ended?.endedAt ?? null;
  }
  @Field(() => Int, { nullable: true })
  get focusedSeconds(): number | null {
    return this.ended?.focusedSeconds ?? null;
  }
  @Field(() => String, { nullable: true })
  get device(): string | null {
    return this.record.device;
  }
  get rewardId(): string | null {
    return this.ended?.rewardId?.toHexString() ?? null;
  }
}

@ObjectType()
export class StartPomodoroPayload {
  @Field(() => PomodoroSession)
  readonly session: PomodoroSession;
  @Field(() => Boolean, { description: 'True if a session was already running; then session is that one.' })
  readonly joined: boolean;
  @Field(() => Student)
  readonly student: Student;

  constructor(started: { session: RunningPomodoroRecord; joined: boolean; student: StudentRecord }) {
    this.session = new PomodoroSession(started.session);
    this.joined = started.joined;
    this.student = new Student(started.student);
  }
}
export const StartPomodoroResult = resultOf('StartPomodoroResult', StartPomodoroPayload);

@ObjectType({ implements: RewardGrant, description: 'reward is null if the session is ABANDONED or EXPIRED.' })
export class EndPomodoroPayload extends RewardGrant {
  @Field(() => PomodoroSession)
  readonly session: PomodoroSession;

  constructor(ended: Grant & { session: PomodoroSessionRecord }) {
    super(ended);
    this.session = new PomodoroSession(ended.session);
  }
}
export const EndPomodoroResult = resultOf('EndPomodoroResult', EndPomodoroPayload);
