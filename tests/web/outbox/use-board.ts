/** The page of tests/web/outbox/board in a real browser, and a new student for each test. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { BrowserContext } from 'playwright-core';
import { type Client, clientOf } from '../../support/client.js';
import { AssignmentBoard } from '../pages/assignment-board.js';
import { useWebClient } from '../web-client.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export interface BoardSetting {
  /** In the course of the demonstration, with nothing submitted. */
  readonly student: { readonly name: string; readonly client: Client };
  /** The assignments that are open. */
  readonly titles: readonly string[];
  /** A device of its own, signed out. */
  openDevice(): Promise<AssignmentBoard>;
  /** A device on which the student is signed in. */
  openBoard(path?: string): Promise<AssignmentBoard>;
}

export function useBoard(): BoardSetting {
  const client = useWebClient();
  const contexts: BrowserContext[] = [];
  let root: string;
  let students = 0;
  let student: BoardSetting['student'];
  let titles: readonly string[];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'auraledger-board-'));
    const vite = join(project, 'node_modules/vite/bin/vite.js');
    const board = join(project, 'tests/web/outbox/board');
    const args = ['build', board, '--outDir', root, '--emptyOutDir', '--logLevel', 'warn'];
    const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' };
    await promisify(execFile)(process.execPath, [vite, ...args], { env });
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  beforeEach(async () => {
    students += 1;
    const name = `Student${students}`;
    const email = `${name.toLowerCase()}@demo.example`;
    const input = { email, password: 'demo-password', displayName: name, timeZone: 'UTC' };
    const { accessToken } = await clientOf(client.url).mutate('signUp', input, 'accessToken');
    student = { name, client: clientOf(client.url, accessToken) };
    await student.client.mutate('joinCourse', { joinCode: 'DEMO-2026' });
    titles = await openTitles(student.client);
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });

  async function openDevice(): Promise<AssignmentBoard> {
    const { page } = await client.openDevice();
    contexts.push(page.context());
    // The page comes from the board, everything else from the server.
    await page.context().route(
      (url) => url.pathname === '/' || url.pathname.startsWith('/assets/'),
      async (route) => {
        const { pathname } = new URL(route.request().url());
        const file = pathname === '/' ? '/index.html' : pathname;
        const contentType = TYPES[extname(file)] ?? 'text/plain';
        await route.fulfill({ body: await readFile(join(root, file)), contentType });
      },
    );
    return new AssignmentBoard(page);
  }

  return {
    get student() {
      return student;
    },
    get titles() {
      return titles;
    },
    openDevice,
    async openBoard(path = '/') {
      const board = await openDevice();
      await board.openAs(student.name, path);
      return board;
    },
  };
}

async function openTitles(client: Client): Promise<string[]> {
  const { courses } = await client.must(
    '{ courses { edges { node { assignments { edges { node { title pointsNow } } } } } } }',
  );
  const assignments: { node: { title: string; pointsNow: number | null } }[] = courses.edges[0].node.assignments.edges;
  return assignments.filter(({ node }) => node.pointsNow !== null).map(({ node }) => node.title);
}
