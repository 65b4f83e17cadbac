/** Records the commands that the driver sends, and runs code between the steps of a grant. Needs useDatabase(). */
import { afterEach, expect, jest } from '@jest/globals';
import mongoose from 'mongoose';

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
  const commands = await documentsOf(act);
  return commands.filter((command) => 'aggregate' in command).map(({ readConcern }) => readConcern);
}

/** @returns the whole commands that are sent while `act` runs, in order */
export async function documentsOf(act: () => Promise<unknown>): Promise<mongoose.mongo.Document[]> {
  const client = mongoose.connection.getClient();
  const commands: mongoose.mongo.Document[] = [];
  const note = ({ command }: mongoose.mongo.CommandStartedEvent) => commands.push(command);
  client.on('commandStarted', note);
  try {
    await act();
  } finally {
    client.off('commandStarted', note);
  }
  return commands;
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

/** A method of a collection or of the driver's sessions. */
export interface Method {
  readonly target: object;
  readonly method: string;
}

/** A step to run code at: a command of a grant, for example "update students" or "aggregate students", or a method. */
export type Step = string | Method;

/** Runs `act` once, before the next such step. The test fails if there is none. */
export function stepInBefore(step: Step, act: () => Promise<unknown>): void {
  once(step, async (call) => {
    await act();
    return call();
  });
}

/** Runs `act` once, after the next such step succeeds and before its caller continues. The test fails if there is none. */
export function stepInAfter(step: Step, act: () => Promise<unknown>): void {
  once(step, async (call) => {
    const result = await call();
    await act();
    return result;
  });
}

interface ReadReply {
  readonly cursor: { readonly firstBatch: readonly object[] };
}

/** The kinds of documents that a grant reads, in the order in which it reads them. */
export type ReadKind = 'student' | 'session' | 'reward' | 'assignment';

/** Runs `act` once, in the middle of the next grant's reads: the kinds in `before` are read first, the others after. */
export function stepInWithinReads(before: readonly ReadKind[], act: () => Promise<unknown>): void {
  once('aggregate students', async (call) => {
    const isEarly = (found: object) => before.some((kind) => kind in found);
    const early = (await call()) as ReadReply;
    await act();
    const late = (await call()) as ReadReply;
    return {
      cursor: {
        ...late.cursor,
        firstBatch: [
          ...early.cursor.firstBatch.filter(isEarly),
          ...late.cursor.firstBatch.filter((found) => !isEarly(found)),
        ],
      },
    };
  });
}

/** Replaces the next such command of a grant: it is not sent, and `reply` gives its reply. */
export function replaceCommand(text: string, reply: () => Promise<unknown>): void {
  once(text, reply);
}

type Instead = (call: () => Promise<unknown>) => Promise<unknown>;

/** The steps that have not come yet. */
const awaited: { readonly step: Step; readonly instead: Instead }[] = [];

afterEach(() => {
  const missed = awaited.splice(0).map(({ step }) => (typeof step === 'string' ? step : step.method));
  // Without this check, a test would prove nothing once the product sends its commands in another way.
  expect({ missed }).toEqual({ missed: [] });
});

function once(step: Step, instead: Instead): void {
  awaited.push({ step, instead });
  const { target, method } = typeof step === 'string' ? { target: commandsOfDatabase, method: 'command' } : step;
  const methods = target as Record<string, (...args: unknown[]) => Promise<unknown>>;
  if (jest.isMockFunction(methods[method])) return;
  const original = methods[method]!;
  jest.spyOn(methods, method).mockImplementation(function (this: unknown, ...args) {
    const call = () => original.apply(this, args);
    const position = awaited.findIndex((each) => isStep(each.step, target, method, args));
    return position < 0 ? call() : awaited.splice(position, 1)[0]!.instead(call);
  });
}

/** Grants send their commands with this method of the driver. */
const commandsOfDatabase = mongoose.mongo.Db.prototype;

function isStep(step: Step, target: object, method: string, [command]: readonly unknown[]): boolean {
  if (typeof step !== 'string') return step.target === target && step.method === method;
  if (target !== commandsOfDatabase) return false;
  const [name] = Object.keys(command as object);
  return textOf(name!, command as object) === step;
}
