import { useRef, useState } from 'react';
import {
  EndPomodoroDocument,
  PomodoroChangedDocument,
  type SharedSessionFragment as Session,
  StartPomodoroDocument,
} from '../api/generated/pomodoro';
import { useSend } from '../api/use-send';
import { useLive } from '../live/use-live';
import { useGrant } from '../outbox/use-outbox';
import { words } from '../words/en';
import { deviceName } from './device-name';

/** How this device came to the running session: it began it, it joined it, or the session was there before the page. */
export type Origin = 'here' | 'joined' | 'found';

/** What was heard of a session, and when the query that was shown then had been answered. */
interface Heard {
  readonly session: Session;
  readonly answerAsOf: number;
}

/**
 * The session that all devices of the student share. It follows the events and the answers of this device's mutations
 * at once. A query that is answered later wins over both.
 * @param answered the running session of the query that was answered at `asOf`
 */
export function useSharedSession(answered: Session | null, asOf: number) {
  const latestAsOf = useRef(asOf);
  latestAsOf.current = asOf;
  const [heard, setHeard] = useState<Heard | null>(null);
  const hear = (session: Session) => setHeard({ session, answerAsOf: latestAsOf.current });
  const starting = useStart(hear);
  useLive(PomodoroChangedDocument, {
    next({ pomodoroChanged: session }) {
      hear(session);
      if (session.status === 'RUNNING') starting.follow(session.id);
    },
  });

  // Not the later of two times: the clock may have been set back between them.
  const current = heard?.answerAsOf === asOf ? heard.session : answered;
  const running = current?.status === 'RUNNING' ? current : null;
  // The end of the last session is shown until another one runs.
  const lastId = useRef('');
  if (running) lastId.current = running.id;
  const end = useGrant(EndPomodoroDocument, `pomodoro:${lastId.current}`);
  const endedElsewhere = heard !== null && heard.session.status !== 'RUNNING' ? heard.session : null;

  return {
    running: end.payload ? null : running,
    origin: running ? starting.originOf(running.id) : null,
    ended: end.payload?.session ?? endedElsewhere,
    isEndedHere: end.payload !== null,
    isReplay: end.payload?.replayed ?? false,
    grant: end,
    start: starting.start,
    isStarting: starting.isStarting,
    end: (session: Session) =>
      end.send({
        label: words.focus.end,
        variables: (idempotencyKey) => ({ input: { sessionId: session.id, idempotencyKey } }),
      }),
  };
}

/** Starting needs the server: the session is one for all devices, so a device alone cannot know that it runs. */
function useStart(onSession: (session: Session) => void) {
  const send = useSend(StartPomodoroDocument);
  const [origins, setOrigins] = useState<Readonly<Record<string, Origin>>>({});
  const [isStarting, setIsStarting] = useState(false);
  const inFlight = useRef(false);

  return {
    isStarting,
    originOf: (id: string): Origin => origins[id] ?? 'found',
    /** An event says that a session runs. The answer of a start of this device says more. */
    follow(id: string) {
      if (!inFlight.current) setOrigins((known) => ({ [id]: 'joined', ...known }));
    },
    /** @returns why it did not start; null if it runs */
    async start(plannedMinutes: number, assignmentId: string | null): Promise<string | null> {
      if (inFlight.current) return null;
      inFlight.current = true;
      setIsStarting(true);
      const { result, failure } = await send({ input: { plannedMinutes, assignmentId, device: deviceName() } });
      inFlight.current = false;
      setIsStarting(false);
      if (failure)
        return failure.code === 'OFFLINE' ? words.focus.needsServer : (failure.message ?? words.focus.notStarted);
      setOrigins((known) => ({ ...known, [result.session.id]: result.joined ? 'joined' : 'here' }));
      onSession(result.session);
      return null;
    },
  };
}
