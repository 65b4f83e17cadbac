import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { print } from 'graphql';
import mongoose from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import { type ScaleSchool, seedScaleSchool } from '../../src/cli/scale-school.js';
import type { Role } from '../../src/storage/models/account.js';
import { useDatabase } from '../support/database.js';
import { JWT_SECRET, type RunningServer, startServer } from '../support/server.js';
import { type Ask, type DashboardQuery, dashboardQueries } from './dashboard-queries.js';

const FILE = fileURLToPath(new URL('../../docs/queries.md', import.meta.url));
const HOW_TO_UPDATE = 'Review the difference; UPDATE_DOCS=1 writes what was seen.';

/** Fewer than a page, and more than one. */
const FEW = 2;
const MANY = 101;
/** Ledger rows of each student. */
const ROWS_EACH = 12;
const ROWS_OF_FIRST = 130;

type Command = mongoose.mongo.Document & { readonly [name: string]: unknown };

const database = useDatabase();

describe('what the dashboards cost the database', () => {
  let server: RunningServer;
  let schools: Record<'few' | 'many', ScaleSchool>;

  beforeAll(async () => {
    server = await startServer({ demonstration: false });
    schools = { few: await schoolOf(FEW, 'few'), many: await schoolOf(MANY, 'many') };
  });
  afterAll(() => server.close());

  test.each(dashboardQueries.map((query) => [query.name, query] as const))(
    '%s sends as many commands for 1 row as for 100, each through an index',
    async (_name, query) => {
      const few = await commandsOf(query, schools.few);
      const many = await commandsOf(query, schools.many);

      expect(namesOf(many)).toEqual(namesOf(few));
      for (const command of many) expect(await planOf(command)).toEqual(THROUGH_AN_INDEX);
    },
  );

  test('docs/queries.md lists them all', async () => {
    const rows: string[] = [];
    for (const query of dashboardQueries) {
      const names = namesOf(await commandsOf(query, schools.many));
      rows.push(`| ${query.name} | ${names.length} | ${names.join(', ')} |`);
    }
    const seen = `${INTRODUCTION}\n${rows.join('\n')}\n`;
    if (process.env.UPDATE_DOCS) await writeFile(FILE, seen);
    expect({ hint: HOW_TO_UPDATE, seen }).toEqual({ hint: HOW_TO_UPDATE, seen: await readFile(FILE, 'utf8') });
  });

  const schoolOf = (students: number, name: string) =>
    seedScaleSchool({
      name,
      students,
      rows: ROWS_OF_FIRST + ROWS_EACH * (students - 1),
      rowsOfFirst: ROWS_OF_FIRST,
      seed: 1,
      now: new Date(),
      report: () => {},
    });

  /** The commands that one request sends, its context warm: a leaderboard of the day is settled by the first. */
  async function commandsOf(query: DashboardQuery, school: ScaleSchool): Promise<Command[]> {
    const token = await tokenOf(query.as, school);
    const ask: Ask = async (document, variables) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: print(document), variables }),
      });
      const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    const cursor = (await query.prepare?.(ask, school)) ?? null;
    await query.send(ask, school, cursor);
    const sent: Command[] = [];
    const note = ({ command }: mongoose.mongo.CommandStartedEvent) => {
      if (command.$db === database.name) sent.push(command as Command);
    };
    const client = mongoose.connection.getClient();
    client.on('commandStarted', note);
    try {
      await query.send(ask, school, cursor);
    } finally {
      client.off('commandStarted', note);
    }
    // The look for sign-ins that have ended elsewhere comes with the clock, not with a request.
    return sent.filter(({ find }) => find !== 'sign_ins');
  }

  async function planOf(command: Command): Promise<typeof THROUGH_AN_INDEX> {
    const { lsid: _, $db: __, $clusterTime: ___, ...plain } = command;
    const explained = await mongoose.connection.db!.command({ explain: plain, verbosity: 'executionStats' });
    const stages = stagesOf(explained);
    return {
      collectionScan:
        stages.includes('COLLSCAN') || lookupsOf(explained).some((lookup) => Number(lookup.collectionScans) > 0),
      blockingSort: stages.includes('SORT') || stages.includes('$sort'),
      examinedMoreThanTwice: examinedBy(explained) > 2 * Math.max(await returnedBy(plain), 1),
    };
  }

  /** Documents that a command really brings, those of a page inside a parent included. */
  async function returnedBy(command: mongoose.mongo.Document): Promise<number> {
    const { cursor } = await mongoose.connection.db!.command(command);
    const documents: { rows?: unknown[] }[] = cursor.firstBatch;
    return documents.reduce((sum, { rows }) => sum + (rows ? rows.length : 1), 0);
  }
});

const THROUGH_AN_INDEX = { collectionScan: false, blockingSort: false, examinedMoreThanTwice: false };

const INTRODUCTION = `# What the dashboards cost the database

Generated by tests/graphql/queries.test.ts, which sends each of these queries to a course of ${FEW} and of ${MANY} students and
finds the same commands, each through an index: no collection scan, no blocking sort, at most twice as many documents
examined as returned.

| query | commands | which |
|---|---|---|`;

const namesOf = (commands: readonly Command[]): string[] =>
  commands
    .map((command) => {
      const [name] = Object.keys(command);
      return `${name} ${typeof command[name!] === 'string' ? command[name!] : 'documents'}`;
    })
    .sort();

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
const partsOf = (explained: mongoose.mongo.Document): mongoose.mongo.Document[] => explained.stages ?? [explained];

const lookupsOf = (explained: mongoose.mongo.Document) => partsOf(explained).filter((part) => '$lookup' in part);

function examinedBy(explained: mongoose.mongo.Document): number {
  return partsOf(explained).reduce((sum, part) => {
    const stats = part.executionStats ?? part.$cursor?.executionStats ?? part;
    return sum + Number(stats.totalDocsExamined ?? 0);
  }, 0);
}

const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });

async function tokenOf(role: Role, { course, studentIds }: ScaleSchool): Promise<string> {
  const accountId = (role === 'TEACHER' ? course.teacherId : studentIds[0]!).toHexString();
  return (await tokens.issueAccess({ accountId, role, signInId: 'none' })).token;
}
