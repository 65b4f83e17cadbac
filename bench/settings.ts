import { parseArgs } from 'node:util';

export interface BenchSettings {
  readonly only: string | null;
  readonly seconds: number;
  readonly rounds: number;
  readonly students: number;
  readonly clients: readonly number[];
}

export const USAGE = `Usage: npm run bench [-- options]
Measures grants per second on a mongod of its own, over HTTP beside the bare driver, in turn.
  --only NAME      one side: bare or product
  --seconds N      how long each measurement takes (3)
  --rounds N       how often all are measured in turn (5)
  --students N     who submit (256)
  --clients N,N    how many requests are under way at once (1,64)
`;

/** @throws Error naming the option that is wrong */
export function readSettings(args: readonly string[]): BenchSettings | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      only: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '5' },
      students: { type: 'string', default: '256' },
      clients: { type: 'string', default: '1,64' },
    },
  });
  if (values.help) return 'help';
  return {
    only: values.only ?? null,
    seconds: atLeastOne('seconds', values.seconds),
    rounds: atLeastOne('rounds', values.rounds),
    students: atLeastOne('students', values.students),
    clients: values.clients.split(',').map((count) => atLeastOne('clients', count)),
  };
}

function atLeastOne(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes whole numbers from 1 on`);
  return value;
}
