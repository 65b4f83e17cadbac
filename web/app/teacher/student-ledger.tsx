import { useState } from 'react';
import { Link } from 'wouter';
import { LedgerOfStudentDocument, type LedgerOfStudentQuery } from '../api/generated/teacher';
import { gradeOf } from '../api/grade';
import { useAllPages } from '../api/use-all-pages';
import type { Account } from '../session/session';
import { useAccount } from '../session/use-session';
import { Button } from '../ui/button';
import { Card } from '../ui/page';
import { Pager } from '../ui/pager';
import { Answered, Empty } from '../ui/states';
import { type Column, Table } from '../ui/table';
import { words } from '../words/en';
import { number, signed } from '../words/format';
import { NotWhole } from './course-frame';
import { DateCell, RevisedAt } from './date';
import { paidOf, Status } from './hand-in-table';
import { paths } from './paths';
import { reasonOf } from './reason';
import { RewardDialog } from './reward-dialog';
import { RewardLines } from './reward-lines';

interface Student {
  readonly id: string;
  readonly displayName: string;
}

type LedgerRow = NonNullable<LedgerOfStudentQuery['student']>['rewards']['edges'][number]['node'];

const ROWS = 25;

/** The submissions of a student in this course, and the ledger with all rewards. */
export function StudentLedger({ courseId, student }: { courseId: string; student: Student }) {
  const answer = useAllPages(LedgerOfStudentDocument, { id: student.id }, (data) => data.student?.rewards);
  return (
    <>
      <Card title={words.studentLedger.submissions}>
        <Answered answer={answer}>{({ nodes }) => <Submissions courseId={courseId} rows={nodes} />}</Answered>
      </Card>
      <Card title={words.studentLedger.title}>
        <Answered answer={answer}>
          {({ nodes, isWhole }) => (
            <>
              <Ledger courseId={courseId} student={student} rows={nodes} />
              {!isWhole && <NotWhole shown={nodes.length} />}
            </>
          )}
        </Answered>
      </Card>
    </>
  );
}

function Submissions({ courseId, rows }: { courseId: string; rows: readonly LedgerRow[] }) {
  const submitted = rows.flatMap(({ submission, reason, auraPoints, worth }) =>
    reason === 'ASSIGNMENT_SUBMITTED' && submission?.assignment.course.id === courseId
      ? [{ ...submission, auraPoints, worth }]
      : [],
  );
  if (submitted.length === 0)
    return (
      <Empty>
        <p>{words.studentLedger.noSubmissions}</p>
      </Empty>
    );
  return (
    <Table
      caption={words.studentLedger.submissionsCaption}
      rows={submitted}
      rowKey={({ id }) => id}
      columns={[
        {
          header: words.reading.assignment,
          cell: ({ id, assignment }) => (
            <Link href={paths.submission(courseId, assignment.id, id)}>{assignment.title}</Link>
          ),
        },
        {
          header: words.handIn.status,
          cell: ({ late, discardedAt }) => <Status status={discardedAt ? 'discarded' : late ? 'late' : 'onTime'} />,
        },
        {
          header: words.handIn.submittedAt,
          cell: ({ submittedAt, revisedAt }) => (
            <>
              <DateCell at={submittedAt} />
              <RevisedAt at={revisedAt} />
            </>
          ),
        },
        {
          header: words.handIn.paid,
          isNumber: true,
          cell: (paid) => words.course.aura(paidOf(paid)),
        },
        { header: words.handIn.grade, isNumber: true, cell: gradeOf },
      ]}
    />
  );
}

function Ledger({ courseId, student, rows }: { courseId: string; student: Student; rows: readonly LedgerRow[] }) {
  const [page, setPage] = useState(1);
  const [openedId, setOpenedId] = useState<string | null>(null);
  const { role } = useAccount();
  const pages = Math.max(1, Math.ceil(rows.length / ROWS));
  const opened = rows.find(({ id }) => id === openedId);
  if (rows.length === 0)
    return (
      <Empty>
        <p>{words.studentLedger.none}</p>
      </Empty>
    );
  return (
    <>
      <Table
        caption={words.studentLedger.caption(rows.length)}
        rows={rows.slice((page - 1) * ROWS, page * ROWS)}
        rowKey={({ id }) => id}
        columns={[
          ...COLUMNS,
          {
            header: words.studentLedger.putRight,
            cell: (row) =>
              canCorrect(row, courseId, role) && (
                <Button
                  look="link"
                  aria-label={
                    isRevoked(row, rows)
                      ? words.correction.restoreOf(row.sequence)
                      : words.correction.revokeOf(row.sequence)
                  }
                  onClick={() => setOpenedId(row.id)}
                >
                  {isRevoked(row, rows) ? words.correction.restore : words.correction.revoke}
                </Button>
              ),
          },
        ]}
      />
      <Pager page={page} hasNext={page < pages} pages={pages} onPage={setPage} />
      {opened && (
        <RewardDialog
          rewardId={opened.id}
          what={words.correction.rowOf(whatOf(opened), student.displayName)}
          worth={opened.worth}
          isRevoked={isRevoked(opened, rows)}
          onClose={() => setOpenedId(null)}
        />
      )}
    </>
  );
}

/** Rows of one's own courses, which the server checks as well, and no corrections of corrections. */
const canCorrect = ({ corrects, reason, submission }: LedgerRow, courseId: string, role: Account['role']): boolean =>
  corrects === null &&
  reason !== 'OPENING_BALANCE' &&
  (role === 'ADMIN' ||
    (reason !== 'POMODORO_ENDED' && (submission === null || submission.assignment.course.id === courseId)));

/** Whether the latest correction of the row took it back. @param rows the newest first */
const isRevoked = ({ id }: LedgerRow, rows: readonly LedgerRow[]): boolean =>
  rows.find(({ corrects }) => corrects?.id === id)?.reason === 'REVOCATION';

const whatOf = ({ reason, submission }: LedgerRow): string =>
  reason === 'ASSIGNMENT_SUBMITTED' && submission ? submission.assignment.title : reasonOf(reason);

const COLUMNS: readonly Column<LedgerRow>[] = [
  { header: words.studentLedger.number, isNumber: true, cell: ({ sequence }) => sequence },
  { header: words.studentLedger.when, cell: ({ grantedAt }) => <DateCell at={grantedAt} /> },
  {
    header: words.studentLedger.what,
    cell: (row) => (
      <>
        <p>{whatOf(row)}</p>
        {row.corrects && <p className="small muted">{words.studentLedger.corrects(row.corrects.sequence)}</p>}
      </>
    ),
  },
  { header: words.studentLedger.xp, isNumber: true, cell: ({ xp }) => words.course.xp(signed(xp)) },
  {
    header: words.studentLedger.aura,
    isNumber: true,
    cell: ({ auraPoints }) => words.course.aura(signed(auraPoints)),
  },
  {
    header: words.studentLedger.worth,
    isNumber: true,
    cell: ({ corrects, worth }) => corrects === null && number(worth),
  },
  {
    header: words.studentLedger.after,
    cell: ({ after }) => words.studentLedger.afterText(after.level, number(after.xp)),
  },
  { header: words.studentLedger.why, cell: (row) => <Why row={row} /> },
];

const Why = ({ row }: { row: LedgerRow }) => (
  <>
    {row.note !== null && <p className="small">{words.studentLedger.note(row.note)}</p>}
    {row.by && <p className="small muted">{words.studentLedger.by(row.by.displayName)}</p>}
    <RewardLines reward={row} />
  </>
);
