import type { LoadJob } from '../load/load-job.js';
import { LEADERBOARD, MY_PROGRESS, ROSTER, SUBMIT } from '../operations.js';
import type { SeededSchool } from './version.js';

/** What is compared between two versions. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly runsByDefault: boolean;
  /** How many clients of the setting send requests. */
  readonly clients: 'one' | 'all';
  /** The number of requests in a slice: a few tenths of a second of work. */
  readonly requests: number;
  /** The ledger rows that each student has before. */
  readonly rewardsBefore: number;
  readonly isGrant: boolean;
  job(school: SeededSchool, assignments: readonly string[]): ScenarioJob;
}

type ScenarioJob = Omit<LoadJob, 'urls' | 'shape' | 'warmUpSeconds'>;

const read = { clients: 'all', runsByDefault: true, rewardsBefore: 0, isGrant: false } as const;
const grant = { ...read, isGrant: true, requests: 1_024, job: submissions };

export const scenarios: readonly Scenario[] = [
  { ...grant, name: 'grant', description: 'submitAssignment, all clients' },
  { ...grant, name: 'lone', description: 'submitAssignment, 1 client', clients: 'one', requests: 100 },
  {
    ...read,
    name: 'me',
    requests: 512,
    description: 'me with badges, streak and five rewards, all clients',
    job: ({ tokens }) => query(tokens, MY_PROGRESS, {}),
  },
  {
    ...read,
    name: 'roster',
    requests: 256,
    description: 'a page of 20 students with their progress, all clients',
    job: ({ teacherToken, courseId }) => query([teacherToken], ROSTER, { id: courseId }),
  },
  {
    ...read,
    name: 'leaderboard',
    requests: 256,
    description: 'the first 20 of the week and the own rank, all clients',
    job: ({ tokens, courseId }) => query(tokens, LEADERBOARD, { id: courseId }),
  },
  {
    ...grant,
    name: 'growth',
    description: 'submitAssignment of students with 1,000 rewards each, all clients (a minute to seed)',
    runsByDefault: false,
    rewardsBefore: 1_000,
  },
];

function submissions({ tokens }: SeededSchool, assignments: readonly string[]): ScenarioJob {
  return {
    tokens,
    query: SUBMIT,
    sequence: { kind: 'submissions', assignments },
    devices: 1,
    expectedText: '"replayed":false',
    onUnexpected: 'fail',
  };
}

function query(tokens: readonly string[], text: string, variables: object): ScenarioJob {
  return {
    tokens,
    query: text,
    sequence: { kind: 'query', variables },
    devices: 1,
    expectedText: '{"data":{',
    onUnexpected: 'fail',
  };
}
