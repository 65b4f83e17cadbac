import './paid-reward.css';
import { words } from '../words/en';
import { number, signed } from '../words/format';

export interface PaidRewardProps {
  /** As the server has paid it. */
  readonly reward: {
    readonly xp: number;
    readonly auraPoints: number;
    readonly lines: readonly { readonly rule: string; readonly text: string; readonly points: number }[];
    readonly leveledUp: boolean;
    readonly surplusDiscarded: number;
    readonly newBadges: readonly { readonly id: string; readonly name: string }[];
    readonly after: { readonly level: number };
  };
  /** The request had been paid before: the success that it is. */
  readonly isReplay?: boolean;
}

/** What was paid and why, the level that it reached, and the badges that it brought. */
export function PaidReward({ reward, isReplay = false }: PaidRewardProps) {
  const { xp, auraPoints, lines, leveledUp, surplusDiscarded, newBadges, after } = reward;
  return (
    <div className="paid">
      <p className="paid-points number">{words.paid.points(signed(auraPoints), signed(xp))}</p>
      {isReplay && <p>{words.paid.replayed}</p>}
      <div>
        <h3>{words.paid.why}</h3>
        <ul className="paid-lines">
          {lines.map(({ rule, text, points }) => (
            <li key={rule}>{words.paid.line(text, signed(points))}</li>
          ))}
        </ul>
      </div>
      {leveledUp && (
        <div className="paid-level">
          <h3>{words.paid.level(after.level)}</h3>
          <div className="paid-bar" aria-hidden="true" />
          {surplusDiscarded > 0 && <p>{words.paid.discarded(number(surplusDiscarded))}</p>}
        </div>
      )}
      {newBadges.length > 0 && (
        <div>
          <h3>{words.paid.badges}</h3>
          <ul className="paid-badges">
            {newBadges.map(({ id, name }) => (
              <li key={id}>{name}</li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
