import { Types } from 'mongoose';
import { teachesCourse } from '../auth/correction-rights.js';
import type { Teacher } from '../auth/course-access.js';
import { BadInput } from '../granting/bad-input.js';
import type { Committer } from '../granting/committer.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ActDone, KEY_REUSED, type ManualRequest, newAct } from '../granting/manual-acts.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { announceManualAct, findManualAct } from '../storage/manual-act-store.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { StudentRecord } from '../storage/models/student.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';
import { findStudentIdsOfCourse, loadCoursesOfStudents } from '../storage/student-store.js';
import { NO_SUCH_COURSE } from './create-assignment.js';
import { enrolmentRefusal, payBonus } from './grant-bonus.js';

export interface GrantBonuses {
  readonly teacher: Teacher;
  readonly courseId: string;
  /** null: everybody who takes the course at the first request with this key. */
  readonly studentIds: readonly string[] | null;
  readonly points: number;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly facts: RequestFacts;
}

export interface BonusesGranted {
  readonly kind: 'granted';
  /** One for each student, in the order in which they were named. */
  readonly entries: readonly BonusEntry[];
}

export interface BonusEntry {
  readonly studentId: string;
  readonly outcome: ActDone | Refused;
}

/** Maximum number of students of one request. */
export const MAX_BONUSES = 500;

/** Students who are paid in one group: a quarter of the largest, so that requests of others find room in it. */
const PAID_AT_ONCE = 16;

/**
 * Gives points to many students of a course. Each is paid once. They are paid in groups, so a request that fails
 * in the middle has paid some of them; a repeat with the same key pays the others. It waits for each group before it
 * begins the next, so that others are paid meanwhile.
 * @throws Unavailable
 * @throws BadInput if the course has more than 500 students and none are named
 */
export async function grantBonuses(committer: Committer, input: GrantBonuses): Promise<BonusesGranted | Refused> {
  const request = requestOf(input);
  const act = await announcedAct(input, request);
  if (act.kind === 'refused') return act;
  const entries: BonusEntry[] = [];
  const ids = namedIds(input) ?? act.record.studentIds.map(String);
  for (let start = 0; start < ids.length; start += PAID_AT_ONCE) {
    const group = ids.slice(start, start + PAID_AT_ONCE);
    entries.push(...(await payGroup(committer, input, request, act.record, group)));
  }
  return { kind: 'granted', entries };
}

/** Each student once, in the order of the input; null for everybody. */
const namedIds = ({ studentIds }: GrantBonuses): string[] | null =>
  studentIds && [...new Set(studentIds.map(canonicalId))];

function requestOf(input: GrantBonuses): ManualRequest {
  const { points, note, idempotencyKey, facts } = input;
  const courseId = canonicalId(input.courseId);
  const students = JSON.stringify(namedIds(input)?.toSorted() ?? 'everybody');
  return {
    operation: 'grantBonuses',
    requestKey: idempotencyKey,
    fingerprint: fingerprintOf(courseId, `${points}`, note, students),
    facts,
  };
}

/** The act that the bonuses refer to. The first request with the key stores it before it pays anybody. */
async function announcedAct(
  input: GrantBonuses,
  request: ManualRequest,
): Promise<{ kind: 'announced'; record: ManualActRecord } | Refused> {
  const key = { actorId: request.facts.actorId, operation: request.operation, requestKey: request.requestKey };
  for (;;) {
    const record = await findManualAct(key);
    if (record?.fingerprint === request.fingerprint) return { kind: 'announced', record };
    if (record) return refuse('IDEMPOTENCY_KEY_REUSED', KEY_REUSED);
    const courseId = toObjectId(input.courseId);
    if (!courseId || !(await teachesCourse(input.teacher, courseId))) return refuse('NOT_FOUND', NO_SUCH_COURSE);
    const ids = namedIds(input)?.flatMap((id) => toObjectId(id) ?? []) ?? (await everybodyIn(courseId));
    await announceManualAct({ ...newAct(request, new Types.ObjectId(), ids), note: input.note });
  }
}

async function everybodyIn(courseId: Types.ObjectId): Promise<Types.ObjectId[]> {
  const ids = await findStudentIdsOfCourse(courseId, MAX_BONUSES + 1);
  if (ids.length <= MAX_BONUSES) return ids;
  throw new BadInput([
    { path: 'input.studentIds', message: `The course has more than ${MAX_BONUSES} students. Name at most as many.` },
  ]);
}

async function payGroup(
  committer: Committer,
  input: GrantBonuses,
  request: ManualRequest,
  act: ManualActRecord,
  ids: readonly string[],
): Promise<BonusEntry[]> {
  const students = await loadCoursesOfStudents(ids.flatMap((id) => toObjectId(id) ?? []));
  const byId = new Map(students.map((student) => [student._id.toHexString(), student]));
  return Promise.all(
    ids.map(async (id) => ({ studentId: id, outcome: await payOne(committer, input, request, act, byId.get(id)) })),
  );
}

async function payOne(
  committer: Committer,
  { teacher, courseId, points, note }: GrantBonuses,
  request: ManualRequest,
  act: ManualActRecord,
  known: Pick<StudentRecord, '_id' | 'courseIds'> | undefined,
): Promise<ActDone | Refused> {
  const course = toObjectId(courseId)!;
  const refusal = await enrolmentRefusal(teacher, known, course);
  if (!known) return refusal!;
  const subject = { kind: 'bonus', id: act._id } as const;
  const rewardId = new Types.ObjectId();
  return committer.submit<ActDone | Refused>({
    studentId: known._id,
    facts: request.facts,
    lookups: { reward: { subject, operation: request.operation, requestKey: null } },
    decide: (before, { rewards }) => {
      const paid = rewards.find((reward) => reward.subject.kind === 'bonus' && reward.subject.id.equals(act._id));
      // With this request's own id, it was paid by this request, and only the reply of its commit was lost.
      const replayed = !!paid && !paid._id.equals(rewardId);
      if (paid) return { answer: (student) => ({ kind: 'done', student, rewards: [paid], replayed }) };
      // A student who has left the course keeps the answer of what was paid before.
      if (refusal) return { answer: () => refusal };
      const bonus = { points, note, courseId: course, actId: act._id, rewardId };
      const { student, reward } = payBonus(before, bonus, request);
      return {
        writes: { student, rewards: [reward] },
        answer: (now) => ({ kind: 'done', student: now, rewards: [reward], replayed: false }),
      };
    },
  });
}
