/** Query plans of the commands that the driver sends. Needs useDatabase(). */
import mongoose from 'mongoose';
import { waitsForChanges } from './commands.js';

type Document = mongoose.mongo.Document;
export type Command = Document & { readonly [name: string]: unknown };

/** Commands that search for documents, to read or to change them. */
const SEARCHING = ['find', 'aggregate', 'count', 'distinct', 'findAndModify', 'update', 'delete'];

/** @returns the commands that search for documents in this database while `act` runs, as the driver sends them */
export async function readsOf(database: string, act: () => Promise<unknown>): Promise<Command[]> {
  const sent: Command[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    if (command.$db !== database || waitsForChanges(command)) return;
    if (SEARCHING.includes(commandName)) sent.push(command as Command);
  };
  const client = mongoose.connection.getClient();
  client.on('commandStarted', note);
  try {
    await act();
  } finally {
    client.off('commandStarted', note);
  }
  return sent;
}

export const THROUGH_AN_INDEX = { collectionScan: false, blockingSort: false, examinedMoreThanTwice: false };

/** Explains a command: how the database would run it now. Nothing is changed. */
export async function planOf(command: Command): Promise<typeof THROUGH_AN_INDEX> {
  const plain = withoutSession(command);
  const explained = await mongoose.connection.db!.command({ explain: plain, verbosity: 'executionStats' });
  const stages = stagesOf(explained);
  return {
    collectionScan:
      stages.includes('COLLSCAN') || lookupsOf(explained).some((lookup) => Number(lookup.collectionScans) > 0),
    blockingSort: stages.includes('SORT') || stages.includes('$sort'),
    examinedMoreThanTwice: examinedBy(explained) > 2 * Math.max(await returnedBy(plain), 1),
  };
}

/** The command without its session. Of several updates it keeps the first, since explain takes only one. */
function withoutSession(command: Command): Document {
  const { lsid: _, $db: __, $clusterTime: ___, txnNumber: ____, autocommit, startTransaction, ...plain } = command;
  const isPart = autocommit !== undefined || startTransaction !== undefined;
  const { writeConcern: _____, readConcern, ...bare } = plain;
  return {
    ...bare,
    // The database cannot explain a command with a snapshot read concern.
    ...(readConcern !== undefined && !isPart && readConcern.level !== 'snapshot' && { readConcern }),
    ...(Array.isArray(bare.updates) && { updates: bare.updates.slice(0, 1) }),
  };
}

/** The number of documents that a command returns, including those of pages inside parents. An update counts as one. */
async function returnedBy(command: Document): Promise<number> {
  if (!('find' in command || 'aggregate' in command)) return 1;
  const { cursor } = await mongoose.connection.db!.command(command);
  const documents: { rows?: unknown[] }[] = cursor.firstBatch;
  return documents.reduce((sum, { rows }) => sum + (rows ? rows.length : 1), 0);
}

/** The stages of the winning plan. It skips the inside of a $lookup, which reports its own counters. */
function stagesOf(explained: unknown): string[] {
  if (Array.isArray(explained)) return explained.flatMap(stagesOf);
  if (typeof explained !== 'object' || explained === null) return [];
  return Object.entries(explained).flatMap(([key, value]) => {
    if (key === 'rejectedPlans' || key === 'command' || key === '$lookup') return [];
    if (key === 'stage' && typeof value === 'string') return [value];
    return [...(key.startsWith('$') ? [key] : []), ...stagesOf(value)];
  });
}

/** The stages of an explained pipeline, or the explained command itself if it has no list of stages. */
const partsOf = (explained: Document): Document[] => explained.stages ?? [explained];

const lookupsOf = (explained: Document) => partsOf(explained).filter((part) => '$lookup' in part);

function examinedBy(explained: Document): number {
  return partsOf(explained).reduce((sum, part) => {
    const stats = part.executionStats ?? part.$cursor?.executionStats ?? part;
    return sum + Number(stats.totalDocsExamined ?? 0);
  }, 0);
}
