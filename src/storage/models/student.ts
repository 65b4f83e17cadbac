import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import type { AuraWindow } from '../aura-window.js';
import { inCollection, subdocument } from './model-options.js';

@modelOptions(subdocument)
export class StreakRecord {
  @prop({ type: () => Number, required: true }) days!: number;
  @prop({ type: () => Number, required: true }) longest!: number;
  @prop({ type: () => Number, required: true }) freezes!: number;
  @prop({ type: () => String, default: null }) lastActiveOn!: string | null;
}

/** The minutes that count towards the daily cap on paid focus. */
@modelOptions(subdocument)
export class FocusDayRecord {
  @prop({ type: () => String, default: null }) date!: string | null;
  @prop({ type: () => Number, required: true }) paidMinutes!: number;
}

/** The points that the WEEK and MONTH leaderboards rank by: see aura-window.ts. */
@modelOptions(subdocument)
export class AuraWindowRecord implements AuraWindow {
  @prop({ type: () => Number, required: true }) asOfDay!: number;
  @prop({ type: () => [Number], required: true }) days!: readonly number[];
  @prop({ type: () => Number, required: true }) week!: number;
  @prop({ type: () => Number, required: true }) month!: number;
  @prop({ type: () => Number, required: true }) untilDay!: number;
}

@modelOptions(subdocument)
export class UnlockedBadgeRecord {
  @prop({ type: () => String, required: true }) badgeId!: string;
  @prop({ type: () => Date, required: true }) unlockedAt!: Date;
  @prop({ type: () => Types.ObjectId, required: true }) rewardId!: Types.ObjectId;
}

/** When a device last joined the running session, and which. */
@modelOptions(subdocument)
export class JoinRecord {
  @prop({ type: () => Date, required: true }) at!: Date;
  @prop({ type: () => String, default: null }) device!: string | null;
}

@modelOptions(subdocument)
export class RunningPomodoroRecord {
  @prop({ type: () => Types.ObjectId, required: true }) id!: Types.ObjectId;
  @prop({ type: () => Date, required: true }) startedAt!: Date;
  @prop({ type: () => Number, required: true }) plannedMinutes!: number;
  @prop({ type: () => String, default: null }) device!: string | null;
  @prop({ type: () => Types.ObjectId, default: null }) assignmentId!: Types.ObjectId | null;
  /** Absent if no device has joined it. */
  @prop({ type: () => JoinRecord }) lastJoin?: JoinRecord;
}

/** Other dates of an assignment for one student. */
@modelOptions(subdocument)
export class ExtensionRecord {
  @prop({ type: () => Types.ObjectId, required: true }) assignmentId!: Types.ObjectId;
  @prop({ type: () => Date, required: true }) dueDate!: Date;
  /** null: submissions are always accepted. */
  @prop({ type: () => Date, default: null }) closesAt!: Date | null;
  @prop({ type: () => String, required: true }) note!: string;
}

/** An assignment that the student may submit again, or has submitted again, because a submission was discarded. */
@modelOptions(subdocument)
export class ResubmissionRecord {
  @prop({ type: () => Types.ObjectId, required: true }) assignmentId!: Types.ObjectId;
  /** The submission that the counting one replaces; if none counts, the one that the next will replace. */
  @prop({ type: () => Types.ObjectId, required: true }) replaces!: Types.ObjectId;
}

/**
 * A student: its profile, its courses, and its progress, which can be re-derived from its ledger.
 * It has the _id of its account. Only the committer updates it, and increments `revision` with every update.
 *
 * An index here is dear, even if a grant does not change it: for each update in a transaction and each index, MongoDB 6
 * parses the description of all indexes of the collection twice. So the cost of a grant grows with the square of their
 * number.
 */
@modelOptions(inCollection('students'))
@index({ courseIds: 1, _id: 1 })
@index({ courseIds: 1, auraPoints: -1, _id: 1 })
@index({ courseIds: 1, 'auraWindow.week': -1, _id: 1 })
@index({ courseIds: 1, 'auraWindow.month': -1, _id: 1 })
@index({ courseIds: 1, 'auraWindow.untilDay': 1 })
export class StudentRecord {
  @prop({ type: () => Types.ObjectId, required: true }) _id!: Types.ObjectId;
  @prop({ type: () => Number, required: true }) revision!: number;
  /** The sequence of the student's last ledger row; 0 if there is none. */
  @prop({ type: () => Number, required: true }) sequence!: number;
  @prop({ type: () => String, required: true }) displayName!: string;
  @prop({ type: () => String, required: true }) timeZone!: string;
  /** The zone in which the last active day began; null before the first. A new zone does not start another day. */
  @prop({ type: () => String, default: null }) dayZone!: string | null;
  @prop({ type: () => Boolean, required: true }) showOnLeaderboard!: boolean;
  @prop({ type: () => [Types.ObjectId], required: true }) courseIds!: Types.ObjectId[];
  @prop({ type: () => Date, required: true }) createdAt!: Date;

  @prop({ type: () => Number, required: true }) level!: number;
  @prop({ type: () => Number, required: true }) xp!: number;
  @prop({ type: () => Number, required: true }) lifetimeXp!: number;
  @prop({ type: () => Number, required: true }) auraPoints!: number;
  @prop({ type: () => Number, required: true }) submissionCount!: number;
  @prop({ type: () => Number, required: true }) pomodoroCount!: number;
  @prop({ type: () => Number, required: true }) totalPomodoroSeconds!: number;
  @prop({ type: () => AuraWindowRecord, required: true }) auraWindow!: AuraWindowRecord;
  @prop({ type: () => StreakRecord, required: true }) streak!: StreakRecord;
  @prop({ type: () => FocusDayRecord, required: true }) focusToday!: FocusDayRecord;
  @prop({ type: () => [UnlockedBadgeRecord], required: true }) badges!: UnlockedBadgeRecord[];
  @prop({ type: () => RunningPomodoroRecord, default: null }) runningPomodoro!: RunningPomodoroRecord | null;
  /** At most one for each assignment. Absent if the student never had one. */
  @prop({ type: () => [ExtensionRecord], default: undefined }) extensions?: ExtensionRecord[];
  /** At most one for each assignment. Absent if no submission was ever discarded. */
  @prop({ type: () => [ResubmissionRecord], default: undefined }) resubmissions?: ResubmissionRecord[];
}

export const StudentModel = getModelForClass(StudentRecord);
