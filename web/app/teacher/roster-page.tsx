import { useState } from 'react';
import { useParams } from 'wouter';
import { RosterDocument } from '../api/generated/teacher';
import { useAllPages } from '../api/use-all-pages';
import { useServerClock } from '../api/use-server-clock';
import { Button } from '../ui/button';
import { Card } from '../ui/page';
import { Empty } from '../ui/states';
import { words } from '../words/en';
import { listOf } from '../words/format';
import { BonusDialog } from './bonus-dialog';
import { CourseFrame, NotWhole } from './course-frame';
import { lastDays } from './days';
import { download } from './download';
import { JoinCode } from './join-code';
import { found, type RosterStudent } from './roster';
import { rosterCsv } from './roster-csv';
import { type Chosen, RosterTable, useSearch } from './roster-table';

/** Of each student's sparkline. */
const DAYS = 14;
/** The dialog of the bonus names more. */
const MOST_UNSEEN = 3;

export default function RosterPage() {
  const { courseId } = useParams<{ courseId: string }>();
  const clock = useServerClock();
  const answer = useAllPages(
    RosterDocument,
    { id: courseId, ...lastDays(DAYS, clock.now()) },
    ({ course }) => course?.students,
    { keptAs: { id: courseId, days: DAYS } },
  );

  const chosen = useChosen();
  const search = useSearch();
  return (
    <CourseFrame
      courseId={courseId}
      answer={answer}
      subjectOf={({ data }) => data.course}
      title={(course) => words.roster.title(course?.name ?? null)}
    >
      {({ name, joinCode }, { nodes, isWhole }) => (
        <>
          {joinCode !== null && (
            <Card title={words.joinCode.title}>
              <JoinCode joinCode={joinCode} courseName={name} />
              {nodes.length === 0 && (
                <Empty>
                  <p>{words.roster.none}</p>
                </Empty>
              )}
            </Card>
          )}
          {nodes.length > 0 && (
            <Card title={words.roster.students(nodes.length)}>
              <RosterTable courseId={courseId} students={nodes} days={DAYS} chosen={chosen} />
              <GiveBonus
                courseId={courseId}
                students={nodes.filter(({ id }) => chosen.ids.has(id))}
                search={search}
                chosen={chosen}
              />
              {!isWhole && <NotWhole shown={nodes.length} />}
              <div className="toolbar">
                <Button onClick={() => download(...rosterCsv(name, nodes, clock.now()))}>{words.roster.csv}</Button>
                <span className="muted small">{words.roster.csvHint(nodes.length)}</span>
              </div>
            </Card>
          )}
        </>
      )}
    </CourseFrame>
  );
}

function useChosen(): Chosen {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  return {
    ids,
    choose(changed, isChosen) {
      setIds((before) => {
        const after = new Set(before);
        for (const id of changed) isChosen ? after.add(id) : after.delete(id);
        return after;
      });
    },
  };
}

interface GiveBonusProps {
  readonly courseId: string;
  /** Those who are chosen. */
  readonly students: readonly RosterStudent[];
  /** Some of them may not be on the screen. */
  readonly search: string;
  readonly chosen: Chosen;
}

/** To one student of the roster, to several or to everybody. */
function GiveBonus({ courseId, students, search, chosen }: GiveBonusProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isNobody = students.length === 0;
  const seen = found(students, search);
  const unseen = students.filter((student) => !seen.includes(student)).map(({ displayName }) => displayName);
  return (
    <div className="toolbar">
      <Button aria-disabled={isNobody} onClick={() => !isNobody && setIsOpen(true)}>
        {words.roster.giveBonus}
      </Button>
      <span role="status" className="muted small">
        {isNobody ? words.roster.noneChosen : words.roster.chosen(students.length)}{' '}
        {unseen.length > 0 && words.roster.chosenUnseen(listOf(unseen, MOST_UNSEEN))}
      </span>
      {isOpen && (
        <BonusDialog
          courseId={courseId}
          students={students}
          onGiven={() => chosen.choose([...chosen.ids], false)}
          onClose={() => setIsOpen(false)}
        />
      )}
    </div>
  );
}
