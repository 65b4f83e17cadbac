import { useState } from 'react';
import { Link } from 'wouter';
import { SelectField } from '../ui/field';
import { Pager } from '../ui/pager';
import { NoMatch } from '../ui/states';
import { Table } from '../ui/table';
import { words } from '../words/en';
import { dateTime, signed } from '../words/format';
import { DateCell } from './date';
import { countOf, type HandIn, type HandInStatus } from './hand-ins';
import { paths } from './paths';

const ROWS = 50;

export interface HandInTableProps {
  readonly courseId: string;
  readonly assignmentId: string;
  readonly handIns: readonly HandIn[];
}

type Filter = HandInStatus | 'all';

export function HandInTable({ courseId, assignmentId, handIns }: HandInTableProps) {
  const [filter, setFilter] = useState<Filter>('all');
  const [page, setPage] = useState(1);
  const shown = handIns.filter(({ status }) => filter === 'all' || status === filter);
  const pages = Math.max(1, Math.ceil(shown.length / ROWS));

  function choose(next: Filter) {
    setFilter(next);
    setPage(1);
  }

  const option = (status: HandInStatus) =>
    [status, words.handIn.choice(nameOf(status), countOf(handIns, status))] as const;
  return (
    <>
      <SelectField
        label={words.handIn.show}
        value={filter}
        onChange={({ target }) => choose(target.value as Filter)}
        options={[
          ['all', words.handIn.choice(words.handIn.all, handIns.length)],
          option('onTime'),
          option('late'),
          option('missing'),
          option('due'),
        ]}
      />
      {shown.length === 0 ? (
        <NoMatch text={words.handIn.noMatch(handIns.length)} onClear={() => choose('all')} />
      ) : (
        <Table
          caption={words.handIn.caption}
          rows={shown.slice((page - 1) * ROWS, page * ROWS)}
          rowKey={({ student }) => student.id}
          columns={[
            {
              header: words.handIn.student,
              cell: ({ student }) => <Link href={paths.student(courseId, student.id)}>{student.displayName}</Link>,
            },
            { header: words.handIn.status, cell: ({ status }) => <Status status={status} /> },
            {
              header: words.handIn.submittedAt,
              cell: ({ submission }) =>
                submission && (
                  <span className="one-line">
                    <Link href={paths.submission(courseId, assignmentId, submission.id)}>
                      {words.handIn.read(dateTime(submission.submittedAt))}
                    </Link>
                  </span>
                ),
            },
            {
              header: words.handIn.revisedAt,
              cell: ({ submission }) => <DateCell at={submission?.revisedAt ?? null} />,
            },
            {
              header: words.handIn.paid,
              isNumber: true,
              cell: ({ submission }) => submission && words.course.aura(signed(submission.reward.auraPoints)),
            },
          ]}
        />
      )}
      <Pager page={page} hasNext={page < pages} pages={pages} onPage={setPage} />
    </>
  );
}

function nameOf(status: HandInStatus): string {
  const names = {
    onTime: words.handIn.onTime,
    late: words.handIn.late,
    missing: words.handIn.missing,
    due: words.handIn.due,
  };
  return names[status];
}

export const Status = ({ status }: { status: HandInStatus }) => (
  <span className={`tag tag-${status}`}>{nameOf(status)}</span>
);
