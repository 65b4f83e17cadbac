import { useEffect, useState } from 'react';
import { useServerClock } from './use-server-clock';

/** "in 5 minutes" changes once a minute. Milliseconds. */
const RELATIVE_TIMES_EVERY_MS = 20_000;

/** The server's time, in milliseconds since 1970, read again and again. */
export function useNow(everyMs: number = RELATIVE_TIMES_EVERY_MS): number {
  const clock = useServerClock();
  const [now, setNow] = useState(clock.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.now()), everyMs);
    return () => clearInterval(timer);
  }, [clock, everyMs]);
  return now;
}
