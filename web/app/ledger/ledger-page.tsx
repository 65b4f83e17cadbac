import './ledger.css';
import { Link } from 'wouter';
import { LedgerDocument, type LedgerQuery } from '../api/generated/ledger';
import { useAnswer } from '../api/use-answer';
import { usePages } from '../api/use-pages';
import { useSteadyAnswer } from '../api/use-steady-answer';
import { ButtonLink } from '../ui/button';
import { Card, Page } from '../ui/page';
import { Pager } from '../ui/pager';
import { Answered, Empty } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { dateTime, number, signed } from '../words/format';

type Student = Extract<LedgerQuery['me'], { __typename: 'Student' }>;
type Reward = Student['rewards']['edges'][number]['node'];

export default function LedgerPage() {
  const { after, pagerOf } = usePages();
  const answer = useSteadyAnswer(useAnswer(LedgerDocument, { after }, { dependsOn: ['Reward'] }));
  return (
    <Page title={words.ledger.title}>
      <Answered answer={answer}>
        {({ me }) =>
          me.__typename === 'Student' &&
          (me.rewards.edges.length === 0 ? (
            <Empty>
              <p>{words.ledger.none}</p>
              <ButtonLink href="/focus">{words.focus.open}</ButtonLink>
            </Empty>
          ) : (
            <Card>
              <LedgerTable rewards={me.rewards.edges.map(({ node }) => node)} timeZone={me.timeZone} />
              <Pager {...pagerOf(me.rewards.pageInfo)} />
            </Card>
          ))
        }
      </Answered>
    </Page>
  );
}

const LedgerTable = ({ rewards, timeZone }: { rewards: readonly Reward[]; timeZone: string }) => (
  <Table
    caption={words.ledger.caption}
    rows={rewards}
    rowKey={({ id }) => id}
    columns={[
      { header: words.ledger.what, cell: (reward) => <What reward={reward} /> },
      { header: words.ledger.when, cell: ({ grantedAt }) => dateTime(grantedAt, timeZone) },
      { header: words.ledger.aura, isNumber: true, cell: ({ auraPoints }) => signed(auraPoints) },
      { header: words.ledger.xp, isNumber: true, cell: ({ xp }) => signed(xp) },
      { header: words.ledger.worth, isNumber: true, cell: worthOf },
      { header: words.ledger.why, cell: (reward) => <Why reward={reward} timeZone={timeZone} /> },
      { header: words.ledger.brought, cell: (reward) => <Brought reward={reward} /> },
    ]}
  />
);

function What({ reward: { reason, corrects, submission, pomodoro } }: { reward: Reward }) {
  const assignment = submission?.assignment ?? pomodoro?.assignment;
  const text =
    corrects && reason === 'SUBMISSION_GRADED' ? words.ledger.gradeChanged : textOf(reason, assignment?.title ?? null);
  return assignment ? <Link href={`/assignments/${assignment.id}`}>{text}</Link> : text;
}

function textOf(reason: Reward['reason'], title: string | null): string {
  switch (reason) {
    case 'ASSIGNMENT_SUBMITTED':
      return title === null ? words.ledger.submittedUnknown : words.ledger.submitted(title);
    case 'POMODORO_ENDED':
      return title === null ? words.ledger.focused : words.ledger.focusedOn(title);
    case 'SUBMISSION_GRADED':
      return title === null ? words.ledger.graded : words.ledger.gradedOf(title);
    case 'BONUS':
      return words.ledger.bonus;
    case 'REVOCATION':
      return words.ledger.revocation;
    case 'RESTORATION':
      return words.ledger.restoration;
    case 'EXTENSION':
      return words.ledger.extension;
    case 'OPENING_BALANCE':
      return words.ledger.openingBalance;
  }
}

/** What the row counts for today, beside what it paid where that is something else. */
const worthOf = ({ corrects, worth, xp }: Reward): string => {
  if (corrects) return '';
  return worth === xp ? number(worth) : words.ledger.worthChanged(number(worth), number(xp));
};

/** The steps of the calculation; of what was done by hand, also the words of the person who did it. */
function Why({ reward: { lines, note, by, corrects }, timeZone }: { reward: Reward; timeZone: string }) {
  return (
    <div className="ledger-why">
      {note !== null && <p>{words.ledger.note(note)}</p>}
      {by && <p className="small muted">{words.ledger.by(by.displayName)}</p>}
      {corrects && (
        <p className="small muted">
          {words.ledger.corrects(
            textOf(corrects.reason, corrects.submission?.assignment.title ?? null),
            dateTime(corrects.grantedAt, timeZone),
          )}
        </p>
      )}
      <ul className="ledger-lines">
        {lines.map(({ rule, text, points }) => (
          <li key={rule}>{words.ledger.line(text, signed(points))}</li>
        ))}
      </ul>
    </div>
  );
}

/** Level-up and badges, or what a correction took along: said once, and without drama. */
function Brought({ reward }: { reward: Reward }) {
  const { before, after, lostBadges } = reward;
  return (
    <>
      {broughtBy(reward)}
      {after.level < before.level && <p>{words.ledger.lostLevel(after.level)}</p>}
      {lostBadges.map(({ id, name }) => (
        <p key={id}>{words.ledger.lostBadge(name)}</p>
      ))}
    </>
  );
}

/** Level-up and badges. */
const broughtBy = ({ leveledUp, after, surplusDiscarded, newBadges }: Reward): string =>
  [
    leveledUp && words.ledger.levelUp(after.level),
    surplusDiscarded > 0 && words.ledger.discarded(number(surplusDiscarded)),
    ...newBadges.map(({ name }) => name),
  ]
    .filter(Boolean)
    .join(', ');
