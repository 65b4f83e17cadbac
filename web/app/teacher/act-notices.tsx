import './act-notices.css';
import { useState } from 'react';
import { useNow } from '../api/use-now';
import type { Entry } from '../outbox/entry';
import { isWaiting } from '../outbox/outbox';
import { whyRefused } from '../outbox/outbox-list';
import { useEntries, useOutbox } from '../outbox/use-outbox';
import { Button } from '../ui/button';
import { Notice, notify } from '../ui/notices';
import { words } from '../words/en';
import { type Act, answerOf, type Memo, undoing } from './correction';
import { useActs } from './use-acts';

/**
 * What is settled is shown so long. After that, the row of the ledger has a button that undoes the same, and the header
 * leads to what was refused. Milliseconds.
 */
const OFFERED_FOR_MS = 10 * 60_000;
/** More would cover the page. */
const MOST_SHOWN = 2;
/** "Offered for" is looked at so often. Milliseconds. */
const LOOKS_EVERY_MS = 20_000;

/**
 * What became of the latest things that a teacher put right, with their undoing. It shows what the outbox holds, so it is
 * the same after a reload and in every tab.
 */
export default function ActNotices() {
  const now = useNow(LOOKS_EVERY_MS);
  const acts = actsOf(useEntries() ?? []).filter(({ entries }) => entries.some((entry) => isShown(entry, now)));
  return acts.slice(-MOST_SHOWN).map(({ act, entries }) => <ActNotice key={act.id} act={act} entries={entries} />);
}

interface ActOfEntries {
  readonly act: Act;
  readonly entries: readonly Entry[];
}

/** The oldest first. */
function actsOf(entries: readonly Entry[]): readonly ActOfEntries[] {
  const acts = new Map<string, { act: Act; entries: Entry[] }>();
  for (const entry of entries) {
    const { act } = (entry.memo ?? {}) as Partial<Memo>;
    if (!act) continue;
    const known = acts.get(act.id) ?? { act, entries: [] };
    known.entries.push(entry);
    acts.set(act.id, known);
  }
  return [...acts.values()];
}

const isShown = (entry: Entry, now: number): boolean =>
  isWaiting(entry) ||
  ((entry.outcome.kind === 'accepted' || entry.outcome.kind === 'refused') && now - entry.outcome.at < OFFERED_FOR_MS);

function ActNotice({ act, entries }: ActOfEntries) {
  const outbox = useOutbox();
  const acts = useActs();
  const [isUndoing, setIsUndoing] = useState(false);
  const accepted = entries.filter(({ outcome }) => outcome.kind === 'accepted');
  const refusal = entries.map(({ outcome }) => (outcome.kind === 'refused' ? outcome.refusal : null)).find(Boolean);
  const waiting = entries.filter(isWaiting);
  if (waiting.length > 0)
    return act.students > 1 ? (
      <Progress act={act} entries={entries} />
    ) : (
      waiting.some(({ attempts }) => attempts > 1) && <Notice kind="warn">{words.correction.waits(act.label)}</Notice>
    );

  const dismiss = () => Promise.all(entries.map(({ id }) => outbox.dismiss(id)));
  const parts = undoing(act.undo, accepted);

  async function undo() {
    if (isUndoing) return;
    setIsUndoing(true);
    const problems = await acts.store(
      {
        id: `${act.id} undo`,
        label: words.correction.undoing(act.label),
        done: words.correction.undone(act.label),
        students: parts.length,
        undo: null,
      },
      parts,
    );
    // The undo is stored: the same act cannot be undone again.
    if (problems) notify(problems.message ?? '', 'warn');
    else await dismiss();
    setIsUndoing(false);
  }

  return (
    <Notice kind={refusal ? 'warn' : 'ok'} onDismiss={dismiss}>
      <span>{textOf(act, entries, accepted, refusal ? whyRefused(refusal) : null)}</span>
      {parts.length > 0 && (
        <Button look="link" onClick={undo}>
          {words.correction.undo}
        </Button>
      )}
    </Notice>
  );
}

const studentsOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { memo }) => sum + (memo as Memo).students, 0);

/** How many students of a class have their bonus. A bar of two colours would say less than the number. */
function Progress({ act, entries }: ActOfEntries) {
  const ready = studentsOf(entries.filter((entry) => !isWaiting(entry)));
  const text = words.correction.progress(act.label, ready, act.students);
  return (
    <Notice kind="ok">
      <span className="number">{text}</span>
      <progress className="act-progress" value={ready} max={act.students} aria-label={text} />
    </Notice>
  );
}

/** What was done, and what it brought along. @param why a part of it, or all, was refused */
function textOf(act: Act, entries: readonly Entry[], accepted: readonly Entry[], why: string | null): string {
  if (accepted.length === 0) return words.correction.refused(act.label, why ?? '');
  const answers = accepted.map((entry) => answerOf(entry)!);
  const left = answers.flatMap(({ entries = [] }) => entries.filter(({ result }) => result.__typename === 'Refusal'));
  const badges = answers.flatMap(({ lostBadges = [] }) => lostBadges.map(({ name }) => name));
  return [
    // Of a class, a portion may have been refused or given up.
    accepted.length === entries.length
      ? act.done
      : words.correction.partlyDone(act.label, studentsOf(accepted), act.students),
    why,
    left.length > 0 && words.correction.notPaid(left.length, left[0]!.result.message ?? ''),
    answers.some(({ leveledDown }) => leveledDown) && words.correction.levelLost,
    badges.length > 0 && words.correction.badgesLost(badges.join(', ')),
  ]
    .filter(Boolean)
    .join(' ');
}
