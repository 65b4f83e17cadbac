import './pomodoro.css';
import { PomodoroDocument, type SharedSessionFragment as Session } from '../api/generated/pomodoro';
import { useAnswer } from '../api/use-answer';
import { GrantState } from '../outbox/outbox-list';
import { Button } from '../ui/button';
import { CheckboxField } from '../ui/field';
import { Card, Page } from '../ui/page';
import { PaidReward } from '../ui/paid-reward';
import { usePreference } from '../ui/preference';
import { Answered } from '../ui/states';
import { words } from '../words/en';
import { time } from '../words/format';
import { StartForm } from './start-form';
import { RunningTimer } from './timer';
import { type Origin, useSharedSession } from './use-shared-session';
import { useSpaceBar } from './use-space-bar';

export default function PomodoroPage() {
  const answer = useAnswer(PomodoroDocument, {});
  return (
    <Page title={words.focus.title}>
      <Answered answer={answer}>
        {({ me }) =>
          me.__typename === 'Student' && (
            <SharedSession answered={me.runningPomodoro} asOf={answer.asOf ?? 0} timeZone={me.timeZone} />
          )
        }
      </Answered>
    </Page>
  );
}

function SharedSession({ answered, asOf, timeZone }: { answered: Session | null; asOf: number; timeZone: string }) {
  const shared = useSharedSession(answered, asOf);
  const [hidesSeconds, hideSeconds] = usePreference('hide-seconds', false);
  const { running, ended } = shared;
  return (
    <div className={running ? 'timer timer-running' : 'timer'}>
      {!running && ended && <Ended session={ended} isHere={shared.isEndedHere} isReplay={shared.isReplay} />}
      {running ? (
        <Running key={running.id} session={running} shared={shared} timeZone={timeZone} hidesSeconds={hidesSeconds} />
      ) : (
        <StartForm start={shared.start} isStarting={shared.isStarting} />
      )}
      <div className="timer-quiet">
        <p className="muted small">{words.focus.keys}</p>
        <CheckboxField
          label={words.focus.hideSeconds}
          checked={hidesSeconds}
          onChange={({ target }) => hideSeconds(target.checked)}
        />
      </div>
    </div>
  );
}

function Running({
  session,
  shared: { end, grant, origin },
  timeZone,
  hidesSeconds,
}: {
  session: Session;
  shared: ReturnType<typeof useSharedSession>;
  timeZone: string;
  hidesSeconds: boolean;
}) {
  const { endsAt, plannedMinutes, startedAt, device, assignment } = session;
  const endOnce = () => {
    if (!grant.isHeld) end(session);
  };
  useSpaceBar(endOnce);
  return (
    <>
      <RunningTimer endsAt={endsAt} plannedMinutes={plannedMinutes} hidesSeconds={hidesSeconds} />
      <Button look="primary" aria-disabled={grant.isHeld} onClick={endOnce}>
        {words.focus.end}
      </Button>
      <p className="muted">{words.focus.payHint}</p>
      <p role="status">{originText(origin, time(startedAt, timeZone), device)}</p>
      {assignment && <p>{words.focus.about(assignment.title)}</p>}
      <GrantState grant={grant} />
    </>
  );
}

function originText(origin: Origin | null, at: string, device: string | null): string {
  if (origin === 'here') return words.focus.startedHere(at);
  return origin === 'joined' ? words.focus.joined(at, device) : words.focus.found(at, device);
}

function Ended({
  session: { status, focusedSeconds, reward },
  isHere,
  isReplay,
}: {
  session: Session;
  isHere: boolean;
  isReplay: boolean;
}) {
  return (
    <div className="timer-ended" role="status">
      <Card title={isHere ? words.focus.ended : words.focus.endedElsewhere} takesFocus>
        {status === 'COMPLETED' && <p>{words.focus.completed(Math.floor((focusedSeconds ?? 0) / 60))}</p>}
        {status === 'ABANDONED' && <p>{words.focus.abandoned}</p>}
        {status === 'EXPIRED' && <p>{words.focus.expired}</p>}
        {reward && <PaidReward reward={reward} isReplay={isReplay} />}
      </Card>
    </div>
  );
}
