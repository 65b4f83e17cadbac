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
              <ButtonLink href="/focus">{words.ledger.startFocus}</ButtonLink>
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
      {
        header: words.ledger.why,
        cell: ({ lines }) => (
          <ul className="ledger-lines">
            {lines.map(({ rule, text, points }) => (
              <li key={rule}>{words.ledger.line(text, signed(points))}</li>
            ))}
          </ul>
        ),
      },
      { header: words.ledger.brought, cell: broughtBy },
    ]}
  />
);

function What({ reward: { reason, submission, pomodoro } }: { reward: Reward }) {
  const assignment = submission?.assignment ?? pomodoro?.assignment;
  const text = textOf(reason, assignment?.title ?? null);
  return assignment ? <Link href={`/assignments/${assignment.id}`}>{text}</Link> : text;
}

function textOf(reason: Reward['reason'], title: string | null): string {
  switch (reason) {
    case 'ASSIGNMENT_SUBMITTED':
      return title === null ? words.ledger.submittedUnknown : words.ledger.submitted(title);
    case 'POMODORO_ENDED':
      return title === null ? words.ledger.focused : words.ledger.focusedOn(title);
    case 'SUBMISSION_GRADED':
      return words.ledger.graded;
    case 'BONUS':
      return words.ledger.bonus;
    case 'REVOCATION':
      return words.ledger.revocation;
    case 'OPENING_BALANCE':
      return words.ledger.openingBalance;
  }
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
