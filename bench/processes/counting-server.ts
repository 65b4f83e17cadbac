/**
 * The whole product in a process that counts the commands that it sends to the database. Usage: counting-server.ts URI.
 * It sends its address to its parent when it is ready. For each message from the parent, it sends the counts since the
 * message before.
 */
import mongoose from 'mongoose';
import { pino } from 'pino';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { connect } from '../../src/storage/connect.js';
import { JWT_SECRET } from '../product.js';

/** The commands that were sent to the database in a period. */
export interface SentCommands {
  readonly commands: number;
  readonly transactions: number;
  /** The length of the longest chain of commands in which each was sent after the response to the one before. */
  readonly roundTrips: number;
  /** The length of the longest such chain, counting only commands outside of transactions. */
  readonly readRoundTrips: number;
}

const [uri] = process.argv.slice(2);
await connect(`${uri}&monitorCommands=true`);
const app = await createApp({
  config: readConfig({ PORT: '0' }),
  jwtSecret: JWT_SECRET,
  logger: pino({ level: 'warn' }, pino.destination(2)),
});

let commands = 0;
let transactions = new Set<string>();
/** The length of the longest completed chain so far, of all commands and of those outside of transactions. */
let longestChain = { all: 0, reads: 0 };
const inFlight = new Map<number, typeof longestChain>();

const client = mongoose.connection.getClient();
client.on('commandStarted', ({ requestId, commandName, command }) => {
  // Each process sends this query every two seconds, independently of grants.
  if (command[commandName] === 'sign_ins') return;
  // And the live feed waits for changes.
  if (commandName === 'getMore' && command.collection === '$cmd.aggregate') return;
  commands += 1;
  const isInTransaction = command.autocommit === false;
  if (isInTransaction) transactions.add(`${command.lsid.id.toString('hex')} ${command.txnNumber}`);
  inFlight.set(requestId, { all: longestChain.all + 1, reads: longestChain.reads + (isInTransaction ? 0 : 1) });
});
client.on('commandSucceeded', ({ requestId }) => end(requestId));
client.on('commandFailed', ({ requestId }) => end(requestId));

function end(requestId: number): void {
  const chain = inFlight.get(requestId);
  if (!chain) return;
  inFlight.delete(requestId);
  longestChain = { all: Math.max(longestChain.all, chain.all), reads: Math.max(longestChain.reads, chain.reads) };
}

process.on('message', () => {
  process.send!({
    commands,
    transactions: transactions.size,
    roundTrips: longestChain.all,
    readRoundTrips: longestChain.reads,
  } satisfies SentCommands);
  commands = 0;
  transactions = new Set();
  longestChain = { all: 0, reads: 0 };
});
process.once('disconnect', () => process.exit());
process.send!(await app.listen());
