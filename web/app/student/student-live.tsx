import { useEffect } from 'react';
import { StudentPaidDocument, StudentTimerChangedDocument } from '../api/generated/student';
import { useRereads } from '../api/use-rereads';
import { useLive, useLiveStatus } from '../live/use-live';
import { words } from '../words/en';
import { time } from '../words/format';

/** How often a page without live updates asks again. Milliseconds; a class of 30 then costs 2 requests a second. */
const ASK_EVERY_MS = 15_000;

/** Keeps the student's pages up to date with what happens on other devices, and says whether it does. */
export function StudentLive() {
  const { ask } = useRereads();
  const { kind, since } = useLiveStatus();
  useLive(StudentPaidDocument, { next: ask, resumed: ask });
  useLive(StudentTimerChangedDocument, { next: ask });
  useEffect(() => {
    if (kind !== 'lost') return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') ask();
    }, ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, [kind, ask]);
  return <p className="small muted student-live">{textOf(kind, since)}</p>;
}

function textOf(kind: 'connecting' | 'live' | 'lost', since: number): string {
  if (kind === 'lost') return words.live.lost(time(since));
  return kind === 'live' ? words.live.on : words.live.connecting;
}
