import { useEffect, useState } from 'react';
import { useServerClock } from './use-server-clock';

/** The server's time, in milliseconds since 1970, read again and again. */
export function useNow(everyMs: number): number {
  const clock = useServerClock();
  const [now, setNow] = useState(clock.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.now()), everyMs);
    return () => clearInterval(timer);
  }, [clock, everyMs]);
  return now;
}
