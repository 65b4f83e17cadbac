import type { Types } from 'mongoose';
import type { RewardRecord, SubjectRecord } from '../storage/models/reward.js';
import type { Findings } from './drift.js';
import { pathOfRow } from './student-snapshot.js';

export interface Row {
  readonly row: RewardRecord;
  readonly path: string;
}

/** The ledger rows of one kind of action that no submission or session has claimed yet. Each can be claimed once. */
export class UnclaimedRewards {
  readonly #byId = new Map<string, Row>();
  readonly #bySubject = new Map<string, Row>();

  constructor(rewards: readonly RewardRecord[], kind: RewardRecord['action']['kind']) {
    for (const [position, row] of rewards.entries()) {
      if (row.action.kind !== kind) continue;
      const entry = { row, path: pathOfRow(position) };
      this.#byId.set(row._id.toHexString(), entry);
      this.#bySubject.set(keyOf(row.subject), entry);
    }
  }

  /** Claims the row with this reward id, or else the row for this subject, because either reference may be wrong. */
  take(rewardId: Types.ObjectId | null, subject: SubjectRecord): Row | undefined {
    const found = this.#byId.get(rewardId?.toHexString() ?? '') ?? this.#bySubject.get(keyOf(subject));
    if (!found || !this.#byId.delete(found.row._id.toHexString())) return undefined;
    return found;
  }

  /** Adds a drift for each row that nothing has claimed. */
  addRest(findings: Findings): void {
    for (const { row, path } of this.#byId.values()) findings.add(`${path}.subject`, row.subject, undefined);
  }
}

const keyOf = ({ kind, id }: SubjectRecord): string => `${kind} ${id}`;
