import { fingerprintOf, submissionFingerprint } from '../granting/find-replay.js';
import { groupBy } from '../group-by.js';
import { currentRules, expiresAt, isLate, type PomodoroOutcome, pomodoroOutcome } from '../rewards/index.js';
import type { FormerTextRecord } from '../storage/models/former-text.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import type { Findings } from './drift.js';
import {
  digestOf,
  pathOfRow,
  pathOfSession,
  pathOfSubmission,
  pathOfText,
  type StudentSnapshot,
} from './student-snapshot.js';

interface Row {
  readonly row: RewardRecord;
  readonly path: string;
}

/** The ledger rows of one kind of action that no submission or session has claimed yet. Each can be claimed once. */
class UnclaimedRewards {
  readonly #byId = new Map<string, Row>();
  readonly #bySubject = new Map<string, Row>();

  constructor(rewards: readonly RewardRecord[], kind: RewardRecord['action']['kind']) {
    for (const [position, row] of rewards.entries()) {
      if (row.action.kind !== kind) continue;
      const entry = { row, path: pathOfRow(position) };
      this.#byId.set(row._id.toHexString(), entry);
      this.#bySubject.set(row.subject.id.toHexString(), entry);
    }
  }

  /** Claims the row with this reward id, or else the row for this subject, because either reference may be wrong. */
  take(rewardId: string | undefined, subjectId: string): Row | undefined {
    const found = this.#byId.get(rewardId ?? '') ?? this.#bySubject.get(subjectId);
    if (!found || !this.#byId.delete(found.row._id.toHexString())) return undefined;
    return found;
  }

  get rest(): Iterable<Row> {
    return this.#byId.values();
  }
}

/** Checks that each submission and completed session has a matching reward, and each reward a matching subject. */
export function checkSubjects(
  { rewards, submissions, formerTexts, sessions }: StudentSnapshot,
  findings: Findings,
): void {
  const textsOf = groupBy(formerTexts, ({ submissionId }) => submissionId.toHexString());
  const forSubmissions = new UnclaimedRewards(rewards, 'AssignmentSubmitted');
  for (const submission of submissions) {
    const id = submission._id.toHexString();
    checkSubmission({ submission, texts: textsOf.get(id) ?? [] }, forSubmissions, findings);
    textsOf.delete(id);
  }
  for (const stray of [...textsOf.values()].flat()) {
    findings.add(`${pathOfText(stray)}.submissionId`, stray.submissionId, undefined);
  }
  const forSessions = new UnclaimedRewards(rewards, 'PomodoroEnded');
  for (const session of sessions) checkSession(session, forSessions, findings);
  for (const { rest } of [forSubmissions, forSessions]) {
    for (const { row, path } of rest) findings.add(`${path}.subject`, row.subject, undefined);
  }
}

interface SubmissionTexts {
  readonly submission: SubmissionRecord;
  /** The former texts, sorted by revision. */
  readonly texts: readonly FormerTextRecord[];
}

function checkSubmission(written: SubmissionTexts, unclaimedRewards: UnclaimedRewards, findings: Findings): void {
  const { submission } = written;
  const path = pathOfSubmission(submission);
  const { rewardId, assignmentId, submittedAt, late } = submission;
  checkRevisions(written, findings);
  const found = unclaimedRewards.take(rewardId.toHexString(), assignmentId.toHexString());
  findings.compare(`${path}.rewardId`, rewardId, found?.row._id);
  if (found?.row.action.kind !== 'AssignmentSubmitted') return;
  const { row, path: ofRow } = found;
  const { at, dueDate } = found.row.action;
  findings.compareCopies(`${path}.assignmentId`, assignmentId, `${ofRow}.subject.id`, row.subject.id);
  findings.compareCopies(`${path}.submittedAt`, submittedAt, `${ofRow}.action.at`, at);
  findings.compare(`${path}.late`, late, isLate(dueDate, at));
  checkFirstText(written, found, findings);
}

/**
 * Checks that each revision has one former text, and that each text differs from the next one. There may be one more: a
 * copy of the current text, if a revision had saved it but not yet replaced it.
 */
function checkRevisions({ submission, texts }: SubmissionTexts, findings: Findings): void {
  const path = pathOfSubmission(submission);
  const { content, revision, revisedAt, submittedAt } = submission;
  if ((revisedAt === null) !== (revision === 0)) {
    findings.add(`${path}.revisedAt`, revisedAt, revision === 0 ? null : 'the time of the last revision');
  }
  const digests = [...texts.map(digestOfText), digestOf(content)];
  const isAhead = texts.length === revision + 1 && digests.at(-2) === digests.at(-1);
  if (texts.length !== revision && !isAhead) findings.add(`${path}.revision`, revision, texts.length);
  for (const [position, text] of texts.entries()) {
    const ofText = pathOfText(text);
    findings.compare(`${ofText}.revision`, text.revision, position);
    if (position < revision && digests[position] === digests[position + 1]) {
      findings.add(`${ofText}.content`, 'the same text as the next one', 'a text that differs from the next one');
    }
    const [written, at] = position === 0 ? ['submittedAt', submittedAt] : ['revisedAt', revisedAt];
    if (position === 0 || position === revision) {
      findings.compareCopies(`${ofText}.writtenAt`, text.writtenAt, `${path}.${written}`, at);
    }
  }
}

/** The first text is stored in full in the snapshot; the others are digests already. */
const digestOfText = ({ revision, content }: FormerTextRecord): string =>
  revision === 0 ? digestOf(content) : content;

/** Compares the first text with the fingerprint in its ledger row. Reports never contain the texts themselves. */
function checkFirstText({ submission, texts }: SubmissionTexts, { row, path }: Row, findings: Findings): void {
  const { assignmentId, content } = submission;
  const first = texts.find(({ revision }) => revision === 0);
  const handedIn = [assignmentId.toHexString(), first?.content ?? content] as const;
  const fingerprint = submissionFingerprint(...handedIn);
  // Older versions made the fingerprint without the mark that submissionFingerprint adds.
  if (row.fingerprint === fingerprint || row.fingerprint === fingerprintOf(...handedIn)) return;
  findings.add(`${path}.fingerprint`, row.fingerprint, fingerprint);
  findings.add(
    `${first ? pathOfText(first) : pathOfSubmission(submission)}.content`,
    `a text with the fingerprint ${fingerprint}`,
    `the text with the fingerprint ${row.fingerprint}`,
  );
}

function checkSession(session: PomodoroSessionRecord, unclaimedRewards: UnclaimedRewards, findings: Findings): void {
  const path = pathOfSession(session);
  const found = unclaimedRewards.take(session.rewardId?.toHexString(), session._id.toHexString());
  const outcome = outcomeOf(session);
  const unpaid = outcome.status === 'COMPLETED' ? 'the reward of a completed session' : null;
  findings.compare(`${path}.rewardId`, session.rewardId, found?.row._id ?? unpaid);
  findings.compare(`${path}.status`, session.status, outcome.status);
  findings.compare(`${path}.endedAt`, session.endedAt, outcome.endedAt);
  findings.compare(`${path}.focusedSeconds`, session.focusedSeconds, outcome.focusedSeconds);
  if (outcome.status === 'EXPIRED' && +session.endedAt !== +outcome.endedAt) {
    // Any of the three values may be wrong.
    findings.add(`${path}.startedAt`, session.startedAt, 'endedAt minus the time until expiry');
    findings.add(
      `${path}.plannedMinutes`,
      session.plannedMinutes,
      'the planned length that makes it expire at endedAt',
    );
  }
  if (found) checkPaidSession(session, outcome, found, findings);
}

function checkPaidSession(
  session: PomodoroSessionRecord,
  { focusedSeconds }: PomodoroOutcome,
  { row, path: ofRow }: Row,
  findings: Findings,
): void {
  const { action } = row;
  if (action.kind !== 'PomodoroEnded') return;
  const path = pathOfSession(session);
  const { _id, requestKey, plannedMinutes, startedAt, endedAt } = session;
  findings.compare(`${ofRow}.subject.id`, row.subject.id, _id);
  findings.compare(`${ofRow}.fingerprint`, row.fingerprint, fingerprintOf(_id.toHexString()));
  findings.compare(`${ofRow}.action.focusedSeconds`, action.focusedSeconds, focusedSeconds);
  findings.compareCopies(`${path}.requestKey`, requestKey, `${ofRow}.requestKey`, row.requestKey);
  findings.compareCopies(
    `${path}.plannedMinutes`,
    plannedMinutes,
    `${ofRow}.action.plannedMinutes`,
    action.plannedMinutes,
  );
  // If the clock went backwards, the session's end is its start, and differs from the time of the action.
  if (action.at >= startedAt) findings.compareCopies(`${path}.endedAt`, endedAt, `${ofRow}.action.at`, action.at);
}

/**
 * Derives the outcome of a session from its end. Three fields show whether it expired; two of them decide, because one
 * may be wrong. An unpaid session stores no rules version; all versions so far have the same durations.
 */
function outcomeOf(session: PomodoroSessionRecord): PomodoroOutcome {
  const expiry = expiresAt(session, currentRules);
  const signs = [session.status === 'EXPIRED', session.focusedSeconds === null, +session.endedAt === +expiry];
  return signs.filter(Boolean).length > 1
    ? { status: 'EXPIRED', endedAt: expiry, focusedSeconds: null }
    : pomodoroOutcome(session, session.endedAt, currentRules);
}
