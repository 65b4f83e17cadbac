/** What the database makes of the commands that it is sent. Needs useDatabase(). */
import mongoose from 'mongoose';

type Document = mongoose.mongo.Document;
export type Command = Document & { readonly [name: string]: unknown };

/** Commands that look something up, be it to read or to change it. */
const LOOKING = ['find', 'aggregate', 'count', 'distinct', 'findAndModify', 'update', 'delete'];

/** The commands that look something up in this database meanwhile, as the driver sends them. */
export async function readsOf(database: string, act: () => Promise<unknown>): Promise<Command[]> {
  const sent: Command[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    if (command.$db === database && LOOKING.includes(commandName)) sent.push(command as Command);
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

/** How the database would run a command now; nothing is changed. */
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

/** The command by itself; of several updates, which cannot be explained together, the first. */
function withoutSession(command: Command): Document {
  const { lsid: _, $db: __, $clusterTime: ___, txnNumber: ____, autocommit, startTransaction, ...plain } = command;
  const isPart = autocommit !== undefined || startTransaction !== undefined;
  const { writeConcern: _____, readConcern, ...bare } = plain;
  return {
    ...bare,
    // A command cannot be explained as of a moment.
    ...(readConcern !== undefined && !isPart && readConcern.level !== 'snapshot' && { readConcern }),
    ...(Array.isArray(bare.updates) && { updates: bare.updates.slice(0, 1) }),
  };
}

/** Documents that a command really brings, those of a page inside a parent included; a change is of one. */
async function returnedBy(command: Document): Promise<number> {
  if (!('find' in command || 'aggregate' in command)) return 1;
  const { cursor } = await mongoose.connection.db!.command(command);
  const documents: { rows?: unknown[] }[] = cursor.firstBatch;
  return documents.reduce((sum, { rows }) => sum + (rows ? rows.length : 1), 0);
}

/** The stages of the winning plan; what a $lookup does inside is told by its own numbers instead. */
function stagesOf(explained: unknown): string[] {
  if (Array.isArray(explained)) return explained.flatMap(stagesOf);
  if (typeof explained !== 'object' || explained === null) return [];
  return Object.entries(explained).flatMap(([key, value]) => {
    if (key === 'rejectedPlans' || key === 'command' || key === '$lookup') return [];
    if (key === 'stage' && typeof value === 'string') return [value];
    return [...(key.startsWith('$') ? [key] : []), ...stagesOf(value)];
  });
}

/** The parts of an explained command: it is one itself, or has a list of them. */
const partsOf = (explained: Document): Document[] => explained.stages ?? [explained];

const lookupsOf = (explained: Document) => partsOf(explained).filter((part) => '$lookup' in part);

function examinedBy(explained: Document): number {
  return partsOf(explained).reduce((sum, part) => {
    const stats = part.executionStats ?? part.$cursor?.executionStats ?? part;
    return sum + Number(stats.totalDocsExamined ?? 0);
  }, 0);
}
