import { words } from '../words/en';
import { signed } from '../words/format';

export interface RewardShown {
  readonly lines: readonly { readonly rule: string; readonly text: string; readonly points: number }[];
  readonly leveledUp: boolean;
  readonly surplusDiscarded: number;
  readonly newBadges: readonly { readonly id: string; readonly name: string }[];
}

/** How the points of a reward came about, and what else it brought. */
export const RewardLines = ({ reward: { lines, leveledUp, surplusDiscarded, newBadges } }: { reward: RewardShown }) => (
  <ul className="lines">
    {lines.map(({ rule, text, points }) => (
      <li key={rule}>{words.reward.line(text, signed(points))}</li>
    ))}
    {leveledUp && <li>{words.reward.levelUp}</li>}
    {surplusDiscarded > 0 && <li>{words.reward.discarded(surplusDiscarded)}</li>}
    {newBadges.map(({ id, name }) => (
      <li key={id}>{words.reward.badge(name)}</li>
    ))}
  </ul>
);
