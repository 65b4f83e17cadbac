import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Answer, type ErrorCode, type Post, Unreachable } from '../../../web/app/api/post.js';
import type { Entry } from '../../../web/app/outbox/entry.js';
import type { GrantData } from '../../../web/app/outbox/rules.js';
import { type Sender, startSender } from '../../../web/app/outbox/sender.js';
import { createBrowser, type MovedTicker, movedTicker, settled, type Tab } from './browser-model.js';

/** What becomes of one request. */
type Fate =
  | 'answered'
  | 'lost on the way'
  | 'answer lost'
  | 'answered late'
  | 'UNAVAILABLE'
  | 'RATE_LIMITED'
  | 'INTERNAL_SERVER_ERROR'
  | 'UNAUTHENTICATED'
  | 'refused'
  | 'FORBIDDEN'
  | 'paid, with an error beside it';

const FATES: readonly Fate[] = [
  'answered',
  'lost on the way',
  'answer lost',
  'answered late',
  'UNAVAILABLE',
  'RATE_LIMITED',
  'INTERNAL_SERVER_ERROR',
  'UNAUTHENTICATED',
  'refused',
  'FORBIDDEN',
  'paid, with an error beside it',
];

type Step =
  | { readonly kind: 'click'; readonly tab: number; readonly subject: number }
  | { readonly kind: 'open' | 'crash' | 'reload'; readonly tab: number }
  | { readonly kind: 'sign in'; readonly account: string | null }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'hurry' | 'late answers come' }
  /** @param nth of those that the account has now */
  | { readonly kind: 'drop' | 'undoDrop' | 'retry'; readonly nth: number };

const tab = fc.nat(2);
const subject = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('click' as const), tab, subject }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('open' as const, 'crash' as const, 'reload' as const), tab }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('sign in' as const), account: fc.constantFrom('ada', 'grace', null) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90_000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('hurry' as const, 'late answers come' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('drop' as const, 'undoDrop' as const, 'retry' as const),
      nth: fc.nat(3),
    }),
  },
);

const ACCOUNTS = ['ada', 'grace'];

/** Pays each subject of each account once, under the key that came first, and is answered by the fates given. */
class Server {
  readonly paid = new Map<string, string>();
  readonly arrived: { key: string; variables: string; account: string; owner: string }[] = [];
  private readonly late: (() => void)[] = [];
  private token = 0;

  constructor(private readonly fates: Fate[]) {}

  nextToken(account: string): string {
    this.token += 1;
    return `${account}/${this.token}`;
  }

  /** From now on it answers everything. */
  recover(): void {
    this.fates.length = 0;
    this.lateAnswersCome();
  }

  lateAnswersCome(): void {
    for (const answer of this.late.splice(0)) answer();
  }

  /** @param owner whose entry it is: the server does not know, the test does */
  async execute(variables: { key: string; subject: string; owner: string }, token: string): Promise<Answer<GrantData>> {
    const account = token.split('/')[0]!;
    const { key, owner } = variables;
    this.arrived.push({ key, variables: JSON.stringify(variables), account, owner });
    const fate = this.fates.shift() ?? 'answered';
    const thing = `${account} ${variables.subject}`;
    switch (fate) {
      case 'lost on the way':
        throw new Unreachable(fate);
      case 'UNAVAILABLE':
      case 'RATE_LIMITED':
      case 'INTERNAL_SERVER_ERROR':
      case 'UNAUTHENTICATED':
      case 'FORBIDDEN':
        return errorOf(fate);
      case 'refused':
        if (!this.paid.has(thing)) return answerOf({ __typename: 'Refusal', code: 'ASSIGNMENT_CLOSED', message: 'x' });
        break;
      default:
    }
    if (!this.paid.has(thing)) this.paid.set(thing, key);
    if (fate === 'answer lost') throw new Unreachable(fate);
    if (fate === 'answered late') await new Promise<void>((resolve) => this.late.push(resolve));
    const answer = answerOf({ __typename: 'Payload' });
    return fate === 'paid, with an error beside it' ? { ...answer, errors: errorOf('FORBIDDEN').errors } : answer;
  }
}

const answerOf = (result: GrantData['result']): Answer<GrantData> => ({
  data: { result },
  errors: [],
  status: 200,
  retryAfterMs: null,
});
const errorOf = (code: ErrorCode): Answer<GrantData> => ({
  data: null,
  errors: [{ message: code, extensions: { code } }],
  status: 200,
  retryAfterMs: code === 'UNAVAILABLE' ? 5_000 : null,
});

class World {
  private readonly browser = createBrowser();
  private readonly ticker: MovedTicker = movedTicker();
  private readonly tabs: ({ tab: Tab; sender: Sender | null } | null)[] = [null, null, null];
  private signedIn: string | null = 'ada';
  /** Requests of tabs that are open, by account. */
  private readonly onTheirWay = new Map<string, number>();
  mostAtOnce = 0;
  /** The outcomes of each entry, in order. */
  readonly outcomes = new Map<string, string[]>();
  readonly clicked: { account: string; subject: string; key: string }[] = [];

  constructor(readonly server: Server) {}

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'open':
        this.open(step.tab);
        break;
      case 'crash':
        this.crash(step.tab);
        break;
      case 'reload':
        this.crash(step.tab);
        this.open(step.tab);
        break;
      case 'click':
        this.open(step.tab);
        if (this.signedIn !== null) await this.click(step.tab, this.signedIn, `subject-${step.subject}`);
        break;
      case 'sign in':
        this.signIn(step.account);
        break;
      case 'wait':
        await this.ticker.advance(step.ms);
        break;
      case 'hurry':
        this.anyTab()?.outbox.hurry();
        break;
      case 'late answers come':
        this.server.lateAnswersCome();
        break;
      default:
        await this.decide(step.kind, step.nth);
    }
    await settled();
  }

  /** Everybody comes back, to a server that answers. */
  async end(): Promise<Entry[]> {
    for (const account of ACCOUNTS) {
      for (let index = 0; index < this.tabs.length; index++) this.crash(index);
      this.server.recover();
      this.signedIn = account;
      this.open(0);
      await settled();
      await this.ticker.advance(70_000);
    }
    const lists = await Promise.all(ACCOUNTS.map((account) => this.anyTab()!.outbox.entriesOf(account)));
    for (let index = 0; index < this.tabs.length; index++) this.crash(index);
    return lists.flat();
  }

  private anyTab = (): Tab | undefined => this.tabs.find((one) => one !== null)?.tab;

  private open(index: number): void {
    if (this.tabs[index]) return;
    const opened = this.browser.openTab();
    opened.outbox.subscribe(() => this.note(opened.outbox.snapshot() ?? []));
    this.tabs[index] = { tab: opened, sender: null };
    this.startIn(index);
  }

  private startIn(index: number): void {
    const one = this.tabs[index];
    if (!one) return;
    one.sender?.stop();
    one.sender = this.signedIn === null ? null : this.senderIn(one.tab, this.signedIn);
  }

  private senderIn(tab: Tab, account: string): Sender {
    const tokenOf = async (owner: string) => (this.signedIn === owner ? this.server.nextToken(owner) : null);
    return startSender(account, {
      outbox: tab.outbox,
      post: this.postOf(tab, account),
      tokens: { tokenOf, replace: tokenOf },
      locks: this.browser.locks.of(tab),
      ticker: {
        now: this.ticker.now,
        after: (ms, call) => this.ticker.after(ms, () => !tab.isClosed() && call()),
      },
      random: () => 0.5,
      now: () => 1_000,
      onAccepted: async () => {},
    });
  }

  /** Nothing comes back to a tab that was closed, and it counts no more. */
  private postOf(tab: Tab, account: string): Post {
    return (async ({ variables, accessToken, signal }) => {
      const isOf = { account, tab };
      this.count(isOf, 1);
      const answered = this.server.execute(variables as { key: string; subject: string; owner: string }, accessToken!);
      const answer = new AbortController();
      const aborted = new Promise<never>((_, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason), { signal: answer.signal }),
      );
      const result = await Promise.race([answered, aborted]).catch((error) => error as Error);
      answer.abort();
      if (tab.isClosed()) return new Promise(() => {});
      this.count(isOf, -1);
      if (result instanceof Error) throw result;
      return result;
    }) as Post;
  }

  private count({ account, tab }: { account: string; tab: Tab }, change: 1 | -1): void {
    const now = (this.onTheirWay.get(account) ?? 0) + change;
    this.onTheirWay.set(account, now);
    this.mostAtOnce = Math.max(this.mostAtOnce, now);
    if (change === 1) tab.close = this.closing(tab.close, account);
  }

  /** A tab that closes takes the request with it that is on its way. */
  private closing(close: () => void, account: string): () => void {
    return () => {
      close();
      this.onTheirWay.set(account, 0);
    };
  }

  private crash(index: number): void {
    this.tabs[index]?.tab.close();
    this.tabs[index] = null;
  }

  private signIn(account: string | null): void {
    this.signedIn = account;
    for (let index = 0; index < this.tabs.length; index++) this.startIn(index);
  }

  private async click(index: number, account: string, subject: string): Promise<void> {
    const { id } = await this.tabs[index]!.tab.outbox.add({
      accountId: account,
      query: 'mutation',
      variables: (key) => ({ key, subject, owner: account }),
      subject,
      label: subject,
      href: '/',
      draft: null,
    });
    this.clicked.push({ account, subject, key: id });
  }

  private async decide(what: 'drop' | 'undoDrop' | 'retry', nth: number): Promise<void> {
    const outbox = this.anyTab()?.outbox;
    if (!outbox || this.signedIn === null) return;
    const entries = await outbox.entriesOf(this.signedIn);
    const entry = entries[nth % entries.length];
    if (entry) await outbox[what](entry.id);
  }

  private note(entries: readonly Entry[]): void {
    for (const { id, outcome } of entries) {
      const seen = this.outcomes.get(id) ?? [];
      if (seen.at(-1) !== outcome.kind) this.outcomes.set(id, [...seen, outcome.kind]);
    }
  }
}

afterAll(() => settled());

test('any order of clicks, answers, losses, crashes, tabs and accounts', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...FATES), { maxLength: 20 }),
      fc.array(step, { minLength: 1, maxLength: 25 }),
      async (fates, steps) => {
        const server = new Server([...fates]);
        const world = new World(server);
        for (const one of steps) await world.do(one);
        const entries = await world.end();

        // Every entry has its outcome, and what has been accepted stays so.
        for (const { outcome } of entries) expect(outcome.kind).not.toBe('waiting');
        for (const kinds of world.outcomes.values()) {
          const first = kinds.indexOf('accepted');
          if (first !== -1) expect(kinds.slice(first)).toEqual(['accepted']);
        }
        // What the page shows as done has been paid, and no subject was paid twice.
        for (const { accountId, subject: of, outcome } of entries) {
          if (outcome.kind === 'accepted') expect(server.paid.has(`${accountId} ${of}`)).toBe(true);
          seen.add(outcome.kind);
        }
        // Nothing went out under another account, and a key always came with the same variables.
        for (const { account, owner } of server.arrived) expect(account).toBe(owner);
        const variables = new Map<string, Set<string>>();
        for (const one of server.arrived) {
          variables.set(one.key, (variables.get(one.key) ?? new Set()).add(one.variables));
        }
        for (const versions of variables.values()) expect(versions.size).toBe(1);
        // One sender at a time.
        expect(world.mostAtOnce).toBeLessThanOrEqual(1);
        // No click was lost: each has its entry, or made room for a later click on the same.
        for (const { account, subject: of } of world.clicked) {
          expect(entries.some((entry) => entry.accountId === account && entry.subject === of)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
  // The cases were not empty.
  expect([...seen].sort()).toEqual(['accepted', 'dropped', 'refused']);
});
