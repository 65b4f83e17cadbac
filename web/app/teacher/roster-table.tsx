import { Link } from 'wouter';
import { pageIn, useAddress } from '../api/use-address';
import { Button } from '../ui/button';
import { Sparkline } from '../ui/chart';
import { TextField } from '../ui/field';
import { Pager } from '../ui/pager';
import { NoMatch } from '../ui/states';
import { type Column, Table } from '../ui/table';
import { words } from '../words/en';
import { day, number } from '../words/format';
import { paths } from './paths';
import { found, isSortKey, type RosterStudent, type Sorting, type SortKey, sorted, sumOf } from './roster';

const ROWS = 25;

export interface RosterTableProps {
  readonly courseId: string;
  readonly students: readonly RosterStudent[];
  /** How many days the sparklines have. */
  readonly days: number;
  readonly chosen: Chosen;
}

/** Who gets the next bonus. */
export interface Chosen {
  readonly ids: ReadonlySet<string>;
  choose(ids: readonly string[], isChosen: boolean): void;
}

/** What the roster is searched for. */
export const useSearch = (): string => useAddress().params.get('search') ?? '';

/** Search, order and page are in the address, so that going back finds them again. */
export function RosterTable({ courseId, students, days, chosen }: RosterTableProps) {
  const { params, set: setAll } = useAddress();
  const search = useSearch();
  const by = params.get('by') ?? '';
  const sorting: Sorting = { by: isSortKey(by) ? by : 'name', isReversed: params.has('reversed') };
  const matches = sorted(found(students, search), sorting);
  const pages = Math.max(1, Math.ceil(matches.length / ROWS));
  const page = pageIn(params, pages);

  const areAllChosen = matches.every(({ id }) => chosen.ids.has(id));

  const set = (changes: Readonly<Record<string, string | null>>) => setAll({ page: null, ...changes });

  const sortBy = (key: SortKey) => set({ by: key, reversed: sorting.by === key && !sorting.isReversed ? 'yes' : null });
  return (
    <>
      <TextField
        label={words.roster.search}
        type="search"
        autoComplete="off"
        value={search}
        onChange={({ target }) => set({ search: target.value })}
      />
      <p role="status" className="small muted">
        {words.roster.found(matches.length, students.length)}
      </p>
      <div className="toolbar">
        {!areAllChosen && (
          <Button
            look="link"
            onClick={() =>
              chosen.choose(
                matches.map(({ id }) => id),
                true,
              )
            }
          >
            {words.roster.chooseAll(matches.length)}
          </Button>
        )}
        {chosen.ids.size > 0 && (
          <Button look="link" onClick={() => chosen.choose([...chosen.ids], false)}>
            {words.roster.chooseNone}
          </Button>
        )}
      </div>
      {matches.length === 0 ? (
        <NoMatch text={words.roster.noMatch(search)} onClear={() => set({ search: null })} />
      ) : (
        <Table
          caption={words.roster.caption}
          rows={matches.slice((page - 1) * ROWS, page * ROWS)}
          rowKey={({ id }) => id}
          columns={columnsOf(courseId, days, chosen, sorting, sortBy)}
        />
      )}
      <Pager page={page} hasNext={page < pages} pages={pages} onPage={(next) => set({ page: String(next) })} />
    </>
  );
}

function columnsOf(
  courseId: string,
  days: number,
  chosen: Chosen,
  { by, isReversed }: Sorting,
  sortBy: (key: SortKey) => void,
): Column<RosterStudent>[] {
  const direction = (key: SortKey) => ((key === 'name') === isReversed ? 'descending' : 'ascending');
  const sortable = (key: SortKey, header: string) => ({
    header,
    onSort: () => sortBy(key),
    ...(by === key && { sorted: direction(key) as 'ascending' | 'descending' }),
  });
  return [
    {
      ...sortable('name', words.roster.name),
      cell: ({ id, displayName }) => (
        <span className="choice">
          <input
            type="checkbox"
            aria-label={words.roster.choose(displayName)}
            checked={chosen.ids.has(id)}
            onChange={({ target }) => chosen.choose([id], target.checked)}
          />
          <Link href={paths.student(courseId, id)}>{displayName}</Link>
        </span>
      ),
    },
    { ...sortable('level', words.roster.level), isNumber: true, cell: ({ level }) => number(level) },
    { ...sortable('aura', words.roster.aura), isNumber: true, cell: ({ auraPoints }) => number(auraPoints) },
    {
      ...sortable('recent', words.roster.recent(days)),
      cell: (student) => (
        <span className="spark">
          <Sparkline
            label={words.roster.sparkline(number(sumOf(student, 'auraPoints')), days)}
            values={student.dailyProgress.map(({ auraPoints }) => auraPoints)}
          />
          <span className="number" aria-hidden="true">
            {number(sumOf(student, 'auraPoints'))}
          </span>
        </span>
      ),
    },
    {
      ...sortable('submissions', words.roster.submissions),
      isNumber: true,
      cell: ({ submissionCount }) => number(submissionCount),
    },
    {
      ...sortable('focus', words.roster.focus),
      isNumber: true,
      cell: ({ totalPomodoroSeconds }) => words.course.minutes(number(Math.floor(totalPomodoroSeconds / 60))),
    },
    {
      ...sortable('streak', words.roster.streak),
      isNumber: true,
      cell: ({ streak }) => words.course.days(streak.days),
    },
    {
      ...sortable('active', words.roster.active),
      cell: ({ streak }) => (
        <span className="one-line">{streak.lastActiveOn ? day(streak.lastActiveOn) : words.roster.neverActive}</span>
      ),
    },
  ];
}
