import { parseArgs } from 'node:util';

export interface BenchSettings {
  /** The sides to be measured. */
  readonly only: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly students: number;
  readonly clients: number;
  readonly seed: number;
}

/** A side as the command line knows it. */
export interface NamedSide {
  readonly name: string;
  readonly about: string;
  /** Whether it is measured where --only names nothing. */
  readonly byDefault: boolean;
}

export const usage = (sides: readonly NamedSide[]): string => `Usage: npm run bench [-- options]
Measures grants on a mongod of its own beside what they are compared with, all in turn, and prints tables.
  --only NAME,NAME  some of the sides (all but growth)
  --seconds N       how long each measurement takes (2)
  --rounds N        how often all are measured in turn (5)
  --students N      who ask (256)
  --clients N       how many requests are under way at once, beside those with 1 (64)
  --seed N          of what is left to chance (1)
Sides:
${sides.map(({ name, about }) => `  ${name.padEnd(16)}  ${about}\n`).join('')}`;

/** @throws Error naming the option that is wrong */
export function readSettings(args: readonly string[], sides: readonly NamedSide[]): BenchSettings | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      students: { type: 'string', default: '256' },
      clients: { type: 'string', default: '64' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help) return 'help';
  const only = values.only?.split(',') ?? sides.filter(({ byDefault }) => byDefault).map(({ name }) => name);
  const unknown = only.find((wanted) => sides.every(({ name }) => name !== wanted));
  if (unknown !== undefined) throw new Error(`--only: there is no side "${unknown}"; see --help`);
  const clients = atLeastOne('clients', values.clients);
  const students = atLeastOne('students', values.students);
  if (students < 4 * clients) throw new Error('--students: fewer than 4 for each of --clients get into their own way');
  return {
    only,
    students,
    clients,
    seconds: atLeastOne('seconds', values.seconds),
    rounds: atLeastOne('rounds', values.rounds),
    seed: atLeastOne('seed', values.seed),
  };
}

function atLeastOne(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes whole numbers from 1 on`);
  return value;
}
