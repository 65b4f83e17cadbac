import { words } from '../words/en';
import { type Cell, csvName, csvTime, toCsv } from './csv';
import type { HandIn } from './hand-ins';
import { type RosterStudent, sorted } from './roster';

/** @returns the name and the text of a file with every student, by name */
export function rosterCsv(courseName: string, students: readonly RosterStudent[], now: number): [string, string] {
  const header = [
    words.csv.name,
    words.csv.email,
    words.csv.level,
    words.csv.xp,
    words.csv.aura,
    words.csv.streak,
    words.csv.submissions,
    words.csv.focusSessions,
    words.csv.focusMinutes,
    words.csv.lastActive,
  ];
  const rows = sorted(students, { by: 'name', isReversed: false }).map((student): Cell[] => [
    student.displayName,
    student.email,
    student.level,
    student.xp,
    student.auraPoints,
    student.streak.days,
    student.submissionCount,
    student.pomodoroCount,
    Math.floor(student.totalPomodoroSeconds / 60),
    student.streak.lastActiveOn,
  ]);
  return [csvName([courseName, words.csv.roster], now), toCsv(header, rows)];
}

/** @returns the name and the text of a file with every student of the course, those who have handed in nothing too */
export function assignmentCsv(title: string, handIns: readonly HandIn[], now: number): [string, string] {
  const header = [
    words.csv.name,
    words.csv.email,
    words.csv.status,
    words.csv.submittedAt,
    words.csv.revisedAt,
    words.csv.points,
  ];
  const statuses = { onTime: words.csv.onTime, late: words.csv.late, missing: words.csv.missing, due: words.csv.due };
  const rows = handIns.map(({ student, status, submission }): Cell[] => [
    student.displayName,
    student.email,
    statuses[status],
    csvTime(submission?.submittedAt ?? null),
    csvTime(submission?.revisedAt ?? null),
    submission?.reward.auraPoints ?? null,
  ]);
  return [csvName([title], now), toCsv(header, rows)];
}
