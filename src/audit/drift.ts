import mongoose, { type mongo } from 'mongoose';

/** A stored value that differs from the value derived from the ledger, or a document without an owner. */
export interface Drift {
  /** null: the drift concerns the whole database. */
  readonly studentId: string | null;
  /**
   * The path of the value. In the student document: "streak.freezes", "badges[2].rewardId". In other documents:
   * "rewards[7].before.xp", "submissions[<id>].late", "pomodoro_sessions[<id>].status". A ledger row is identified by
   * the sequence that it has or should have; array indexes start at 0.
   */
  readonly field: string;
  /** Absent if nothing is stored. */
  readonly stored?: unknown;
  /** Absent if nothing should be stored. */
  readonly derived?: unknown;
}

/** Collects the drifts of one student, or of the whole database (null): for each field, only the first. */
export class Findings {
  readonly #byField = new Map<string, Drift>();

  constructor(readonly studentId: string | null) {}

  get drifts(): Drift[] {
    return [...this.#byField.values()];
  }

  add(field: string, stored: unknown, derived: unknown): void {
    if (this.#byField.has(field)) return;
    this.#byField.set(field, {
      studentId: this.studentId,
      field,
      ...(stored !== undefined && { stored }),
      ...(derived !== undefined && { derived }),
    });
  }

  /** Adds each field in which the two values differ, including fields that only one of them has. */
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

  /** Compares two stored copies of one value. If they differ, both are added, because either may be wrong. */
  compareCopies(field: string, stored: unknown, otherField: string, other: unknown): void {
    if (isSameValue(stored, other)) return;
    this.add(field, stored, other);
    this.add(otherField, other, stored);
  }
}

export function isDocument(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function isSameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (one instanceof Date) return other instanceof Date && one.getTime() === other.getTime();
  return isObjectId(one) && isObjectId(other) && one.equals(other);
}

export function isObjectId(value: unknown): value is mongo.ObjectId {
  return value instanceof mongoose.mongo.ObjectId;
}
