import type { ClientSession } from 'mongoose';
import { insertAll } from './grant-commands.js';
import type { ActLookup } from './grant-reads.js';
import { insertIfAbsent } from './insert-if-absent.js';
import { ManualActModel, type ManualActRecord } from './models/manual-act.js';

/** Returns what was done by hand under a key; null if nothing was. */
export async function findManualAct({ actorId, operation, requestKey }: ActLookup): Promise<ManualActRecord | null> {
  return ManualActModel.findOne({ actorId, operation, requestKey }).lean<ManualActRecord>();
}

/** Inserts acts, in one command. */
export async function appendManualActs(acts: readonly ManualActRecord[], session: ClientSession): Promise<void> {
  await insertAll(ManualActModel, acts, session);
}

/** Inserts an act that its bonuses will refer to, if its key is free. Its bonuses are transactions of their own. */
export async function announceManualAct(act: ManualActRecord): Promise<void> {
  await insertIfAbsent(ManualActModel, [act]);
}
