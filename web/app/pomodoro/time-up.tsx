import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { EndPomodoroDocument, PomodoroDocument } from '../api/generated/pomodoro';
import { useAnswer } from '../api/use-answer';
import { useServerClock } from '../api/use-server-clock';
import { useGrant } from '../outbox/use-outbox';
import { Notice } from '../ui/notices';
import { preferenceOf } from '../ui/preference';
import { words } from '../words/en';
import { playTimeUp } from './time-up-sound';

/** On every page of a student: when the time of the running session is over, it sounds, and a notice says so. */
export default function TimeUp() {
  const { data } = useAnswer(PomodoroDocument, {});
  const clock = useServerClock();
  const [location] = useLocation();
  const session = data?.me.__typename === 'Student' ? data.me.runningPomodoro : null;
  const end = useGrant(EndPomodoroDocument, `pomodoro:${session?.id}`);
  const running = end.isHeld || end.payload ? null : session;
  /** The session whose end this page waits for: not one that was over before. */
  const awaited = useRef<string | null>(null);
  const [upId, setUpId] = useState<string | null>(null);

  // Each answer sets the timer anew, also after the device was asleep or its clock was set.
  useEffect(() => {
    if (!running) return;
    const { id, endsAt } = running;
    const left = Date.parse(endsAt) - clock.now();
    if (left > 0) awaited.current = id;
    if (awaited.current !== id) return;
    // Not an interval: browsers let those of a hidden tab run once a minute.
    const timer = setTimeout(() => {
      awaited.current = null;
      setUpId(id);
      if (preferenceOf('sound', true)) playTimeUp();
    }, left);
    return () => clearTimeout(timer);
  }, [running, clock]);

  // The page of the timer says it itself.
  if (!running || running.id !== upId || location === '/focus') return null;
  return (
    <Notice kind="ok" onDismiss={() => setUpId(null)}>
      <span>
        {words.focus.timeIsUp} <Link href="/focus">{words.focus.open}</Link>
      </span>
    </Notice>
  );
}
