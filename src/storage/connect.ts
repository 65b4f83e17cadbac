import mongoose from 'mongoose';
import { connectionProblem } from './connection-problems.js';
import { watchPool } from './pool-state.js';
import { closeProbe, prepareProbe } from './readiness.js';

/** Used where MONGODB_URI names none; the driver would write to "test". */
const DEFAULT_DATABASE = 'auraledger';
const DEFAULT_APP_NAME = 'auraledger';
/** Beyond this a request waits for a connection: a grant holds one for some milliseconds, and the lanes are few. */
const MAX_POOL_SIZE = 20;
/** Without a primary for this long a request is refused rather than kept waiting. Milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 5_000;

/**
 * A server that says it is no primary any more is asked anew after at most this long. The driver's 10 s are as long as a
 * grant may take in all. Milliseconds.
 */
const HEARTBEAT_MS = 2_000;

/** The database cannot be used as it is; the message says why and what to do, and holds no credentials. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

export interface ConnectOptions {
  /** How the server's log and its failpoints tell this connection from others. */
  readonly appName?: string;
  /** Instead of the database that the address names. */
  readonly dbName?: string;
}

/**
 * mongoose's default connection, which the models use: reads and writes with a majority, journaled, on the primary.
 * maxPoolSize and serverSelectionTimeoutMS may stand in the address, the guarantees may not be weakened there.
 * @throws DatabaseError where no server answers, the login is refused, or the server has no transactions.
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<mongoose.Connection> {
  if (/[?&]timeoutMS=/i.test(uri)) throw new DatabaseError(NO_DRIVER_DEADLINE);
  const dbName = options.dbName ?? (namesDatabase(uri) ? undefined : DEFAULT_DATABASE);
  // A filter on a field that the schema does not have would otherwise match every document.
  mongoose.set('strictQuery', 'throw');
  try {
    atElection = null;
    await mongoose.connect(uri, {
      appName: options.appName ?? DEFAULT_APP_NAME,
      ...(dbName !== undefined && { dbName }),
      // By the names that an address uses: under any other name the address would win.
      readConcernLevel: 'majority',
      w: 'majority',
      journal: true,
      readPreference: 'primary',
      heartbeatFrequencyMS: HEARTBEAT_MS,
      retryWrites: true,
      retryReads: true,
      // Collections and indexes are made, and checked, before the first request.
      autoIndex: false,
      autoCreate: false,
      // Without a server an operation fails after the driver's own wait, not after mongoose's on top of it.
      bufferCommands: false,
      ...(!uri.includes('maxPoolSize=') && { maxPoolSize: MAX_POOL_SIZE }),
      ...(!uri.includes('serverSelectionTimeoutMS=') && { serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS }),
    });
    const client = mongoose.connection.getClient();
    watchPool(client);
    // The driver tells of a heartbeat before it uses what that says: no read goes to a new primary earlier.
    client.on('serverHeartbeatSucceeded', ({ reply }) => noteElection(reply));
    noteElection(await helloWithTransactions(client));
    await assertLogin(client, mongoose.connection.name);
    prepareProbe(uri, options.appName ?? DEFAULT_APP_NAME);
    return mongoose.connection;
  } catch (error) {
    await disconnect();
    if (error instanceof DatabaseError) throw error;
    const problem = withoutCredentials(await connectionProblem(error, uri), uri);
    throw new DatabaseError(`MONGODB_URI: ${problem}`, { cause: error });
  }
}

/** See docs/adr/0001-group-commit.md: a deadline of the driver's can hand one command the answer of another. */
const NO_DRIVER_DEADLINE =
  'MONGODB_URI: it sets timeoutMS, with which the driver can take the answer of one command for that of another: ' +
  'leave it out, grants have a deadline of their own';

/** The primary's own last write when it was first seen; null before a primary was seen. */
let atElection: { readonly electionId: unknown; readonly time: mongoose.mongo.Timestamp } | null = null;

/**
 * What a read has to wait for so that it shows all that former primaries had acknowledged. A new primary has every such
 * write, but may not know for some moments that a majority has it: until then its majority reads go back in time.
 */
export function acknowledgedBefore(): mongoose.mongo.Timestamp | null {
  return atElection?.time ?? null;
}

function noteElection({ isWritablePrimary, electionId, lastWrite }: mongoose.mongo.Document): void {
  if (!isWritablePrimary || !lastWrite || String(electionId) === String(atElection?.electionId)) return;
  atElection = { electionId, time: lastWrite.opTime.ts };
}

/** Closes the default connection; what is running on it ends with an error. */
export async function disconnect(): Promise<void> {
  await Promise.all([mongoose.disconnect(), closeProbe()]);
}

/** @throws DatabaseError where the server has no transactions */
async function helloWithTransactions(client: mongoose.mongo.MongoClient): Promise<mongoose.mongo.Document> {
  const hello = await client.db('admin').command({ hello: 1 });
  if (typeof hello.setName === 'string' || hello.msg === 'isdbgrid') return hello;
  throw new DatabaseError(
    'MONGODB_URI: the server is not part of a replica set, and rewards need transactions, which only a replica set ' +
      'has: start mongod with --replSet rs0 and run rs.initiate() once (a single node is enough), or unset ' +
      'MONGODB_URI for the embedded database',
  );
}

/** To connect needs no login, where the server wants one for all that follows. */
async function assertLogin(client: mongoose.mongo.MongoClient, database: string): Promise<void> {
  await client.db(database).listCollections({}, { nameOnly: true, authorizedCollections: true }).hasNext();
}

function namesDatabase(uri: string): boolean {
  return /^mongodb(?:\+srv)?:\/\/[^/?]+\/[^?]/.test(uri);
}

/** A message with user and password of the address blotted out wherever they stand. */
function withoutCredentials(message: string, uri: string): string {
  const login = /^mongodb(?:\+srv)?:\/\/([^/?]*)@/.exec(uri)?.[1];
  if (login === undefined) return message;
  const colon = login.indexOf(':');
  const parts = [login, ...(colon < 0 ? [] : [login.slice(colon + 1)])];
  const secrets = parts.flatMap((part) => [part, decoded(part)]).filter((part) => part !== '');
  return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
