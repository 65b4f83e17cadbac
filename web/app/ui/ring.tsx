import './chart.css';
import type { ReactNode } from 'react';

const RADIUS = 46;
const LENGTH = 2 * Math.PI * RADIUS;

/**
 * A ring that fills. Its text twin is its name, for instance "120 of 400 xp".
 * @param fraction 0 to 1
 * @param children what stands in its middle
 */
export function Ring({ fraction, label, children }: { fraction: number; label: string; children?: ReactNode }) {
  const done = Math.min(1, Math.max(0, fraction));
  return (
    <div className="ring">
      <svg viewBox="0 0 100 100" role="img" aria-label={label}>
        <circle cx="50" cy="50" r={RADIUS} />
        {done > 0 && (
          <circle
            className="ring-done"
            cx="50"
            cy="50"
            r={RADIUS}
            strokeDasharray={LENGTH}
            strokeDashoffset={LENGTH * (1 - done)}
            transform="rotate(-90 50 50)"
          />
        )}
      </svg>
      <div>{children}</div>
    </div>
  );
}
