import { words } from '../words/en';
import { signed } from '../words/format';

export interface RewardShown {
  readonly lines: readonly { readonly rule: string; readonly text: string; readonly points: number }[];
  readonly leveledUp: boolean;
  readonly surplusDiscarded: number;
  readonly newBadges: readonly { readonly id: string; readonly name: string }[];
  /** Of a row of the ledger, which may take something away. */
  readonly lostBadges?: readonly { readonly id: string; readonly name: string }[];
  readonly before?: { readonly level: number };
  readonly after?: { readonly level: number };
}

/** How the points of a reward came about, and what else it brought. */
export const RewardLines = ({ reward }: { reward: RewardShown }) => {
  const { lines, leveledUp, surplusDiscarded, newBadges, lostBadges = [], before, after } = reward;
  return (
    <ul className="lines">
      {lines.map(({ rule, text, points }) => (
        <li key={rule}>{words.reward.line(text, signed(points))}</li>
      ))}
      {leveledUp && <li>{words.reward.levelUp}</li>}
      {surplusDiscarded > 0 && <li>{words.reward.discarded(surplusDiscarded)}</li>}
      {newBadges.map(({ id, name }) => (
        <li key={id}>{words.reward.badge(name)}</li>
      ))}
      {before && after && after.level < before.level && <li>{words.reward.levelDown}</li>}
      {lostBadges.map(({ id, name }) => (
        <li key={id}>{words.reward.badgeLost(name)}</li>
      ))}
    </ul>
  );
};
