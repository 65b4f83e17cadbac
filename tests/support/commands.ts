/** Records the commands that the driver sends, and runs code between the steps of a grant. Needs useDatabase(). */
import { jest } from '@jest/globals';
import mongoose from 'mongoose';
import { StudentModel } from '../../src/storage/models/student.js';

export interface SentCommands {
  /** Commands outside transactions, sorted, since some are sent concurrently. */
  readonly reads: string[];
  /** The commands of each transaction, in order. The transactions are in the order in which they began. */
  readonly transactions: string[][];
}

interface Sent {
  /** For example "find students" or "commitTransaction". */
  readonly text: string;
  /** An id of the transaction; null if the command is outside transactions. */
  readonly transaction: string | null;
}

/** @returns the commands that this test file's connection sends while `act` runs */
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

/** @returns the read concerns of the aggregates, which read for grants, that are sent while `act` runs, in order */
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

/** Whether a command is the one with which the live feed of a server waits for changes: it belongs to no request. */
export const waitsForChanges = ({ getMore, collection, pipeline }: mongoose.mongo.Document): boolean =>
  (getMore !== undefined && collection === '$cmd.aggregate') || pipeline?.[0]?.$changeStream !== undefined;

/** Records each command when the driver sends it, until `stop` is called. */
export function watchCommands(): { readonly sent: readonly Sent[]; stop(): void } {
  const client = mongoose.connection.getClient();
  const sent: Sent[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    if (waitsForChanges(command)) return;
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

/** Resolves when the next command with this text succeeds. */
export function answered(text: string): Promise<void> {
  return ended(text, 'commandSucceeded');
}

/** Resolves when the next command with this text fails. */
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

/** A method that the committer calls in one of its steps: of a collection, or of the driver's sessions. */
export interface Method {
  readonly target: object;
  readonly method: string;
}

/** Runs `act` once, before the next call of that method. jest.restoreAllMocks() removes it. */
export function stepInBefore(step: Method, act: () => Promise<unknown>): void {
  once(step, async (call) => {
    await act();
    return call();
  });
}

/** Runs `act` once, after the next call of that method succeeds and before its caller continues. */
export function stepInAfter(step: Method, act: () => Promise<unknown>): void {
  once(step, async (call) => {
    const result = await call();
    await act();
    return result;
  });
}

type Cursor = { toArray(): Promise<unknown[]> };

/** The kinds of documents that a grant reads, in the order in which it reads them. */
export type ReadKind = 'student' | 'session' | 'reward' | 'assignment';

/** Runs `act` once, in the middle of the next grant's reads: the kinds in `before` are read first, the others after. */
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
    // A cursor sends no command before its first read.
    return method === 'aggregate' ? { toArray: () => instead(() => (call() as Cursor).toArray()) } : instead(call);
  });
}
