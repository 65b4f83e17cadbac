import mongoose, { type mongo } from 'mongoose';

/** One stored value that is not what the ledger says, or a document without what it belongs to. */
export interface Drift {
  /** Whose books; null: it concerns the whole database. */
  readonly studentId: string | null;
  /**
   * Of the student itself as "streak.freezes" or "badges[2].rewardId"; of another document as "rewards[7].before.xp",
   * "submissions[<id>].late" or "pomodoro_sessions[<id>].status". A row of the ledger is named by the sequence that it
   * has or ought to have, entries of an array count from 0.
   */
  readonly field: string;
  /** Absent where nothing is stored. */
  readonly stored?: unknown;
  /** Absent where nothing should be. */
  readonly derived?: unknown;
}

/** Collects the drifts of one student, the first one of each field. */
export class Findings {
  readonly #byField = new Map<string, Drift>();

  constructor(readonly studentId: string) {}

  get drifts(): Drift[] {
    return [...this.#byField.values()];
  }

  add(field: string, stored: unknown, derived: unknown): void {
    if (this.#byField.has(field)) return;
    const is = stored !== undefined && { stored };
    const shouldBe = derived !== undefined && { derived };
    this.#byField.set(field, { studentId: this.studentId, field, ...is, ...shouldBe });
  }

  /** Adds each field in which the stored value is another than the derived one; what only one of them has included. */
  compare(field: string, stored: unknown, derived: unknown): void {
    if (Object.is(stored, derived)) return;
    if (Array.isArray(stored) && Array.isArray(derived)) {
      const length = Math.max(stored.length, derived.length);
      for (let index = 0; index < length; index++) this.compare(`${field}[${index}]`, stored[index], derived[index]);
    } else if (isDocument(stored) && isDocument(derived)) {
      for (const key in derived) this.compare(`${field}.${key}`, stored[key], derived[key]);
      for (const key in stored) if (!(key in derived)) this.add(`${field}.${key}`, stored[key], undefined);
    } else if (!isSameValue(stored, derived)) this.add(field, stored, derived);
  }

  /** Two copies of one value, neither of which can be told to be the right one: both are named where they differ. */
  compareCopies(field: string, stored: unknown, otherField: string, other: unknown): void {
    if (isSameValue(stored, other)) return;
    this.add(field, stored, other);
    this.add(otherField, other, stored);
  }
}

export function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isSameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (one instanceof Date) return other instanceof Date && one.getTime() === other.getTime();
  return isObjectId(one) && isObjectId(other) && one.equals(other);
}

export function isObjectId(value: unknown): value is mongo.ObjectId {
  return value instanceof mongoose.mongo.ObjectId;
}
