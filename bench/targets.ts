import type { Results } from './results.js';
import {
  commandSeries,
  LEDGER_ROWS,
  patternSeries,
  REWARDS_BEFORE,
  rewardsSeries,
  rowsSeries,
  series,
} from './series.js';

/** A bound that a run is expected to meet. */
export interface Target {
  readonly description: string;
  /** The series that the figure is computed from. Without one of them the target is not reported. */
  readonly series: readonly string[];
  readonly figure: (results: Results) => number;
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
}

type Bounds = Pick<Target, 'atMost' | 'atLeast'>;

/** @param patterns the names of the common patterns */
export const targets = (patterns: readonly string[]): readonly Target[] => [
  ratioTarget(
    'N clients: grants per CPU second of the product to those of the bare driver with a transaction each',
    ['perCpuSecond', series.submitMany, series.bareMany],
    { atLeast: 2.4 },
  ),
  ratioTarget(
    '1 client: median latency of the product to that of the bare driver',
    ['median', series.submitOne, series.bareOne],
    { atMost: 1.7 },
  ),
  ratioTarget(
    'N clients: CPU of a grant to that of PostGraphile',
    ['cpuMs', series.submitMany, series.postgraphileMany],
    { atMost: 0.5 },
  ),
  ratioTarget('N clients: rate to that of PostGraphile', ['perSecond', series.submitMany, series.postgraphileMany], {
    atLeast: 2,
  }),
  ratioTarget(
    '1 client: median latency to that of PostGraphile',
    ['median', series.submitOne, series.postgraphileOne],
    { atMost: 2 },
  ),
  medianTarget('p99 at 80 % of the highest rate', [series.submitSteady, 'p99'], { atMost: 100 }, 'ms'),
  ratioTarget('one student: rate to that of the bare driver with 1 client', ['perSecond', series.hot, series.bareOne], {
    atLeast: 2,
  }),
  ratioTarget(
    'two processes, students spread: rate to that of one',
    ['perSecond', series.twoSpread, series.oneProcess],
    { atLeast: 0.85 },
  ),
  {
    description: 'two processes, the same students: rewards lost, doubled or recorded twice',
    series: [series.twoTogether],
    figure: (results) => wrongRewards(results, series.twoTogether),
    atMost: 0,
    unit: '',
  },
  {
    description: 'deadline rush: students who were not answered once, rewards lost or doubled',
    series: [series.rush],
    figure: (results) =>
      wrongRewards(results, series.rush) +
      sum(results.values(series.rush, 'students')) -
      sum(results.values(series.rush, 'answered')),
    atMost: 0,
    unit: '',
  },
  medianTarget('deadline rush: p99', [series.rush, 'p99'], { atMost: 2_000 }, 'ms'),
  ...patterns.map((name) =>
    ratioTarget(
      `common pattern (${name}): rate to that of the product`,
      ['perSecond', patternSeries(name), series.submitMany],
      { atMost: 1 },
    ),
  ),
  growthTarget('cost of a grant from 10^4 to 10^6 ledger rows', LEDGER_ROWS.map(rowsSeries)),
  growthTarget('cost of a grant from 0 to 1,000 rewards of its student', REWARDS_BEFORE.map(rewardsSeries)),
  {
    description: 'me at 500 a second: p99 to median',
    series: [series.meSteady],
    figure: (results) => results.median(series.meSteady, 'p99') / results.median(series.meSteady, 'median'),
    atMost: 10,
    unit: '×',
  },
  {
    description: 'read round trips of a lone grant',
    series: [commandSeries(series.submitOne), commandSeries(series.endOne)],
    figure: (results) =>
      Math.max(
        ...[series.submitOne, series.endOne].map((name) => results.median(commandSeries(name), 'readRoundTrips')),
      ),
    atMost: 1,
    unit: '',
  },
  medianTarget('commands of a replay', [commandSeries(series.replayOne), 'commands'], { atMost: 2 }, ''),
  {
    description: 'commands of 64 submissions at once to those of a lone one, for each transaction',
    series: [commandSeries(series.burst64), commandSeries(series.submitOne)],
    figure: (results) =>
      results.median(commandSeries(series.burst64), 'perTransaction') /
      results.median(commandSeries(series.submitOne), 'perTransaction'),
    atMost: 1,
    unit: '×',
  },
  ratioTarget(
    'p99 of 16 clients while grantBonuses pays 500 other students, to that without',
    ['p99', series.withBonuses, series.withoutBonuses],
    { atMost: 2 },
  ),
  {
    description: 'the slowest correction of a student with 5,000 rows, who is paid meanwhile; the deadline',
    series: [series.corrections],
    figure: (results) => results.spread(series.corrections, 'max').max,
    atMost: 10_000,
    unit: 'ms',
  },
  medianTarget('ready after its database is up', [series.start, 'afterDatabaseMs'], { atMost: 1_500 }, 'ms'),
  {
    description: 'live: the latest event after the answer of its commit',
    series: [series.steadyLive],
    figure: (results) => results.spread(series.steadyLive, 'deliveryMax').max,
    atMost: 1_000,
    unit: 'ms',
  },
  ratioTarget(
    'N clients: rate with 1,000 subscribers, who receive every grant, to that without',
    ['perSecond', series.grantsLive, series.grantsAlone],
    { atLeast: 0.8 },
  ),
  medianTarget('commands when 1,000 subscribers resume at once', [series.resumes, 'commands'], { atMost: 50 }, ''),
  medianTarget('idle subscribers who stay connected', [series.idle, 'open'], { atLeast: 10_000 }, ''),
  medianTarget('memory when idle', [series.start, 'idleMb'], { atMost: 100 }, 'MB'),
];

/** Bounds the ratio of one series to another. The ratio is the median over the rounds. */
function ratioTarget(
  description: string,
  [figure, name, other]: readonly [figure: string, series: string, other: string],
  bounds: Bounds,
): Target {
  return {
    description,
    series: [name, other],
    figure: (results) => results.ratio(figure, name, other).median,
    ...bounds,
    unit: '×',
  };
}

/** Bounds the median of a figure over the rounds. */
function medianTarget(
  description: string,
  [name, figure]: readonly [series: string, figure: string],
  bounds: Bounds,
  unit: string,
): Target {
  return { description, series: [name], figure: (results) => results.median(name, figure), ...bounds, unit };
}

/** Bounds the ratio of the highest processor time for a request to the lowest, over these series. */
function growthTarget(description: string, names: readonly string[]): Target {
  return {
    description,
    series: names,
    figure: (results) => {
      const costs = names.map((name) => results.median(name, 'cpuMs'));
      return Math.max(...costs) / Math.min(...costs);
    },
    atMost: 1.1,
    unit: '×',
  };
}

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

/** @returns the number of wrong rewards in all rounds together */
function wrongRewards(results: Results, name: string): number {
  return sum(['lost', 'doubled', 'recordedTwice'].map((figure) => sum(results.values(name, figure))));
}

export function isMet({ atMost = Number.POSITIVE_INFINITY, atLeast = 0 }: Target, figure: number): boolean {
  return figure >= atLeast && figure <= atMost;
}
