import type { Spread } from './figures.js';
import type { Results } from './results.js';
import { patternSeries, raceSeries, sentSeries, series } from './series.js';
import { isMet, targets } from './targets.js';

/** A table of markdown; empty where it would have no rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '-');
const withRange = ({ min, median, max }: Spread, digits: number): string =>
  `${number(median, digits)} (${number(min, digits)} to ${number(max, digits)})`;

/** Everything that a run found, as markdown. */
export function tablesOf(results: Results, patterns: readonly string[], clients: number): string {
  const said = (of: string) => of.replace(/\bN\b/, String(clients));
  const sections: readonly (readonly [title: string, table: string])[] = [
    ['Rates and latencies', ratesOf(results, said)],
    ['Side by side, round by round', ratiosOf(results, patterns, said)],
    ['Cost of one request', costsOf(results, said)],
    ['Commands', commandsOf(results, said)],
    ['Each submission twice at once, and the rush: what became of the rewards', wrongsOf(results, patterns, said)],
    ['Start and size', startOf(results)],
    ['Targets', targetsOf(results, patterns, said)],
  ];
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => `## ${title}\n\n${text}`)
    .join('\n');
}

type Said = (of: string) => string;

function ratesOf(results: Results, said: Said): string {
  const rows = results
    .names('perSecond')
    .map((of) => [
      said(of),
      withRange(results.spread(of, 'perSecond'), 0),
      number(results.median(of, 'median'), 2),
      withRange(results.spread(of, 'p99'), 1),
    ]);
  return table(['series', 'a second, median (min to max)', 'latency median ms', 'p99 ms, median (min to max)'], rows);
}

function ratiosOf(results: Results, patterns: readonly string[], said: Said): string {
  const pairs: readonly (readonly [figure: string, of: string, to: string])[] = [
    ['perSecond', series.submitMany, series.bareMany],
    ['perSecond', series.submitMany, series.bareGroups],
    ['median', series.submitOne, series.bareOne],
    ['perSecond', series.hot, series.bareOne],
    ['perSecond', series.twoSpread, series.oneBeside],
    ...patterns.map((name) => ['perSecond', patternSeries(name), series.submitMany] as const),
  ];
  const rows = pairs
    .filter(([, of, to]) => results.has(of) && results.has(to))
    .map(([figure, of, to]) => [
      figure === 'perSecond' ? 'rate' : 'median latency',
      said(of),
      said(to),
      withRange(results.ratio(figure, of, to), 2),
    ]);
  return table(['figure', 'of', 'to', 'ratio, median (min to max)'], rows);
}

function costsOf(results: Results, said: Said): string {
  const rows = results
    .names('mongodCpuMs')
    .map((of) => [
      said(of),
      number(results.median(of, 'serverCpuMs'), 3),
      number(results.median(of, 'mongodCpuMs'), 3),
      number(results.median(of, 'journalBytes'), 0),
      number(results.median(of, 'receivedBytes'), 0),
      number(results.median(of, 'residentMb'), 0),
    ]);
  return table(
    ['series', 'CPU ms of server (or driver)', 'CPU ms of mongod', 'journal bytes', 'bytes to mongod', 'resident MB'],
    rows,
  );
}

function commandsOf(results: Results, said: Said): string {
  const counted = [series.submitOne, series.endOne, series.replayOne, series.burst16, series.burst64];
  const rows = counted
    .filter((of) => results.has(sentSeries(of)))
    .map((of) => [
      said(of),
      ...['commands', 'transactions', 'roundTrips', 'roundTripsOfReads'].map((figure) =>
        number(results.median(sentSeries(of), figure), 2),
      ),
    ]);
  return table(['request, or burst', 'commands', 'transactions', 'round trips', 'of which reads'], rows);
}

function wrongsOf(results: Results, patterns: readonly string[], said: Said): string {
  const audited = [...patterns.map(raceSeries), series.race, series.twoTogether, series.rush];
  const total = (of: string, figure: string) => String(results.values(of, figure).reduce((all, each) => all + each, 0));
  const rows = audited
    .filter((of) => results.has(of))
    .map((of) => [
      said(of),
      ...['submissions', 'lost', 'doubled', 'recordedTwice', 'failures'].map((figure) => total(of, figure)),
    ]);
  return table(['series, all rounds', 'submissions', 'lost', 'paid twice', 'recorded twice', 'failed answers'], rows);
}

function startOf(results: Results): string {
  if (!results.has(series.start)) return '';
  const of = (figure: string) => withRange(results.spread(series.start, figure), 0);
  return table(
    ['npm start, everything built', 'median (min to max)'],
    [
      ['ready, ms', of('readyMs')],
      ['its database up, ms', of('databaseMs')],
      ['from then until ready, ms', of('afterDatabaseMs')],
      ['resident when idle, MB', of('idleMb')],
    ],
  );
}

function targetsOf(results: Results, patterns: readonly string[], said: Said): string {
  const rows = targets(patterns)
    .filter(({ of }) => of.every((each) => results.has(each)))
    .map((target) => {
      const figure = target.figure(results);
      const { most, least, unit } = target;
      const aim = least === undefined ? `at most ${most}` : `at least ${least}`;
      return [said(target.aim), `${aim} ${unit}`.trim(), number(figure, 2), isMet(target, figure) ? 'met' : 'missed'];
    });
  return table(['target', 'aim', 'found', ''], rows);
}
