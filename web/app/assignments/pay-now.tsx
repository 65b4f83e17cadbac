import { type LevelState, nextLevelWith } from '../api/next-level';
import { words } from '../words/en';
import { number, signed } from '../words/format';

/** What handing in pays by the server's rules, and what of it would be lost. @param points null: nothing is accepted */
export function PayNow({ points, student }: { points: number | null; student: LevelState }) {
  if (points === null) return null;
  const next = nextLevelWith(student, points);
  return (
    <p>
      <strong>{words.assignment.paysNow(signed(points))}</strong> {next && words.assignment.levelsUp(next.level)}{' '}
      {next && next.discarded > 0 && words.assignment.discards(number(next.discarded))}
    </p>
  );
}
