import type { ReactNode } from 'react';
import { useNow } from '../api/use-now';
import { Ring } from '../ui/ring';
import { words } from '../words/en';

const MINUTE_MS = 60_000;
/** A second never lasts visibly longer than another. Milliseconds. */
const TICK_MS = 200;

/** The number and the ring of a session that runs, by the server's clock. */
export function RunningTimer({
  endsAt,
  plannedMinutes,
  hidesSeconds,
}: {
  endsAt: string;
  plannedMinutes: number;
  hidesSeconds: boolean;
}) {
  const now = useNow(TICK_MS);
  const planned = plannedMinutes * MINUTE_MS;
  const left = Math.min(planned, Math.max(0, Date.parse(endsAt) - now));
  // As the number counts them: with seconds beside them, or without.
  const minutes = (hidesSeconds ? Math.ceil : Math.floor)(left / MINUTE_MS);
  const label =
    left === 0
      ? words.focus.timeIsUp
      : minutes === 0
        ? words.focus.lessThanAMinute(plannedMinutes)
        : words.focus.left(minutes, plannedMinutes);
  return (
    <>
      <Dial fraction={1 - left / planned} label={label}>
        {hidesSeconds ? (
          <>
            {minutes} <span className="timer-unit">{words.focus.minutesUnit}</span>
          </>
        ) : (
          clockText(Math.ceil(left / 1_000))
        )}
      </Dial>
      <p className="timer-word" role="status">
        {left === 0 && words.focus.timeIsUp}
      </p>
    </>
  );
}

/** @param label the text twin of the ring */
export const Dial = ({ fraction, label, children }: { fraction: number; label: string; children: ReactNode }) => (
  <Ring fraction={fraction} label={label}>
    <span className="timer-number" role="timer" data-takes-focus>
      {children}
    </span>
  </Ring>
);

/** 25:00 */
export function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
