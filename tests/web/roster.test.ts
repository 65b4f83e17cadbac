import { describe, expect, test } from '@jest/globals';
import { lastDays, localMinute, momentOf } from '../../web/app/teacher/days';
import { countOf, type HandedIn, handInsOf } from '../../web/app/teacher/hand-ins';
import { classDays, found, isSortKey, type RosterStudent, sorted, sumOf } from '../../web/app/teacher/roster';
import { assignmentCsv, rosterCsv } from '../../web/app/teacher/roster-csv';

function student(displayName: string, changes: Partial<RosterStudent> = {}): RosterStudent {
  return {
    id: displayName,
    displayName,
    email: `${displayName.toLowerCase()}@school.example`,
    level: 0,
    xp: 0,
    xpForNextLevel: 100,
    auraPoints: 0,
    submissionCount: 0,
    pomodoroCount: 0,
    totalPomodoroSeconds: 0,
    streak: { days: 0, lastActiveOn: null },
    dailyProgress: [],
    ...changes,
  };
}

const namesOf = (students: readonly RosterStudent[]) => students.map(({ displayName }) => displayName);

describe('a roster', () => {
  const ada = student('Ada', { auraPoints: 10, level: 1, xp: 5 });
  const zoe = student('Zoë', { auraPoints: 30, level: 1, xp: 90, streak: { days: 3, lastActiveOn: '2025-03-03' } });
  const ben = student('ben', { auraPoints: 10, streak: { days: 1, lastActiveOn: '2025-02-03' } });
  const roster = [zoe, ben, ada];

  test('is sorted by name without case, and by numbers with the greatest first', () => {
    expect(namesOf(sorted(roster, { by: 'name', isReversed: false }))).toEqual(['Ada', 'ben', 'Zoë']);
    expect(namesOf(sorted(roster, { by: 'name', isReversed: true }))).toEqual(['Zoë', 'ben', 'Ada']);
    expect(namesOf(sorted(roster, { by: 'aura', isReversed: false }))).toEqual(['Zoë', 'Ada', 'ben']);
    expect(namesOf(sorted(roster, { by: 'aura', isReversed: true }))).toEqual(['Ada', 'ben', 'Zoë']);
    expect(namesOf(sorted(roster, { by: 'level', isReversed: false }))).toEqual(['Zoë', 'Ada', 'ben']);
    expect(namesOf(sorted(roster, { by: 'active', isReversed: false }))).toEqual(['Zoë', 'ben', 'Ada']);
    expect(namesOf(roster)).toEqual(['Zoë', 'ben', 'Ada']);
  });

  test('is searched in names and addresses, without case and accents, word by word', () => {
    expect(namesOf(found(roster, 'zoe') as RosterStudent[])).toEqual(['Zoë']);
    expect(namesOf(found(roster, 'SCHOOL ben') as RosterStudent[])).toEqual(['ben']);
    expect(found(roster, 'nobody')).toEqual([]);
    expect(found(roster, '  ')).toBe(roster);
    expect(namesOf(found([student('Ada', { email: null })], 'ada') as RosterStudent[])).toEqual(['Ada']);
  });

  test('knows its columns only', () => {
    expect(['name', 'aura', 'toString', ''].map(isSortKey)).toEqual([true, true, false, false]);
  });

  test('sums the days of one student, and of all', () => {
    const day = (date: string, auraPoints: number, focusedSeconds: number) => ({
      date,
      auraPoints,
      focusedSeconds,
      submissions: 0,
    });
    const one = student('One', { dailyProgress: [day('2025-03-02', 0, 0), day('2025-03-03', 25, 1_500)] });
    const other = student('Other', { dailyProgress: [day('2025-03-02', 0, 240), day('2025-03-03', 5, 300)] });
    expect(sumOf(one, 'auraPoints')).toBe(25);
    expect(classDays([one, other])).toEqual([
      { date: '2025-03-02', auraPoints: 0, focusedSeconds: 240, submissions: 0, active: 1 },
      { date: '2025-03-03', auraPoints: 30, focusedSeconds: 1_800, submissions: 0, active: 2 },
    ]);
  });

  test('is a file with every student by name', () => {
    const [name, text] = rosterCsv(
      'Demo course',
      [zoe, student('=cmd()', { email: null, totalPomodoroSeconds: 119 })],
      0,
    );
    expect(name).toBe('demo-course-roster-1970-01-01.csv');
    expect(text.split('\r\n').slice(1)).toEqual([
      "'=cmd(),,0,0,0,0,0,0,1,",
      'Zoë,zoë@school.example,1,90,30,3,0,0,0,2025-03-03',
      '',
    ]);
  });
});

describe('an assignment', () => {
  const submission = (by: string, late: boolean): HandedIn => ({
    id: `of ${by}`,
    submittedAt: '2025-03-03T10:00:00.000Z',
    revisedAt: null,
    late,
    grade: null,
    gradeReward: null,
    student: { id: by, displayName: by, email: null },
    reward: { id: `for ${by}`, auraPoints: late ? 40 : 70, worth: late ? 40 : 70 },
  });
  const students = ['Ada', 'Zoë', 'ben'].map((name) => ({ id: name, displayName: name, email: null }));
  const due = { dueDateOf: () => '2025-03-03T12:00:00.000Z', now: Date.parse('2025-03-04T00:00Z') };

  test('says of everybody whether it is handed in, late or missing', () => {
    const handIns = handInsOf(students, [submission('Zoë', true), submission('Ada', false)], due);
    expect(handIns.map(({ student: { displayName }, status }) => [displayName, status])).toEqual([
      ['Ada', 'onTime'],
      ['ben', 'missing'],
      ['Zoë', 'late'],
    ]);
    expect(countOf(handIns, 'late')).toBe(1);
  });

  test('is not missing from who has an extension', () => {
    const dueDateOf = (id: string) => (id === 'ben' ? '2025-03-09T12:00:00.000Z' : due.dueDateOf());
    const handIns = handInsOf(students, [], { ...due, dueDateOf });
    expect(handIns.map(({ status }) => status)).toEqual(['missing', 'due', 'missing']);
  });

  test('has nobody missing before it is due', () => {
    const handIns = handInsOf(students, [], { ...due, now: Date.parse('2025-03-03T00:00Z') });
    expect(countOf(handIns, 'due')).toBe(3);
    expect(countOf(handIns, 'missing')).toBe(0);
  });

  test('keeps who handed in and is not in the roster', () => {
    const handIns = handInsOf([], [submission('Grace', false)], due);
    expect(handIns.map(({ student: { displayName } }) => displayName)).toEqual(['Grace']);
  });

  test('is a file with everybody', () => {
    const handIns = handInsOf(students, [submission('Ada', true)], due);
    const [name, text] = assignmentCsv('Sort ten cards', handIns, 0);
    expect(name).toBe('sort-ten-cards-1970-01-01.csv');
    expect(text.split('\r\n').slice(1)).toEqual([
      'Ada,,late,2025-03-03 10:00:00,,40',
      'ben,,missing,,,',
      'Zoë,,missing,,,',
      '',
    ]);
  });
});

describe('dates', () => {
  test('of a field come back as the same minute', () => {
    expect(momentOf(localMinute('2025-07-03T14:05:00.000Z'))).toBe('2025-07-03T14:05:00.000Z');
    expect(momentOf('')).toBeNull();
  });

  test('of the last days end today', () => {
    const now = Date.parse('2025-03-01T12:00Z');
    expect(lastDays(7, now)).toEqual({ from: '2025-02-23', to: '2025-03-01' });
    expect(lastDays(1, now)).toEqual({ from: '2025-03-01', to: '2025-03-01' });
  });
});
