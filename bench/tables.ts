import type { Spread } from './figures.js';
import type { Results } from './results.js';
import { commandSeries, patternSeries, raceSeries, series } from './series.js';
import { isMet, targets } from './targets.js';

/** @returns a Markdown table; empty if there are no rows */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** @returns n/a for what was not measured, for instance processor times on a system without /proc */
export const number = (value: number, digits: number): string =>
  Number.isFinite(value) ? value.toFixed(digits) : 'n/a';
export const withRange = ({ min, median, max }: Spread, digits: number): string =>
  `${number(median, digits)} (${number(min, digits)} to ${number(max, digits)})`;

/** @returns all results of a run as Markdown */
export function tablesOf(results: Results, patterns: readonly string[], clients: number): string {
  const label = (name: string) => name.replace(/\bN\b/, String(clients));
  const sections: readonly (readonly [title: string, table: string])[] = [
    ['Rates and latencies', ratesOf(results, label)],
    ['Side by side, round by round', ratiosOf(results, patterns, label)],
    ['Bytes and memory', bytesOf(results, label)],
    ['Commands', commandsOf(results, label)],
    ['Each submission twice at once, and the rush: what became of the rewards', wrongsOf(results, patterns, label)],
    ['Start and size', startOf(results)],
    ['Live', liveOf(results, label)],
    ['Targets', targetsOf(results, patterns, label)],
  ];
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => `## ${title}\n\n${text}`)
    .join('\n');
}

/** Replaces N in the name of a series with the number of clients. */
type Label = (series: string) => string;

function ratesOf(results: Results, label: Label): string {
  const cpu = ['serverCpuMs', 'databaseCpuMs', 'loadCpuMs'];
  const rows = results
    .names('perSecond')
    .map((name) => [
      label(name),
      withRange(results.spread(name, 'perSecond'), 0),
      ...cpu.map((figure) => number(results.median(name, figure), 3)),
      number(results.median(name, 'median'), 2),
      withRange(results.spread(name, 'p99'), 1),
    ]);
  const head = ['CPU ms of one request: server (or driver)', 'database', 'load', 'latency median ms', 'p99 ms'];
  return table(['series', 'a second, median (min to max)', ...head], rows);
}

function ratiosOf(results: Results, patterns: readonly string[], label: Label): string {
  const pairs: readonly (readonly [name: string, other: string])[] = [
    [series.submitMany, series.bareMany],
    [series.submitMany, series.bareGroups],
    [series.submitOne, series.bareOne],
    [series.submitMany, series.postgraphileMany],
    [series.submitOne, series.postgraphileOne],
    [series.hot, series.bareOne],
    [series.twoSpread, series.oneProcess],
    [series.grantsIdle, series.grantsAlone],
    [series.grantsLive, series.grantsAlone],
    ...patterns.map((name) => [patternSeries(name), series.submitMany] as const),
  ];
  const rows = pairs
    .filter(([name, other]) => results.has(name) && results.has(other))
    .map(([name, other]) => [
      label(name),
      label(other),
      ...['perSecond', 'perCpuSecond', 'median'].map((figure) => withRange(results.ratio(figure, name, other), 2)),
    ]);
  return table(['of', 'to', 'ratio of the rates', 'of requests per CPU second', 'of the median latencies'], rows);
}

function bytesOf(results: Results, label: Label): string {
  const rows = results
    .names('journalBytes')
    .map((name) => [
      label(name),
      ...['journalBytes', 'receivedBytes', 'residentMb'].map((figure) => number(results.median(name, figure), 0)),
    ]);
  return table(['series', 'journal bytes of one request', 'bytes to mongod', 'server: resident MB'], rows);
}

function commandsOf(results: Results, label: Label): string {
  const counted = [series.submitOne, series.endOne, series.replayOne, series.burst16, series.burst64];
  const rows = counted
    .filter((name) => results.has(commandSeries(name)))
    .map((name) => [
      label(name),
      ...['commands', 'transactions', 'roundTrips', 'readRoundTrips'].map((figure) =>
        number(results.median(commandSeries(name), figure), 2),
      ),
    ]);
  return table(['request, or burst', 'commands', 'transactions', 'round trips', 'of which reads'], rows);
}

function wrongsOf(results: Results, patterns: readonly string[], label: Label): string {
  const audited = [...patterns.map(raceSeries), series.race, series.twoTogether, series.rush];
  const total = (name: string, figure: string) =>
    String(results.values(name, figure).reduce((all, each) => all + each, 0));
  const rows = audited
    .filter((name) => results.has(name))
    .map((name) => [
      label(name),
      ...['submissions', 'lost', 'doubled', 'recordedTwice', 'failures'].map((figure) => total(name, figure)),
    ]);
  return table(['series, all rounds', 'submissions', 'lost', 'paid twice', 'recorded twice', 'failed answers'], rows);
}

function startOf(results: Results): string {
  if (!results.has(series.start)) return '';
  const figureOf = (figure: string) => withRange(results.spread(series.start, figure), 0);
  return table(
    ['npm start, everything built', 'median (min to max)'],
    [
      ['ready, ms', figureOf('readyMs')],
      ['its database up, ms', figureOf('databaseMs')],
      ['from then until ready, ms', figureOf('afterDatabaseMs')],
      ['resident when idle, MB', figureOf('idleMb')],
    ],
  );
}

function liveOf(results: Results, label: Label): string {
  const figures: readonly (readonly [figure: string, name: string, digits: number])[] = [
    ['deliveryMedian', 'from the answer to the event: median, ms', 2],
    ['deliveryP99', 'p99, ms', 1],
    ['deliveryMax', 'maximum, ms', 0],
    ['eventCpuMs', 'processor time of the server for one event, ms', 3],
    ['commands', 'commands to the database, for all', 0],
    ['retries', 'times that the server asked a client to come back', 0],
    ['resumedMedian', 'until a subscriber has what it missed: median, ms', 0],
    ['resumedMax', 'maximum, ms', 0],
    ['open', 'subscribers who stayed connected', 0],
    ['residentKb', 'resident memory of the server for one subscriber, kB', 1],
    ['heapKb', 'of which heap, kB', 1],
    ['idleCpuPercent', 'one core of the server while all are idle, %', 1],
    ['connectCpuMs', 'processor time of the server to connect one, ms', 2],
  ];
  const rows = [series.steadyLive, series.steadyCourse, series.resumes, series.idle].flatMap((name) =>
    figures
      .filter(([figure]) => results.values(name, figure).length > 0)
      .map(([figure, text, digits]) => [label(name), text, withRange(results.spread(name, figure), digits)]),
  );
  return table(['series', 'figure', 'median (min to max)'], rows);
}

function targetsOf(results: Results, patterns: readonly string[], label: Label): string {
  const rows = targets(patterns)
    .filter(({ series }) => series.every((each) => results.has(each)))
    .map((target) => {
      const figure = target.figure(results);
      const { atMost, atLeast, unit } = target;
      const aim = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
      return [
        label(target.description),
        `${aim} ${unit}`.trim(),
        number(figure, 2),
        isMet(target, figure) ? 'met' : 'missed',
      ];
    });
  return table(['target', 'aim', 'found', ''], rows);
}
