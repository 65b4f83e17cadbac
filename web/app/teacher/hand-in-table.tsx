import { useState } from 'react';
import { Link } from 'wouter';
import { gradeOf } from '../api/grade';
import { pageIn, useAddress } from '../api/use-address';
import { Button } from '../ui/button';
import { SelectField } from '../ui/field';
import { Pager } from '../ui/pager';
import { NoMatch } from '../ui/states';
import { type Column, Table } from '../ui/table';
import { words } from '../words/en';
import { dateTime, signed } from '../words/format';
import { RevisedAt } from './date';
import { DiscardDialog } from './discard-dialog';
import { ExtensionDialog, type ExtensionDialogProps } from './extension-dialog';
import { countOf, type HandIn, type HandInStatus } from './hand-ins';
import { paths } from './paths';
import type { Extension } from './use-extensions';

const ROWS = 50;

const STATUSES = ['onTime', 'late', 'missing', 'due'] as const satisfies readonly HandInStatus[];

export interface HandInTableProps {
  readonly courseId: string;
  readonly assignment: ExtensionDialogProps['assignment'];
  readonly handIns: readonly HandIn[];
  readonly extensionOf: (studentId: string) => Extension | null;
}

/** The dialog of a row. */
interface Opened {
  readonly dialog: 'extend' | 'discard';
  readonly handIn: HandIn;
}

/** Filter and page are in the address, so that going back from a submission finds them again. */
export function HandInTable({ courseId, assignment, handIns, extensionOf }: HandInTableProps) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const { params, set } = useAddress();
  const filter = STATUSES.find((status) => status === params.get('show')) ?? null;
  const shown = handIns.filter(({ status }) => filter === null || status === filter);
  const pages = Math.max(1, Math.ceil(shown.length / ROWS));
  const page = pageIn(params, pages);
  const choose = (show: string | null) => set({ show, page: null });

  const option = (status: HandInStatus) =>
    [status, words.handIn.choice(nameOf(status), countOf(handIns, status))] as const;
  return (
    <>
      <SelectField
        label={words.handIn.show}
        value={filter ?? ''}
        onChange={({ target }) => choose(target.value)}
        options={[['', words.handIn.choice(words.handIn.all, handIns.length)], ...STATUSES.map(option)]}
      />
      {shown.length === 0 ? (
        <NoMatch text={words.handIn.noMatch(handIns.length)} onClear={() => choose(null)} />
      ) : (
        <Table
          caption={words.handIn.caption}
          rows={shown.slice((page - 1) * ROWS, page * ROWS)}
          rowKey={({ student }) => student.id}
          columns={columnsOf(courseId, assignment.id, extensionOf, setOpened)}
        />
      )}
      {opened && (
        <OpenedDialog
          {...opened}
          assignment={assignment}
          former={extensionOf(opened.handIn.student.id)}
          onClose={() => setOpened(null)}
        />
      )}
      <Pager page={page} hasNext={page < pages} pages={pages} onPage={(next) => set({ page: String(next) })} />
    </>
  );
}

function columnsOf(
  courseId: string,
  assignmentId: string,
  extensionOf: HandInTableProps['extensionOf'],
  open: (opened: Opened) => void,
): Column<HandIn>[] {
  return [
    {
      header: words.handIn.student,
      cell: ({ student }) => <Link href={paths.student(courseId, student.id)}>{student.displayName}</Link>,
    },
    {
      header: words.handIn.status,
      cell: ({ status, student }) => <StatusOf status={status} extension={extensionOf(student.id)} />,
    },
    {
      header: words.handIn.submittedAt,
      cell: ({ submission }) =>
        submission && (
          <>
            <Link href={paths.submission(courseId, assignmentId, submission.id)}>
              {words.handIn.read(dateTime(submission.submittedAt))}
            </Link>
            <RevisedAt at={submission.revisedAt} />
          </>
        ),
    },
    {
      header: words.handIn.paid,
      isNumber: true,
      cell: ({ submission }) => submission && words.course.aura(paidOf(submission.reward)),
    },
    {
      header: words.handIn.grade,
      isNumber: true,
      cell: ({ submission }) =>
        submission && (gradeOf(submission) ?? <span className="muted">{words.handIn.gradeIt}</span>),
    },
    {
      header: words.handIn.putRight,
      cell: (handIn) => (
        <span className="toolbar">
          <Button
            look="link"
            aria-label={words.handIn.extendFor(handIn.student.displayName)}
            onClick={() => open({ dialog: 'extend', handIn })}
          >
            {words.handIn.extend}
          </Button>
          {handIn.submission && (
            <Button
              look="link"
              aria-label={words.handIn.discardOf(handIn.student.displayName)}
              onClick={() => open({ dialog: 'discard', handIn })}
            >
              {words.handIn.discard}
            </Button>
          )}
        </span>
      ),
    },
  ];
}

type OpenedDialogProps = Opened & Omit<ExtensionDialogProps, 'student'>;

function OpenedDialog({ dialog, handIn: { student, submission }, assignment, former, onClose }: OpenedDialogProps) {
  if (dialog === 'extend')
    return <ExtensionDialog assignment={assignment} student={student} former={former} onClose={onClose} />;
  return (
    submission && (
      <DiscardDialog
        submissionId={submission.id}
        student={student.displayName}
        assignment={assignment.title}
        onClose={onClose}
      />
    )
  );
}

function nameOf(status: HandInStatus | 'discarded'): string {
  const names = {
    onTime: words.handIn.onTime,
    late: words.handIn.late,
    missing: words.handIn.missing,
    due: words.handIn.due,
    discarded: words.handIn.discarded,
  };
  return names[status];
}

/** What was paid, and what it counts for since it was corrected. */
export const paidOf = ({ auraPoints, worth }: { readonly auraPoints: number; readonly worth: number }): string =>
  worth === auraPoints ? signed(auraPoints) : words.handIn.worth(signed(worth), signed(auraPoints));

const StatusOf = ({ status, extension }: { status: HandInStatus; extension: Extension | null }) => (
  <>
    <Status status={status} />
    {extension && <div className="small muted">{words.handIn.extendedTo(dateTime(extension.dueDate))}</div>}
  </>
);

export const Status = ({ status }: { status: HandInStatus | 'discarded' }) => (
  <span className={`tag tag-${status}`}>{nameOf(status)}</span>
);
