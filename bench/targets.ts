import type { Results } from './results.js';
import { LEDGER_ROWS, patternSeries, REWARDS_BEFORE, rewardsSeries, rowsSeries, sentSeries, series } from './series.js';

/** What a run is to show. */
export interface Target {
  readonly aim: string;
  /** The series that it is reckoned from: without one of them it says nothing. */
  readonly of: readonly string[];
  readonly figure: (results: Results) => number;
  readonly most?: number;
  readonly least?: number;
  readonly unit: string;
}

const cost = (results: Results, of: string) => results.median(of, 'serverCpuMs') + results.median(of, 'mongodCpuMs');

/** The most that any of these costs, to the least. */
function growthOf(results: Results, all: readonly string[]): number {
  const costs = all.map((of) => cost(results, of));
  return Math.max(...costs) / Math.min(...costs);
}

const byRows = LEDGER_ROWS.map(rowsSeries);
const byRewards = REWARDS_BEFORE.map(rewardsSeries);

/** @param patterns the names of what people write today */
export const targets = (patterns: readonly string[]): readonly Target[] => [
  {
    aim: 'N clients: rate of the product to that of the bare driver with a transaction each',
    of: [series.submitMany, series.bareMany],
    figure: (results) => results.ratio('perSecond', series.submitMany, series.bareMany).median,
    least: 2.5,
    unit: '×',
  },
  {
    aim: '1 client: median latency of the product to that of the bare driver',
    of: [series.submitOne, series.bareOne],
    figure: (results) => results.ratio('median', series.submitOne, series.bareOne).median,
    most: 1.3,
    unit: '×',
  },
  {
    aim: 'p99 at 80 % of the highest rate',
    of: [series.submitSteady],
    figure: (results) => results.median(series.submitSteady, 'p99'),
    most: 100,
    unit: 'ms',
  },
  {
    aim: 'one student: rate to that of the bare driver with 1 client',
    of: [series.hot, series.bareOne],
    figure: (results) => results.ratio('perSecond', series.hot, series.bareOne).median,
    least: 2,
    unit: '×',
  },
  {
    aim: 'two processes, students spread: rate to that of one',
    of: [series.twoSpread, series.oneBeside],
    figure: (results) => results.ratio('perSecond', series.twoSpread, series.oneBeside).median,
    least: 0.75,
    unit: '×',
  },
  {
    aim: 'two processes, the same students: rewards lost, doubled or recorded twice',
    of: [series.twoTogether],
    figure: (results) => wrongs(results, series.twoTogether),
    most: 0,
    unit: '',
  },
  {
    aim: 'deadline rush: students who were not answered once, rewards lost or doubled',
    of: [series.rush],
    figure: (results) =>
      wrongs(results, series.rush) +
      sum(results.values(series.rush, 'students')) -
      sum(results.values(series.rush, 'answered')),
    most: 0,
    unit: '',
  },
  {
    aim: 'deadline rush: p99',
    of: [series.rush],
    figure: (results) => results.median(series.rush, 'p99'),
    most: 2_000,
    unit: 'ms',
  },
  ...patterns.map((name) => ({
    aim: `what people write today (${name}): rate to that of the product`,
    of: [patternSeries(name), series.submitMany],
    figure: (results: Results) => results.ratio('perSecond', patternSeries(name), series.submitMany).median,
    most: 1,
    unit: '×',
  })),
  {
    aim: 'cost of a grant from 10^4 to 10^6 ledger rows',
    of: byRows,
    figure: (results) => growthOf(results, byRows),
    most: 1.1,
    unit: '×',
  },
  {
    aim: 'cost of a grant from 0 to 1,000 rewards of its student',
    of: byRewards,
    figure: (results) => growthOf(results, byRewards),
    most: 1.1,
    unit: '×',
  },
  {
    aim: 'me at 500 a second: p99 to median',
    of: [series.meSteady],
    figure: (results) => results.median(series.meSteady, 'p99') / results.median(series.meSteady, 'median'),
    most: 10,
    unit: '×',
  },
  {
    aim: 'round trips of reads of a lone grant',
    of: [sentSeries(series.submitOne), sentSeries(series.endOne)],
    figure: (results) =>
      Math.max(...[series.submitOne, series.endOne].map((of) => results.median(sentSeries(of), 'roundTripsOfReads'))),
    most: 1,
    unit: '',
  },
  {
    aim: 'commands of a replay',
    of: [sentSeries(series.replayOne)],
    figure: (results) => results.median(sentSeries(series.replayOne), 'commands'),
    most: 2,
    unit: '',
  },
  {
    aim: 'commands of 64 submissions at once to those of a lone one, for each transaction',
    of: [sentSeries(series.burst64), sentSeries(series.submitOne)],
    figure: (results) =>
      results.median(sentSeries(series.burst64), 'perTransaction') /
      results.median(sentSeries(series.submitOne), 'perTransaction'),
    most: 1,
    unit: '×',
  },
  {
    aim: 'ready after its database is up',
    of: [series.start],
    figure: (results) => results.median(series.start, 'afterDatabaseMs'),
    most: 1_500,
    unit: 'ms',
  },
  {
    aim: 'memory when idle',
    of: [series.start],
    figure: (results) => results.median(series.start, 'idleMb'),
    most: 120,
    unit: 'MB',
  },
];

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

/** In all rounds together. */
function wrongs(results: Results, of: string): number {
  return sum(['lost', 'doubled', 'recordedTwice'].map((figure) => sum(results.values(of, figure))));
}

export function isMet({ most = Number.POSITIVE_INFINITY, least = 0 }: Target, figure: number): boolean {
  return figure >= least && figure <= most;
}
