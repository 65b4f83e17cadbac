import { percentile, ratios } from '../figures.js';
import type { Results } from '../results.js';
import { number, table } from '../tables.js';
import type { Scenario } from './scenarios.js';

/** The results of one version. Its series are the scenarios. */
interface Found {
  readonly name: string;
  readonly results: Results;
}

const COMPARED = [
  ['serverCpuMs', 'CPU of the server'],
  ['databaseCpuMs', 'CPU of mongod'],
  ['cpuMs', 'of both'],
  ['perSecond', 'rate'],
  ['median', 'median latency'],
] as const;

/** @returns the figures of all versions, and the ratios of the first to each other one, round by round */
export function comparisonOf(
  versions: readonly [Found, ...Found[]],
  scenarios: readonly Pick<Scenario, 'name'>[],
): string {
  const [first, ...others] = versions;
  return [...others.map((other) => ratiosOf(first, other, scenarios)), figuresTable(versions, scenarios)].join('\n');
}

function ratiosOf(one: Found, other: Found, scenarios: readonly Pick<Scenario, 'name'>[]): string {
  const rows = scenarios.map(({ name }) => [
    name,
    ...COMPARED.map(([figure]) =>
      withQuartiles(ratios(one.results.values(name, figure), other.results.values(name, figure))),
    ),
  ]);
  return [
    `## ${one.name} to ${other.name}: ratios, round by round, median (quartiles)\n`,
    table(['scenario', ...COMPARED.map(([, title]) => title)], rows),
  ].join('\n');
}

function figuresTable(versions: readonly Found[], scenarios: readonly Pick<Scenario, 'name'>[]): string {
  const rows = scenarios.flatMap(({ name }) =>
    versions.map((version) => {
      const median = (figure: string, digits: number) => number(version.results.median(name, figure), digits);
      const cpu = ['serverCpuMs', 'databaseCpuMs', 'cpuMs', 'loadCpuMs'].map((figure) => median(figure, 3));
      return [name, version.name, ...cpu, median('perSecond', 0), median('median', 2), median('p99', 1)];
    }),
  );
  return [
    '## Medians of the rounds\n',
    table(
      [
        ...['scenario', 'version', 'CPU ms of one request: server', 'mongod', 'both', 'load'],
        ...['a second', 'latency median ms', 'p99 ms'],
      ],
      rows,
    ),
  ].join('\n');
}

function withQuartiles(values: readonly number[]): string {
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => number(percentile(values, share), 2));
  return `${median} (${low} to ${high})`;
}
