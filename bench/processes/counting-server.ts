/**
 * The whole product, telling its parent which commands it sends to the database. Usage: counting-server.ts URI; tells
 * its address when it is ready, and at each message what was sent since the one before.
 */
import mongoose from 'mongoose';
import { pino } from 'pino';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { connect } from '../../src/storage/connect.js';
import { JWT_SECRET } from '../product.js';

/** What was sent to the database in some time. */
export interface Sent {
  readonly commands: number;
  readonly transactions: number;
  /** The longest chain of commands of which each was sent when the one before had been answered. */
  readonly roundTrips: number;
  /** Those of them that are part of no transaction. */
  readonly roundTripsOfReads: number;
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
/** The length of the longest chain that has been answered so far, of all commands and of those of no transaction. */
let longest = { all: 0, reads: 0 };
const underWay = new Map<number, typeof longest>();

const client = mongoose.connection.getClient();
client.on('commandStarted', ({ requestId, commandName, command }) => {
  // What each process asks every two seconds, whether somebody grants or not.
  if (command[commandName] === 'sign_ins') return;
  commands += 1;
  const isOfTransaction = command.autocommit === false;
  if (isOfTransaction) transactions.add(`${command.lsid.id.toString('hex')} ${command.txnNumber}`);
  underWay.set(requestId, { all: longest.all + 1, reads: longest.reads + (isOfTransaction ? 0 : 1) });
});
client.on('commandSucceeded', ({ requestId }) => end(requestId));
client.on('commandFailed', ({ requestId }) => end(requestId));

function end(requestId: number): void {
  const chain = underWay.get(requestId);
  if (!chain) return;
  underWay.delete(requestId);
  longest = { all: Math.max(longest.all, chain.all), reads: Math.max(longest.reads, chain.reads) };
}

process.on('message', () => {
  process.send!({
    commands,
    transactions: transactions.size,
    roundTrips: longest.all,
    roundTripsOfReads: longest.reads,
  } satisfies Sent);
  commands = 0;
  transactions = new Set();
  longest = { all: 0, reads: 0 };
});
process.once('disconnect', () => process.exit());
process.send!(await app.listen());
