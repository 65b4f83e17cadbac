import mongoose from 'mongoose';
import './closed-sockets.js';
import { connectionProblem } from './connection-problems.js';
import { watchPool } from './pool-state.js';
import { closeProbe, prepareProbe } from './readiness.js';

/** The database if MONGODB_URI names none. The driver would use "test". */
const DEFAULT_DATABASE = 'auraledger';
const DEFAULT_APP_NAME = 'auraledger';
/** If all are in use, a request waits. That is rare: a grant holds one for milliseconds, and there are few lanes. */
const MAX_POOL_SIZE = 20;
/** How long a request waits for a primary before it is refused. Milliseconds. */
const SERVER_SELECTION_TIMEOUT_MS = 5_000;

/**
 * The interval at which the driver checks each server, and so finds a new primary. The driver's default of 10 s is as
 * long as a whole grant may take. Milliseconds.
 */
const HEARTBEAT_MS = 2_000;

/** The database cannot be used. The message says why and what to do, and contains no credentials. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

export interface ConnectOptions {
  /** The name by which the database's log and failpoints identify this connection. */
  readonly appName?: string;
  /** Overrides the database in the URI. */
  readonly dbName?: string;
}

/**
 * Opens mongoose's default connection, which the models use. Reads and writes have majority concern, are journaled, and
 * go to the primary. The URI may set maxPoolSize and serverSelectionTimeoutMS, but it cannot weaken these guarantees.
 * @throws DatabaseError if no server answers, the login is refused, or the server has no transactions
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<mongoose.Connection> {
  if (hasOption(uri, /^timeoutMS$/i)) throw new DatabaseError(NO_DRIVER_DEADLINE);
  const dbName = options.dbName ?? (namesDatabase(uri) ? undefined : DEFAULT_DATABASE);
  // Otherwise mongoose drops unknown fields from a filter, and the filter then matches every document.
  mongoose.set('strictQuery', 'throw');
  try {
    latest = null;
    await mongoose.connect(uri, {
      appName: options.appName ?? DEFAULT_APP_NAME,
      ...(dbName !== undefined && { dbName }),
      // These are the names that a URI uses. Under any other name, the value in the URI would take precedence.
      readConcernLevel: 'majority',
      w: 'majority',
      journal: true,
      readPreference: 'primary',
      heartbeatFrequencyMS: HEARTBEAT_MS,
      retryWrites: true,
      retryReads: true,
      // prepareCollections() creates and checks collections and indexes before the first request.
      autoIndex: false,
      autoCreate: false,
      // Without a server, an operation fails after the driver's timeout, without mongoose's own timeout on top.
      bufferCommands: false,
      ...(!hasOption(uri, /^maxPoolSize$/i) && { maxPoolSize: MAX_POOL_SIZE }),
      ...(!hasOption(uri, /^serverSelectionTimeoutMS$/i) && { serverSelectionTimeoutMS: SERVER_SELECTION_TIMEOUT_MS }),
    });
    const client = mongoose.connection.getClient();
    watchPool(client);
    // The driver emits this event before it applies the reply, so no read reaches a new primary before we know of it.
    client.on('serverHeartbeatSucceeded', ({ reply }) => noteElection(reply));
    noteElection(await helloRequiringTransactions(client));
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

/** With a timeout of the driver, one command can receive the answer of another: docs/adr/0001-group-commit.md. */
const NO_DRIVER_DEADLINE =
  'MONGODB_URI: it sets timeoutMS, with which the driver can mistake the answer of one command for that of another: ' +
  'remove timeoutMS; grants have their own deadline';

export interface Election {
  readonly id: string;
  /**
   * The last write of the new primary at the time when we first saw it. A read must wait for it to see every write that
   * former primaries acknowledged. The new primary has all these writes, but it may take a moment to learn that a
   * majority has them. Until then, its majority reads can return older data.
   */
  readonly lastWrite: mongoose.mongo.Timestamp;
}

let latest: Election | null = null;

/** Returns the latest election that we know of. Null before we have seen a primary. */
export const latestElection = (): Election | null => latest;

/**
 * A former primary that is cut off from the others takes itself for the primary for a while. The driver does not read
 * from it any more, and its last writes may be on no other node. Later elections have greater ids.
 */
function noteElection({ isWritablePrimary, electionId, lastWrite }: mongoose.mongo.Document): void {
  if (!isWritablePrimary || !lastWrite) return;
  const id = String(electionId);
  if (!latest || id > latest.id) latest = { id, lastWrite: lastWrite.opTime.ts };
}

/** The database of the default connection, for commands that no model sends. @throws Error if it is not connected */
export function database(): mongoose.mongo.Db {
  const { db } = mongoose.connection;
  if (!db) throw new Error('the database is not connected');
  return db;
}

/** Closes the default connection. Operations in progress fail. */
export async function disconnect(): Promise<void> {
  await Promise.all([mongoose.disconnect(), closeProbe()]);
}

/** Returns the reply to `hello`. @throws DatabaseError if the server has no transactions */
async function helloRequiringTransactions(client: mongoose.mongo.MongoClient): Promise<mongoose.mongo.Document> {
  const hello = await client.db('admin').command({ hello: 1 });
  if (typeof hello.setName === 'string' || hello.msg === 'isdbgrid') return hello;
  throw new DatabaseError(
    'MONGODB_URI: the server is not part of a replica set, and rewards need transactions, which only a replica set ' +
      'has: start mongod with --replSet rs0 and run rs.initiate() once (a single node is enough), or unset ' +
      'MONGODB_URI to use the embedded database',
  );
}

/** Fails if the server requires a login and has none: connecting alone does not need one. */
async function assertLogin(client: mongoose.mongo.MongoClient, database: string): Promise<void> {
  await client.db(database).listCollections({}, { nameOnly: true, authorizedCollections: true }).hasNext();
}

function namesDatabase(uri: string): boolean {
  return /^mongodb(?:\+srv)?:\/\/[^/?]+\/[^?]/.test(uri);
}

/** The driver reads the names of options in any case, and the options that it is passed override those of the URI. */
function hasOption(uri: string, name: RegExp): boolean {
  const options = new URLSearchParams(uri.slice(uri.indexOf('?') + 1));
  return [...options.keys()].some((option) => name.test(option));
}

/** Returns the message with the password of the URI, and its user where both stand together, replaced by ***. */
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
