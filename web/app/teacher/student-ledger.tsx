import { useState } from 'react';
import { Link } from 'wouter';
import { LedgerOfStudentDocument, type LedgerOfStudentQuery } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { Card } from '../ui/page';
import { Pager } from '../ui/pager';
import { Answered, Empty } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { number, signed } from '../words/format';
import { NotWhole } from './course-frame';
import { DateCell } from './date';
import { Status } from './hand-in-table';
import { paths } from './paths';
import { reasonOf } from './reason';
import { RewardLines } from './reward-lines';

type LedgerRow = NonNullable<LedgerOfStudentQuery['student']>['rewards']['edges'][number]['node'];

const ROWS = 25;

/** The submissions of a student in this course, and the ledger with all rewards. */
export function StudentLedger({ courseId, studentId }: { courseId: string; studentId: string }) {
  const answer = useAllPages(LedgerOfStudentDocument, { id: studentId }, ({ student }) => student?.rewards);
  return (
    <>
      <Card title={words.studentLedger.submissions}>
        <Answered answer={answer}>{({ nodes }) => <Submissions courseId={courseId} rows={nodes} />}</Answered>
      </Card>
      <Card title={words.studentLedger.title}>
        <Answered answer={answer}>
          {({ nodes, isWhole }) => (
            <>
              <Ledger rows={nodes} />
              {!isWhole && <NotWhole shown={nodes.length} />}
            </>
          )}
        </Answered>
      </Card>
    </>
  );
}

function Submissions({ courseId, rows }: { courseId: string; rows: readonly LedgerRow[] }) {
  const submitted = rows.flatMap(({ submission, auraPoints }) =>
    submission?.assignment.course.id === courseId ? [{ ...submission, auraPoints }] : [],
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
        { header: words.handIn.status, cell: ({ late }) => <Status status={late ? 'late' : 'onTime'} /> },
        { header: words.handIn.submittedAt, cell: ({ submittedAt }) => <DateCell at={submittedAt} /> },
        { header: words.handIn.revisedAt, cell: ({ revisedAt }) => <DateCell at={revisedAt} /> },
        {
          header: words.handIn.paid,
          isNumber: true,
          cell: ({ auraPoints }) => words.course.aura(signed(auraPoints)),
        },
      ]}
    />
  );
}

function Ledger({ rows }: { rows: readonly LedgerRow[] }) {
  const [page, setPage] = useState(1);
  const pages = Math.max(1, Math.ceil(rows.length / ROWS));
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
          { header: words.studentLedger.number, cell: ({ sequence }) => <span className="number">{sequence}</span> },
          { header: words.studentLedger.when, cell: ({ grantedAt }) => <DateCell at={grantedAt} /> },
          {
            header: words.studentLedger.what,
            cell: ({ reason, submission }) => submission?.assignment.title ?? reasonOf(reason),
          },
          { header: words.studentLedger.xp, isNumber: true, cell: ({ xp }) => words.course.xp(signed(xp)) },
          {
            header: words.studentLedger.aura,
            isNumber: true,
            cell: ({ auraPoints }) => words.course.aura(signed(auraPoints)),
          },
          {
            header: words.studentLedger.after,
            cell: ({ after }) => (
              <span className="one-line">{words.studentLedger.afterText(after.level, number(after.xp))}</span>
            ),
          },
          { header: words.studentLedger.why, cell: (reward) => <RewardLines reward={reward} /> },
        ]}
      />
      <Pager page={page} hasNext={page < pages} pages={pages} onPage={setPage} />
    </>
  );
}
