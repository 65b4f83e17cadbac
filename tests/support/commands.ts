/** What a test sees of the way to the database, and where it may step in between. Needs useDatabase(). */
import { jest } from '@jest/globals';
import mongoose from 'mongoose';
import { StudentModel } from '../../src/storage/models/student.js';

export interface SentCommands {
  /** Those outside of transactions, sorted: some are sent side by side. */
  readonly reads: string[];
  /** Those of each transaction, in their order; the transactions in the order in which they began. */
  readonly transactions: string[][];
}

interface Sent {
  /** As "find students" or "commitTransaction". */
  readonly text: string;
  /** Tells the transactions apart; null: it is part of none. */
  readonly transaction: string | null;
}

/** The commands that the connection of this test file sends meanwhile. */
export async function commandsOf(act: () => Promise<unknown>): Promise<SentCommands> {
  const { sent, stop } = watchCommands();
  try {
    await act();
  } finally {
    stop();
  }
  const reads = sent.filter(({ transaction }) => transaction === null).map(({ text }) => text);
  return { reads: reads.sort(), transactions: [...byTransaction(sent).values()] };
}

/** The read concerns of the aggregates that are sent meanwhile, in their order: those of the reads for grants. */
export async function readConcernsOf(act: () => Promise<unknown>): Promise<mongoose.mongo.Document[]> {
  const client = mongoose.connection.getClient();
  const concerns: mongoose.mongo.Document[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    if (commandName === 'aggregate') concerns.push(command.readConcern);
  };
  client.on('commandStarted', note);
  try {
    await act();
  } finally {
    client.off('commandStarted', note);
  }
  return concerns;
}

/** Every command from now on, at the moment in which the driver sends it. */
export function watchCommands(): { readonly sent: readonly Sent[]; stop(): void } {
  const client = mongoose.connection.getClient();
  const sent: Sent[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    sent.push({
      text: textOf(commandName, command),
      transaction: command.autocommit === false ? `${command.lsid.id.toString('hex')} ${command.txnNumber}` : null,
    });
  };
  client.on('commandStarted', note);
  return {
    sent,
    stop() {
      client.off('commandStarted', note);
    },
  };
}

/** Resolves when the next of these commands has got its answer. */
export function answered(text: string): Promise<void> {
  return ended(text, 'commandSucceeded');
}

/** Resolves when the next of these commands has failed. */
export function failed(text: string): Promise<void> {
  return ended(text, 'commandFailed');
}

function ended(text: string, how: 'commandSucceeded' | 'commandFailed'): Promise<void> {
  const client = mongoose.connection.getClient();
  const sent = new Set<number>();
  return new Promise((resolve) => {
    const note = ({ commandName, command, requestId }: mongoose.mongo.CommandStartedEvent) => {
      if (textOf(commandName, command) === text) sent.add(requestId);
    };
    const end = ({ requestId }: { readonly requestId: number }) => {
      if (!sent.has(requestId)) return;
      client.off('commandStarted', note).off(how, end);
      resolve();
    };
    client.on('commandStarted', note).on(how, end);
  });
}

function textOf(name: string, command: mongoose.mongo.Document): string {
  return typeof command[name] === 'string' ? `${name} ${command[name]}` : name;
}

function byTransaction(sent: readonly Sent[]): Map<string, string[]> {
  const transactions = new Map<string, string[]>();
  for (const { text, transaction } of sent) {
    if (transaction !== null) transactions.set(transaction, [...(transactions.get(transaction) ?? []), text]);
  }
  return transactions;
}

/** A method that a step of the committer calls: of a collection, or of the driver's sessions. */
export interface Method {
  readonly target: object;
  readonly method: string;
}

/** Does this, once, before the next call of that method goes on its way. Undone by jest.restoreAllMocks(). */
export function stepInBefore(step: Method, act: () => Promise<unknown>): void {
  once(step, async (call) => {
    await act();
    return call();
  });
}

/** Does this, once, after the next call of that method has succeeded, and before its caller learns of it. */
export function stepInAfter(step: Method, act: () => Promise<unknown>): void {
  once(step, async (call) => {
    const result = await call();
    await act();
    return result;
  });
}

type Cursor = { toArray(): Promise<unknown[]> };

/** The kinds of what is read for a grant, in the order of the reading. */
export type ReadKind = 'student' | 'session' | 'reward' | 'assignment';

/** Does this, once, in the middle of the next reading for a grant: these kinds are read before it, the others after. */
export function stepInWithinReads(before: readonly ReadKind[], act: () => Promise<unknown>): void {
  once({ target: StudentModel.collection, method: 'aggregate' }, async (call) => {
    const isEarly = (found: object) => before.some((kind) => kind in found);
    const early = (await call()) as object[];
    await act();
    const late = (await call()) as object[];
    return [...early.filter(isEarly), ...late.filter((found) => !isEarly(found))];
  });
}

function once({ target, method }: Method, instead: (call: () => unknown) => Promise<unknown>): void {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[method]!;
  jest.spyOn(methods, method).mockImplementationOnce(function (this: unknown, ...args) {
    const call = () => original.apply(this, args);
    // A cursor sends nothing before it is read.
    return method === 'aggregate' ? { toArray: () => instead(() => (call() as Cursor).toArray()) } : instead(call);
  });
}
