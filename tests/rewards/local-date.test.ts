import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { activeLocalDate, daysBetween, type LocalDate, localDateOf } from '../../src/rewards/index.js';
import { aStreak, aStudent, later } from './given.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a local date changes at midnight of its time zone', () => {
  test.each<{ zone: string; midnight: string; before: LocalDate; from: LocalDate; note: string }>([
    { zone: 'UTC', midnight: '2026-03-11T00:00:00.000Z', before: '2026-03-10', from: '2026-03-11', note: '' },
    { zone: 'UTC', midnight: '2028-02-29T00:00:00.000Z', before: '2028-02-28', from: '2028-02-29', note: 'leap day' },
    {
      zone: 'UTC',
      midnight: '0999-01-01T00:00:00.000Z',
      before: '0998-12-31',
      from: '0999-01-01',
      note: 'four digits',
    },
    {
      zone: 'Asia/Kathmandu',
      midnight: '2026-03-10T18:15:00.000Z',
      before: '2026-03-10',
      from: '2026-03-11',
      note: '+5:45',
    },
    {
      zone: 'America/St_Johns',
      midnight: '2026-03-08T03:30:00.000Z',
      before: '2026-03-07',
      from: '2026-03-08',
      note: '-3:30, before summer time',
    },
    {
      zone: 'America/St_Johns',
      midnight: '2026-03-09T02:30:00.000Z',
      before: '2026-03-08',
      from: '2026-03-09',
      note: '-2:30, after a day of 23 h',
    },
    {
      zone: 'America/St_Johns',
      midnight: '2026-11-01T02:30:00.000Z',
      before: '2026-10-31',
      from: '2026-11-01',
      note: '-2:30, before winter time',
    },
    {
      zone: 'America/St_Johns',
      midnight: '2026-11-02T03:30:00.000Z',
      before: '2026-11-01',
      from: '2026-11-02',
      note: '-3:30, after a day of 25 h',
    },
    {
      zone: 'Europe/Berlin',
      midnight: '2026-03-28T23:00:00.000Z',
      before: '2026-03-28',
      from: '2026-03-29',
      note: '+1, before summer time',
    },
    {
      zone: 'Europe/Berlin',
      midnight: '2026-03-29T22:00:00.000Z',
      before: '2026-03-29',
      from: '2026-03-30',
      note: '+2, after a day of 23 h',
    },
    {
      zone: 'Europe/Berlin',
      midnight: '2026-10-24T22:00:00.000Z',
      before: '2026-10-24',
      from: '2026-10-25',
      note: '+2, before winter time',
    },
    {
      zone: 'Europe/Berlin',
      midnight: '2026-10-25T23:00:00.000Z',
      before: '2026-10-25',
      from: '2026-10-26',
      note: '+1, after a day of 25 h',
    },
    {
      zone: 'Africa/Monrovia',
      midnight: '1960-01-01T00:44:30.000Z',
      before: '1959-12-31',
      from: '1960-01-01',
      note: '-0:44:30, in the middle of a minute',
    },
    {
      zone: 'Pacific/Apia',
      midnight: '2026-03-10T11:00:00.000Z',
      before: '2026-03-10',
      from: '2026-03-11',
      note: '+13',
    },
    {
      zone: 'Pacific/Apia',
      midnight: '2011-12-29T10:00:00.000Z',
      before: '2011-12-28',
      from: '2011-12-29',
      note: '-10',
    },
    {
      zone: 'Pacific/Apia',
      midnight: '2011-12-30T10:00:00.000Z',
      before: '2011-12-29',
      from: '2011-12-31',
      note: 'December 30 was skipped',
    },
    {
      zone: 'Pacific/Apia',
      midnight: '2011-12-31T10:00:00.000Z',
      before: '2011-12-31',
      from: '2012-01-01',
      note: '+14',
    },
  ])('$zone $midnight $note', ({ zone, midnight, before, from }) => {
    expect(localDateOf(later(new Date(midnight), -1), zone)).toBe(before);
    expect(localDateOf(new Date(midnight), zone)).toBe(from);
  });

  test('at one instant, the world can have three local dates', () => {
    const moment = new Date('2026-03-11T10:30:00.000Z');
    const zones = ['Pacific/Pago_Pago', 'UTC', 'Pacific/Kiritimati'];
    expect(zones.map((zone) => localDateOf(moment, zone))).toEqual(['2026-03-10', '2026-03-11', '2026-03-12']);
  });

  test.each(['Mars/Olympus_Mons', '', 'Europe/Berlin ', 'local'])(
    'given the invalid time zone "%s", localDateOf throws',
    (zone) => {
      expect(() => localDateOf(new Date(0), zone)).toThrow(RangeError);
    },
  );

  test('given an invalid date, localDateOf throws', () => {
    expect(() => localDateOf(new Date(Number.NaN), 'UTC')).toThrow(RangeError);
  });
});

describe('formatters', () => {
  const moment = new Date('2026-03-11T12:00:00.000Z');

  test('are created once for each time zone', () => {
    const formatterConstructor = jest.spyOn(Intl, 'DateTimeFormat');
    localDateOf(moment, 'Africa/Windhoek');
    localDateOf(moment, 'Africa/Windhoek');
    expect(formatterConstructor).toHaveBeenCalledTimes(1);
  });

  test('are cached up to a limit: the oldest is evicted when the cache is full', () => {
    const zones = spellingsOf('Europe/Berlin').slice(1, 258);
    for (const zone of zones) localDateOf(moment, zone);
    const formatterConstructor = jest.spyOn(Intl, 'DateTimeFormat');
    localDateOf(moment, zones[256]!);
    localDateOf(moment, zones[1]!);
    expect(formatterConstructor).not.toHaveBeenCalled();
    localDateOf(moment, zones[0]!);
    expect(formatterConstructor).toHaveBeenCalledTimes(1);
  });

  /** @returns all upper and lower case spellings of a name. Intl accepts each of them as the same time zone. */
  function spellingsOf(name: string): string[] {
    return [...name].reduce(
      (spellings, letter) => {
        const cases = new Set([letter, letter.toLowerCase(), letter.toUpperCase()]);
        return spellings.flatMap((spelling) => [...cases].map((written) => spelling + written));
      },
      [''],
    );
  }
});

describe('the local date of an action is never before the last active date', () => {
  const moment = new Date('2026-03-11T10:30:00.000Z');
  test.each<{ lastActiveOn: LocalDate | null; zone: string; day: LocalDate; given: string }>([
    { given: 'never active', lastActiveOn: null, zone: 'UTC', day: '2026-03-11' },
    { given: 'active the day before', lastActiveOn: '2026-03-10', zone: 'UTC', day: '2026-03-11' },
    { given: 'active today', lastActiveOn: '2026-03-11', zone: 'UTC', day: '2026-03-11' },
    {
      given: 'travelled west across midnight',
      lastActiveOn: '2026-03-11',
      zone: 'Pacific/Pago_Pago',
      day: '2026-03-11',
    },
    {
      given: 'travelled from tomorrow to yesterday',
      lastActiveOn: '2026-03-12',
      zone: 'Pacific/Pago_Pago',
      day: '2026-03-12',
    },
    {
      given: 'travelled east across midnight',
      lastActiveOn: '2026-03-11',
      zone: 'Pacific/Kiritimati',
      day: '2026-03-12',
    },
  ])('$given: $day', ({ lastActiveOn, zone, day }) => {
    expect(activeLocalDate(aStudent({ streak: aStreak({ lastActiveOn }) }), moment, zone)).toBe(day);
  });

  test('given clocks that go back across midnight, the date does not go back', () => {
    const justAfterMidnight = new Date('2010-11-07T02:30:30.000Z');
    const aMinuteLater = new Date('2010-11-07T02:31:30.000Z');
    expect(localDateOf(justAfterMidnight, 'America/St_Johns')).toBe('2010-11-07');
    expect(localDateOf(aMinuteLater, 'America/St_Johns')).toBe('2010-11-06');
    const active = aStudent({ streak: aStreak({ lastActiveOn: '2010-11-07' }) });
    expect(activeLocalDate(active, aMinuteLater, 'America/St_Johns')).toBe('2010-11-07');
  });
});

describe('daysBetween', () => {
  test.each<[from: LocalDate, to: LocalDate, days: number]>([
    ['2026-03-11', '2026-03-11', 0],
    ['2026-03-11', '2026-03-12', 1],
    ['2026-03-12', '2026-03-11', -1],
    ['2026-03-28', '2026-03-30', 2],
    ['2026-10-24', '2026-10-26', 2],
    ['2028-02-28', '2028-03-01', 2],
    ['2026-02-28', '2026-03-01', 1],
    ['2025-12-31', '2026-01-01', 1],
    ['2000-01-01', '2001-01-01', 366],
    ['0001-01-01', '9999-12-31', 3_652_058],
  ])('%s and %s: %i', (from, to, days) => {
    expect(daysBetween(from, to)).toBe(days);
  });

  test.each([
    '2026-02-29',
    '2026-02-30',
    '2026-13-01',
    '2026-00-10',
    '2026-3-1',
    '26-03-11',
    '2026-03',
    '2026-03-11T00:00:00Z',
    'today',
    '',
  ])('given the invalid date "%s", it throws', (day) => {
    expect(() => daysBetween('2026-03-11', day)).toThrow(RangeError);
    expect(() => daysBetween(day, '2026-03-11')).toThrow(RangeError);
  });
});
