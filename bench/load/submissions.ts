import { SUBMIT } from '../operations.js';
import type { EnrolledStudents, School } from '../school.js';
import { requestsInSlice } from '../turns.js';
import { FIRST_WARM_UP_SECONDS, type LoadJob, type LoadShape, WARM_UP_SECONDS } from './load-job.js';

export type Load = Omit<LoadJob, 'urls'>;

/** The shape of a series that takes turns with others. */
export const sliceShape = (clients: number): LoadShape => ({
  kind: 'slice',
  clients,
  requests: requestsInSlice(clients),
});

/** Students submit, each assignment once. Every response must report a new reward. */
export function submissionLoad(
  { assignments }: Pick<School, 'assignments'>,
  { tokens }: Pick<EnrolledStudents, 'tokens'>,
  shape: LoadShape,
): Load {
  return {
    tokens,
    query: SUBMIT,
    sequence: { kind: 'submissions', assignments },
    devices: 1,
    expectedText: '"replayed":false',
    onUnexpected: 'fail',
    warmUpSeconds: WARM_UP_SECONDS,
    shape,
  };
}

/** The load that warms up a newly started server. */
export const firstWarmUpLoad = (
  school: Pick<School, 'assignments'>,
  students: Pick<EnrolledStudents, 'tokens'>,
  clients: number,
): Load => ({
  ...submissionLoad(school, students, { kind: 'loops', clients, seconds: FIRST_WARM_UP_SECONDS }),
  warmUpSeconds: 0,
});

/** Two devices send each submission at the same time. Either may be paid first, and both may fail. */
export const raceLoad = (school: School, students: EnrolledStudents, shape: LoadShape): Load => ({
  ...submissionLoad(school, students, shape),
  devices: 2,
  expectedText: '"replayed":',
  onUnexpected: 'count',
  warmUpSeconds: 0,
});

/** All students submit the first assignment at once, and nothing else. */
export const firstAssignmentLoad = (school: School, students: EnrolledStudents): Load => ({
  ...submissionLoad(school, students, { kind: 'bursts', size: students.tokens.length, seconds: 1 }),
  sequence: { kind: 'submissions', assignments: school.assignments.slice(0, 1) },
  warmUpSeconds: 0,
});

/** All students submit the first assignment again and again. It must have been paid before. */
export const replayLoad = (school: School, students: EnrolledStudents, shape: LoadShape): Load => ({
  ...submissionLoad(school, students, shape),
  sequence: { kind: 'the same submission', assignment: school.assignments[0]! },
  expectedText: '"replayed":true',
});
