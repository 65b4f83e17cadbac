import { fingerprintOf, submissionFingerprint } from '../granting/find-replay.js';
import { groupBy } from '../group-by.js';
import { currentRules, expiresAt, isLate, type PomodoroOutcome, pomodoroOutcome } from '../rewards/index.js';
import type { FormerTextRecord } from '../storage/models/former-text.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { type Books, digestOf, pathOfRow, pathOfSession, pathOfSubmission, pathOfText } from './books.js';
import type { Findings } from './drift.js';

interface Row {
  readonly row: RewardRecord;
  readonly path: string;
}

/** The rows of one kind of subject; each is taken once, by the document that it was paid for. */
class Unclaimed {
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

  /** The row that a document names, or else the one that was paid for the same: one of the two may be wrong. */
  take(rewardId: string | undefined, subjectId: string): Row | undefined {
    const found = this.#byId.get(rewardId ?? '') ?? this.#bySubject.get(subjectId);
    if (!found || !this.#byId.delete(found.row._id.toHexString())) return undefined;
    return found;
  }

  get rest(): Iterable<Row> {
    return this.#byId.values();
  }
}

/** Every submission and every completed session has its reward, and every reward its subject; they say the same. */
export function checkSubjects({ rewards, submissions, formerTexts, sessions }: Books, findings: Findings): void {
  const textsOf = groupBy(formerTexts, ({ submissionId }) => submissionId.toHexString());
  const forSubmissions = new Unclaimed(rewards, 'AssignmentSubmitted');
  for (const submission of submissions) {
    const id = submission._id.toHexString();
    checkSubmission({ submission, texts: textsOf.get(id) ?? [] }, forSubmissions, findings);
    textsOf.delete(id);
  }
  for (const stray of [...textsOf.values()].flat()) {
    findings.add(`${pathOfText(stray)}.submissionId`, stray.submissionId, undefined);
  }
  const forSessions = new Unclaimed(rewards, 'PomodoroEnded');
  for (const session of sessions) checkSession(session, forSessions, findings);
  for (const { rest } of [forSubmissions, forSessions]) {
    for (const { row, path } of rest) findings.add(`${path}.subject`, row.subject, undefined);
  }
}

interface Written {
  readonly submission: SubmissionRecord;
  /** Those before, in the order of their revisions. */
  readonly texts: readonly FormerTextRecord[];
}

function checkSubmission(written: Written, unclaimed: Unclaimed, findings: Findings): void {
  const { submission } = written;
  const path = pathOfSubmission(submission);
  const { rewardId, assignmentId, submittedAt, late } = submission;
  checkRevisions(written, findings);
  const found = unclaimed.take(rewardId.toHexString(), assignmentId.toHexString());
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
 * There is a former text for each revision, and each is another one than the text that follows it. One more may be there,
 * the current one: a revision was about to replace it.
 */
function checkRevisions({ submission, texts }: Written, findings: Findings): void {
  const path = pathOfSubmission(submission);
  const { content, revision, revisedAt, submittedAt } = submission;
  if ((revisedAt === null) !== (revision === 0)) {
    findings.add(`${path}.revisedAt`, revisedAt, revision === 0 ? null : 'when it was revised last');
  }
  const digests = [...texts.map(digestOfText), digestOf(content)];
  const isAhead = texts.length === revision + 1 && digests.at(-2) === digests.at(-1);
  if (texts.length !== revision && !isAhead) findings.add(`${path}.revision`, revision, texts.length);
  for (const [position, text] of texts.entries()) {
    const ofText = pathOfText(text);
    findings.compare(`${ofText}.revision`, text.revision, position);
    if (position < revision && digests[position] === digests[position + 1]) {
      findings.add(`${ofText}.content`, 'the text that follows it', 'another text');
    }
    const [written, at] = position === 0 ? ['submittedAt', submittedAt] : ['revisedAt', revisedAt];
    if (position === 0 || position === revision) {
      findings.compareCopies(`${ofText}.writtenAt`, text.writtenAt, `${path}.${written}`, at);
    }
  }
}

/** Only the text that was handed in is there as a text. */
const digestOfText = ({ revision, content }: FormerTextRecord): string =>
  revision === 0 ? digestOf(content) : content;

/** The row has the fingerprint of the text as it was first handed in. The texts themselves belong in no report. */
function checkFirstText({ submission, texts }: Written, { row, path }: Row, findings: Findings): void {
  const { assignmentId, content } = submission;
  const first = texts.find(({ revision }) => revision === 0);
  const handedIn = [assignmentId.toHexString(), first?.content ?? content] as const;
  const fingerprint = submissionFingerprint(...handedIn);
  // Older servers made it of the text alone.
  if (row.fingerprint === fingerprint || row.fingerprint === fingerprintOf(...handedIn)) return;
  findings.add(`${path}.fingerprint`, row.fingerprint, fingerprint);
  findings.add(
    `${first ? pathOfText(first) : pathOfSubmission(submission)}.content`,
    `a text with the fingerprint ${fingerprint}`,
    `the text with the fingerprint ${row.fingerprint}`,
  );
}

function checkSession(session: PomodoroSessionRecord, unclaimed: Unclaimed, findings: Findings): void {
  const path = pathOfSession(session);
  const found = unclaimed.take(session.rewardId?.toHexString(), session._id.toHexString());
  const outcome = outcomeOf(session);
  const unpaid = outcome.status === 'COMPLETED' ? 'the reward of a completed session' : null;
  findings.compare(`${path}.rewardId`, session.rewardId, found?.row._id ?? unpaid);
  findings.compare(`${path}.status`, session.status, outcome.status);
  findings.compare(`${path}.endedAt`, session.endedAt, outcome.endedAt);
  findings.compare(`${path}.focusedSeconds`, session.focusedSeconds, outcome.focusedSeconds);
  if (outcome.status === 'EXPIRED' && +session.endedAt !== +outcome.endedAt) {
    // Any of the three may be wrong.
    findings.add(`${path}.startedAt`, session.startedAt, 'as long before endedAt as it takes to expire');
    findings.add(`${path}.plannedMinutes`, session.plannedMinutes, 'the time to endedAt without that until expiry');
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
  // A clock that moved back counts as standing still: a session never ends before it was started.
  if (action.at >= startedAt) findings.compareCopies(`${path}.endedAt`, endedAt, `${ofRow}.action.at`, action.at);
}

/**
 * What the rules say of a session that ended at this moment. Whether it expired is told by three fields, of which one
 * may be wrong. A session that was not paid does not name its rules; all versions so far have the same lengths.
 */
function outcomeOf(session: PomodoroSessionRecord): PomodoroOutcome {
  const expiry = expiresAt(session, currentRules);
  const signs = [session.status === 'EXPIRED', session.focusedSeconds === null, +session.endedAt === +expiry];
  return signs.filter(Boolean).length > 1
    ? { status: 'EXPIRED', endedAt: expiry, focusedSeconds: null }
    : pomodoroOutcome(session, session.endedAt, currentRules);
}
