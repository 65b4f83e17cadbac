import { describe, expect, test } from '@jest/globals';
import {
  activeLocalDate,
  type CorrectedFolds,
  decideCorrection,
  decideFromFolds,
  decideReward,
  foldActions,
  foldLedger,
  type LocalDate,
  newStudentState,
  type PaidAction,
  progressOf,
  type RewardLine,
  type RewardRules,
  rulesVersion1,
  type StudentAction,
  type StudentState,
} from '../../src/rewards/index.js';
import { aStreak, aStudent, day, deepFreeze, focused, handedIn, hour, later, noon, today } from './given.js';

describe('a decision', () => {
  test('for a first submission, two days early', () => {
    expect(decideReward(newStudentState, handedIn({ dueDate: later(noon, 2 * day) }))).toEqual({
      xp: 70,
      auraPoints: 70,
      lines: [
        { rule: 'on-time', text: 'Handed in on time', points: 50 },
        { rule: 'early-days', text: 'Handed in 2 full days early', points: 20 },
      ],
      before: { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 },
      after: { level: 0, xp: 70, lifetimeXp: 70, auraPoints: 70 },
      leveledUp: false,
      surplusDiscarded: 0,
      newBadges: ['submissions-1'],
      state: {
        level: 0,
        xp: 70,
        lifetimeXp: 70,
        auraPoints: 70,
        submissionCount: 1,
        pomodoroCount: 0,
        totalPomodoroSeconds: 0,
        streak: { days: 1, longest: 1, freezes: 0, lastActiveOn: today },
        focusToday: { date: null, paidMinutes: 0 },
        badges: ['submissions-1'],
      },
      rulesVersion: 1,
    });
  });

  test('for a session that raises the level and discards the surplus', () => {
    const before = aStudent({
      level: 0,
      xp: 90,
      lifetimeXp: 90,
      auraPoints: 90,
      pomodoroCount: 3,
      totalPomodoroSeconds: 5400,
      badges: ['focus-minutes-25'],
    });
    expect(decideReward(before, focused({ focusedSeconds: 1499 }))).toEqual({
      xp: 24,
      auraPoints: 24,
      lines: [{ rule: 'focus-minutes', text: '24 focused minutes', points: 24 }],
      before: { level: 0, xp: 90, lifetimeXp: 90, auraPoints: 90 },
      after: { level: 1, xp: 0, lifetimeXp: 114, auraPoints: 114 },
      leveledUp: true,
      surplusDiscarded: 14,
      newBadges: [],
      state: {
        level: 1,
        xp: 0,
        lifetimeXp: 114,
        auraPoints: 114,
        submissionCount: 0,
        pomodoroCount: 4,
        totalPomodoroSeconds: 6899,
        streak: { days: 1, longest: 1, freezes: 0, lastActiveOn: today },
        focusToday: { date: today, paidMinutes: 24 },
        badges: ['focus-minutes-25'],
      },
      rulesVersion: 1,
    });
  });

  test('names the version of its rules', () => {
    expect(decideReward(newStudentState, handedIn(), { ...rulesVersion1, version: 7 }).rulesVersion).toBe(7);
  });

  test('carries the surplus if the rules say so', () => {
    const carrying: RewardRules = { ...rulesVersion1, surplusXp: 'carry' };
    const decision = decideReward(aStudent({ xp: 99 }), handedIn(), carrying);
    expect(decision).toMatchObject({ after: { level: 1, xp: 49 }, leveledUp: true, surplusDiscarded: 0 });
  });

  test('pays a focused minute by the rate in the rules', () => {
    const generous: RewardRules = { ...rulesVersion1, pointsPerFocusedMinute: 3 };
    const before = aStudent({ focusToday: { date: today, paidMinutes: 220 } });
    const { xp, lines, state } = decideReward(before, focused(), generous);
    expect(xp).toBe(60);
    expect(lines.map(({ points }) => points)).toEqual([75, -15]);
    expect(state.focusToday.paidMinutes).toBe(240);
  });

  test('does not change the state and the action', () => {
    const state = deepFreeze(
      aStudent({
        xp: 99,
        badges: ['level-5'],
        streak: aStreak({ days: 6, lastActiveOn: '2026-03-10' }),
        focusToday: { date: today, paidMinutes: 230 },
      }),
    );
    const copy = structuredClone(state);
    for (const action of [handedIn(), focused()]) decideReward(state, deepFreeze(action));
    expect(state).toEqual(copy);
  });
});

describe('the daily cap of 240 minutes', () => {
  test.each<{ paidBefore: number; plannedMinutes: number; xp: number; paidAfter: number }>([
    { paidBefore: 119, plannedMinutes: 120, xp: 120, paidAfter: 239 },
    { paidBefore: 120, plannedMinutes: 120, xp: 120, paidAfter: 240 },
    { paidBefore: 121, plannedMinutes: 120, xp: 119, paidAfter: 240 },
    { paidBefore: 239, plannedMinutes: 1, xp: 1, paidAfter: 240 },
    { paidBefore: 239, plannedMinutes: 2, xp: 1, paidAfter: 240 },
    { paidBefore: 240, plannedMinutes: 25, xp: 0, paidAfter: 240 },
  ])(
    'given $paidBefore paid minutes, $plannedMinutes more minutes pay $xp',
    ({ paidBefore, plannedMinutes, xp, paidAfter }) => {
      const before = aStudent({ focusToday: { date: today, paidMinutes: paidBefore } });
      const decision = decideReward(before, focused({ plannedMinutes }));
      expect(decision.xp).toBe(xp);
      expect(decision.state.focusToday).toEqual({ date: today, paidMinutes: paidAfter });
      expect(decision.state.totalPomodoroSeconds).toBe(plannedMinutes * 60);
      expect(decision.state.pomodoroCount).toBe(1);
    },
  );

  test.each<{ given: string; localDate: LocalDate; xp: number; date: LocalDate }>([
    { given: 'the same day', localDate: today, xp: 0, date: today },
    { given: 'the next day', localDate: '2026-03-12', xp: 25, date: '2026-03-12' },
    { given: 'the day before, after a change of time zone', localDate: '2026-03-10', xp: 0, date: today },
  ])('$given, after the cap was reached today, a session pays $xp', ({ localDate, xp, date }) => {
    const before = aStudent({
      focusToday: { date: today, paidMinutes: 240 },
      streak: aStreak({ days: 1, lastActiveOn: today }),
    });
    const decision = decideReward(before, focused({ localDate }));
    expect(decision.xp).toBe(xp);
    expect(decision.state.focusToday.date).toBe(date);
  });

  test('is not affected by a submission', () => {
    const focusToday = { date: today, paidMinutes: 200 };
    const decision = decideReward(aStudent({ focusToday }), handedIn({ localDate: '2026-03-12' }));
    expect(decision.state.focusToday).toEqual(focusToday);
  });

  test('given an unpaid session, the day still counts for the streak', () => {
    const before = aStudent({
      focusToday: { date: today, paidMinutes: 240 },
      streak: aStreak({ days: 1, longest: 1, lastActiveOn: '2026-03-10' }),
    });
    expect(decideReward(before, focused()).state.streak.days).toBe(2);
  });
});

describe('a student who travels', () => {
  /** @returns a student who submitted at each of these times, each on the local date that the caller would determine */
  function travels(stops: readonly (readonly [at: string, zone: string])[]): StudentState {
    return stops.reduce((state, [at, zone]) => {
      const moment = new Date(at);
      return decideReward(state, handedIn({ at: moment, localDate: activeLocalDate(state, moment, zone) })).state;
    }, newStudentState);
  }

  test.each<{ given: string; stops: [at: string, zone: string][]; days: number; lastActiveOn: LocalDate }>([
    {
      given: 'west across midnight: one day',
      stops: [
        ['2026-03-11T23:30:00Z', 'Europe/Berlin'],
        ['2026-03-11T23:31:00Z', 'UTC'],
        ['2026-03-11T23:32:00Z', 'Pacific/Pago_Pago'],
      ],
      days: 1,
      lastActiveOn: '2026-03-12',
    },
    {
      given: 'back and forth: the two existing days count, not four',
      stops: [
        ['2026-03-11T10:30:00Z', 'UTC'],
        ['2026-03-11T10:31:00Z', 'Pacific/Kiritimati'],
        ['2026-03-11T10:32:00Z', 'UTC'],
        ['2026-03-11T10:33:00Z', 'Pacific/Kiritimati'],
      ],
      days: 2,
      lastActiveOn: '2026-03-12',
    },
    {
      given: 'to tomorrow and back: tomorrow at home is not a third day',
      stops: [
        ['2026-03-11T10:30:00Z', 'UTC'],
        ['2026-03-11T10:31:00Z', 'Pacific/Kiritimati'],
        ['2026-03-12T10:30:00Z', 'UTC'],
      ],
      days: 2,
      lastActiveOn: '2026-03-12',
    },
    {
      given: 'at home in Kathmandu, on both sides of midnight: two days',
      stops: [
        ['2026-03-11T18:14:59.999Z', 'Asia/Kathmandu'],
        ['2026-03-11T18:15:00.000Z', 'Asia/Kathmandu'],
      ],
      days: 2,
      lastActiveOn: '2026-03-12',
    },
    {
      given: 'in Berlin through a day of 23 h: three days',
      stops: [
        ['2026-03-28T22:59:59Z', 'Europe/Berlin'],
        ['2026-03-29T21:59:59Z', 'Europe/Berlin'],
        ['2026-03-29T22:00:00Z', 'Europe/Berlin'],
      ],
      days: 3,
      lastActiveOn: '2026-03-30',
    },
    {
      given: 'in St. John’s through a day of 25 h: two days',
      stops: [
        ['2026-11-01T02:30:00Z', 'America/St_Johns'],
        ['2026-11-02T03:29:59Z', 'America/St_Johns'],
        ['2026-11-02T03:30:00Z', 'America/St_Johns'],
      ],
      days: 2,
      lastActiveOn: '2026-11-02',
    },
    {
      given: 'in Apia, which skipped a calendar day: it counts as missed',
      stops: [
        ['2011-12-30T09:59:59Z', 'Pacific/Apia'],
        ['2011-12-30T10:00:00Z', 'Pacific/Apia'],
      ],
      days: 1,
      lastActiveOn: '2011-12-31',
    },
  ])('$given', ({ stops, days, lastActiveOn }) => {
    expect(travels(stops).streak).toMatchObject({ days, lastActiveOn });
  });
});

describe('a history', () => {
  const history: readonly StudentAction[] = [
    handedIn({ localDate: '2026-03-09', dueDate: later(noon, 9 * day) }),
    focused({ localDate: '2026-03-09' }),
    focused({ localDate: '2026-03-10', plannedMinutes: 120 }),
    focused({ localDate: '2026-03-10', plannedMinutes: 100 }),
    focused({ localDate: '2026-03-10', plannedMinutes: 60 }),
    handedIn({ localDate: '2026-03-11', at: later(noon, 30 * hour) }),
  ];

  test('is folded in its order', () => {
    expect(foldActions(history)).toEqual({
      level: 1,
      xp: 25 + 120 + 100 + 20 + 30,
      lifetimeXp: 395,
      auraPoints: 395,
      submissionCount: 2,
      pomodoroCount: 4,
      totalPomodoroSeconds: (25 + 120 + 100 + 60) * 60,
      streak: { days: 3, longest: 3, freezes: 0, lastActiveOn: '2026-03-11' },
      focusToday: { date: '2026-03-10', paidMinutes: 240 },
      badges: ['submissions-1', 'focus-minutes-25', 'focus-minutes-300', 'streak-days-3'],
    });
  });

  test('that is empty does not change the student', () => {
    expect(foldActions([])).toEqual(newStudentState);
  });

  test('is folded onto the given state by the given rules', () => {
    const generous: RewardRules = { ...rulesVersion1, submissionPoints: 60 };
    expect(foldActions([handedIn()], aStudent({ xp: 5 }), generous).xp).toBe(65);
  });
});

describe('what is put right by hand has one line, which says why', () => {
  const byHand = { at: noon, localDate: today, note: 'Well argued.' };
  const graded = { kind: 'SubmissionGraded', ...byHand, grade: 79 } as const;
  const history = [
    { action: handedIn(), xp: 50, rulesVersion: 1 },
    { action: graded, xp: 39, rulesVersion: 1 },
  ];
  const revoked = { kind: 'RewardRevoked', ...byHand, sequence: 1 } as const;
  const afterwards = [...history, { action: revoked, xp: -50, rulesVersion: 1 }];

  test.each<{ act: string; lines: readonly RewardLine[]; line: RewardLine }>([
    {
      act: 'a bonus',
      lines: decideReward(newStudentState, { kind: 'BonusGranted', ...byHand, points: 20 }).lines,
      line: { rule: 'bonus', text: 'Well argued.', points: 20 },
    },
    {
      act: 'a grade',
      lines: decideReward(newStudentState, graded).lines,
      line: { rule: 'grade', text: 'Graded 79 of 100', points: 39 },
    },
    {
      act: 'a better grade',
      lines: decideCorrection(history, { kind: 'SubmissionRegraded', ...byHand, sequence: 2, grade: 100 }).lines,
      line: { rule: 'regrade', text: 'Graded 100 of 100', points: 11 },
    },
    {
      act: 'a revocation',
      lines: decideCorrection(history, revoked).lines,
      line: { rule: 'revocation', text: 'Well argued.', points: -50 },
    },
    {
      act: 'a restoration',
      lines: decideCorrection(afterwards, { kind: 'RewardRestored', ...byHand, sequence: 1 }).lines,
      line: { rule: 'restoration', text: 'Well argued.', points: 50 },
    },
    {
      act: 'an extension',
      lines: decideCorrection(history, {
        ...byHand,
        kind: 'DeadlineExtended',
        sequence: 1,
        dueDate: later(noon, 2 * day),
      }).lines,
      line: { rule: 'extension', text: 'Well argued.', points: 20 },
    },
  ])('$act', ({ lines, line }) => {
    expect(lines).toEqual([line]);
  });
});

describe('a defect throws an error that names the invariant', () => {
  const broken = (overrides: object) => aStudent(overrides as Partial<StudentState>);
  test.each<{ given: string; state?: StudentState; action?: PaidAction; rules?: RewardRules; invariant: string }>([
    {
      given: 'an invalid due date',
      action: handedIn({ dueDate: new Date(Number.NaN) }),
      invariant: 'points are within their bounds',
    },
    {
      given: 'an invalid time',
      action: handedIn({ at: new Date(Number.NaN) }),
      invariant: 'points are within their bounds',
    },
    {
      given: 'rules whose minimum is above their maximum',
      rules: { ...rulesVersion1, leastSubmissionPoints: 60, submissionPoints: 40 },
      invariant: 'points are within their bounds',
    },
    {
      given: 'lifetime xp beyond safe integers',
      state: broken({ lifetimeXp: 2 ** 60 }),
      invariant: 'lifetimeXp grows by the xp paid',
    },
    {
      given: 'aura points beyond safe integers',
      state: broken({ auraPoints: 2 ** 60 }),
      invariant: 'aura points grow by those paid',
    },
    {
      given: 'rules that pay negative points',
      state: broken({ xp: 50 }),
      rules: { ...rulesVersion1, submissionPoints: -20, leastSubmissionPoints: -20 },
      invariant: 'aura points never fall',
    },
    { given: 'xp below 0', state: broken({ xp: -60 }), invariant: 'xp is below the next threshold' },
    {
      given: 'xp that is not a number',
      state: broken({ xp: Number.NaN }),
      invariant: 'xp is below the next threshold',
    },
    {
      given: 'aura points that are not a number',
      state: broken({ auraPoints: Number.NaN }),
      invariant: 'aura points grow by those paid',
    },
    {
      given: 'rules whose levels cost nothing',
      rules: { ...rulesVersion1, xpOfFirstLevel: 0 },
      invariant: 'xp is below the next threshold',
    },
    {
      given: 'a badge held twice',
      state: broken({ badges: ['level-5', 'level-5'] }),
      invariant: 'no badge is held twice',
    },
    {
      given: 'an abandoned session',
      action: focused({ focusedSeconds: 299 }),
      invariant: 'only a completed session is rewarded',
    },
    {
      given: 'more focus than planned',
      action: focused({ plannedMinutes: 25, focusedSeconds: 1501 }),
      invariant: 'only a completed session is rewarded',
    },
    {
      given: 'a fraction of a second',
      action: focused({ focusedSeconds: 600.5 }),
      invariant: 'only a completed session is rewarded',
    },
    {
      given: 'a session planned for longer than two hours',
      action: focused({ plannedMinutes: 121, focusedSeconds: 600 }),
      invariant: 'a session has a length that can be planned',
    },
    {
      given: 'a session planned for no time',
      action: focused({ plannedMinutes: 0, focusedSeconds: 0 }),
      invariant: 'a session has a length that can be planned',
    },
    {
      given: 'a session planned for half a minute more',
      action: focused({ plannedMinutes: 5.5, focusedSeconds: 300 }),
      invariant: 'a session has a length that can be planned',
    },
    ...[0, -1, 1_001, Number.NaN].map((points) => ({
      given: `a bonus of ${points}`,
      action: { kind: 'BonusGranted', at: noon, localDate: today, points, note: 'Well.' } as const,
      invariant: Number.isNaN(points) ? 'a bonus is a whole number of points' : 'points are within their bounds',
    })),
    {
      given: 'a bonus of a fraction',
      action: { kind: 'BonusGranted', at: noon, localDate: today, points: 1.5, note: 'Well.' } as const,
      invariant: 'a bonus is a whole number of points',
    },
    ...[-1, 101, 50.5, Number.NaN].map((grade) => ({
      given: `a grade of ${grade}`,
      action: { kind: 'SubmissionGraded', at: noon, localDate: today, grade, note: null } as const,
      invariant: 'a grade is within its bounds',
    })),
    {
      given: 'focused time that is not a number',
      action: focused({ focusedSeconds: Number.NaN }),
      invariant: 'only a completed session is rewarded',
    },
  ])('$given: $invariant', ({ state = newStudentState, action = handedIn(), rules = rulesVersion1, invariant }) => {
    expect(() => decideReward(state, action, rules)).toThrow(new Error(`Invariant broken: ${invariant}.`));
  });

  test.each(['2026-02-30', '11 March', ''])('given the invalid date "%s", decideReward throws', (localDate) => {
    expect(() => decideReward(newStudentState, handedIn({ localDate }))).toThrow(RangeError);
  });

  test.each([-1, 101, 50.5, Number.NaN])('given another grade of %d, decideCorrection throws', (grade) => {
    const dated = { at: noon, localDate: today, note: null };
    const graded = { action: { kind: 'SubmissionGraded', ...dated, grade: 80 } as const, xp: 40, rulesVersion: 1 };
    const regraded = { kind: 'SubmissionRegraded', ...dated, sequence: 1, grade } as const;
    expect(decideCorrection([graded], { ...regraded, grade: 100 })).toMatchObject({ xp: 10 });
    expect(() => decideCorrection([graded], regraded)).toThrow('a grade is within its bounds');
  });

  const noNote = { at: noon, localDate: today, note: null };
  const twoRows = [
    { action: handedIn(), xp: 50, rulesVersion: 1 },
    { action: { kind: 'SubmissionGraded', ...noNote, grade: 80 } as const, xp: 40, rulesVersion: 1 },
  ];
  const revoked = { kind: 'RewardRevoked', ...noNote, sequence: 1, note: 'Copied.' } as const;
  const before = foldLedger(twoRows);
  const folded = foldLedger([...twoRows, { action: revoked, xp: -50, rulesVersion: 1 }]);
  const folds: CorrectedFolds = {
    former: { points: 50, isRevoked: false },
    corrected: { points: 50, isRevoked: true },
    before,
    folded,
  };

  test.each<{ given: string; state: Partial<StudentState>; former?: Partial<StudentState>; invariant: string }>([
    {
      given: 'lifetimeXp that did not move',
      state: { lifetimeXp: 90 },
      invariant: 'lifetimeXp moves by the difference of the worths',
    },
    {
      given: 'aura points that did not move',
      state: { auraPoints: 90 },
      invariant: 'aura points move by the difference of the worths',
    },
    {
      given: 'more points taken away than there were',
      former: { lifetimeXp: 40 },
      state: { lifetimeXp: -10 },
      invariant: 'the worths add up to 0 or more',
    },
    {
      given: 'xp that rises as points are taken away',
      state: { xp: 91 },
      invariant: 'level and xp move in the direction of the correction',
    },
    {
      given: 'a level that rises as points are taken away',
      state: { level: 1, xp: 0 },
      invariant: 'level and xp move in the direction of the correction',
    },
  ])('given $given, a correction throws: $invariant', ({ state, former = {}, invariant }) => {
    expect(decideFromFolds(revoked, folds, rulesVersion1)).toMatchObject({ worth: 0, xp: -50 });
    const wrong = {
      ...folds,
      before: { ...before, state: { ...before.state, ...former } },
      folded: { ...folded, state: { ...folded.state, ...state } },
    };
    expect(() => decideFromFolds(revoked, wrong, rulesVersion1)).toThrow(new Error(`Invariant broken: ${invariant}.`));
  });

  test('given an unknown action, decideReward throws', () => {
    const unknown = { ...handedIn(), kind: 'QuizPassed' } as unknown as StudentAction;
    expect(() => decideReward(newStudentState, unknown)).toThrow(/^Unknown action: .*QuizPassed/);
  });
});

test('progressOf returns only the part of a state that a reward shows', () => {
  expect(progressOf(aStudent({ level: 2, xp: 3, lifetimeXp: 503, auraPoints: 503 }))).toEqual({
    level: 2,
    xp: 3,
    lifetimeXp: 503,
    auraPoints: 503,
  });
});

test('a new student has nothing, and its state is frozen', () => {
  expect(newStudentState).toEqual({
    level: 0,
    xp: 0,
    lifetimeXp: 0,
    auraPoints: 0,
    submissionCount: 0,
    pomodoroCount: 0,
    totalPomodoroSeconds: 0,
    streak: { days: 0, longest: 0, freezes: 0, lastActiveOn: null },
    focusToday: { date: null, paidMinutes: 0 },
    badges: [],
  });
  const { streak, focusToday, badges } = newStudentState;
  expect([newStudentState, streak, focusToday, badges].every(Object.isFrozen)).toBe(true);
});
