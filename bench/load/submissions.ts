import { SUBMIT } from '../operations.js';
import type { Enrolled, School } from '../school.js';
import { FIRST_SECONDS, type LoadJob, type Shape, WARM_UP_SECONDS } from './load-job.js';

export type Job = Omit<LoadJob, 'urls'>;

/** Students hand in, each thing once; every answer must say that it has just been paid. */
export function submissions({ assignments }: Pick<School, 'assignments'>, { tokens }: Enrolled, shape: Shape): Job {
  return {
    tokens,
    query: SUBMIT,
    asked: { kind: 'submissions', assignments },
    devices: 1,
    expected: '"replayed":false',
    otherwise: 'fail',
    warmUpSeconds: WARM_UP_SECONDS,
    shape,
  };
}

/** For a server that has just been started, before it is measured. */
export const firstLoad = (school: Pick<School, 'assignments'>, students: Enrolled, clients: number): Job => ({
  ...submissions(school, students, { kind: 'loops', clients, seconds: FIRST_SECONDS }),
  warmUpSeconds: 0,
});

/** The same from two devices at once, of which either may be the first, and neither need succeed. */
export const race = (school: School, students: Enrolled, shape: Shape): Job => ({
  ...submissions(school, students, shape),
  devices: 2,
  expected: '"replayed":',
  otherwise: 'count',
  warmUpSeconds: 0,
});

/** Everybody hands in the first assignment, all at once, and then nothing more. */
export const firstSubmissions = (school: School, students: Enrolled): Job => ({
  ...submissions(school, students, { kind: 'bursts', size: students.tokens.length, seconds: 1 }),
  asked: { kind: 'submissions', assignments: school.assignments.slice(0, 1) },
  warmUpSeconds: 0,
});

/** Everybody hands in the first assignment again and again; it must have been paid before. */
export const replaysOfTheFirst = (school: School, students: Enrolled, shape: Shape): Job => ({
  ...submissions(school, students, shape),
  asked: { kind: 'the same submission', assignment: school.assignments[0]! },
  expected: '"replayed":true',
});
