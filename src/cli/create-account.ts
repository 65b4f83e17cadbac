/** npm run create-account: creates an account for a teacher or an admin. See --help. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { createAccount } from '../actions/create-account.js';
import { BadInput } from '../granting/bad-input.js';
import { SignUpInput } from '../graphql/account/account.input.js';
import { checkInput } from '../graphql/limits.js';
import { reportTo } from '../report.js';
import type { Role } from '../storage/models/account.js';
import { withDatabase } from './open-database.js';
import { runProgram } from './run-program.js';

const USAGE = `Usage: [MONGODB_URI=...] npm run create-account -- --role ROLE --email ADDRESS --name NAME
Creates an account for a teacher or an admin. Students sign up by themselves. Without MONGODB_URI, it is created in the
embedded database of DATA_DIR; that database is started if no server is running it.
  --role ROLE      teacher: creates courses, and manages them and their students; admin: sees and manages everything
  --email ADDRESS  the address to sign in with
  --name NAME      the name that is shown, at most 80 characters
  --help           print this text
The password is asked for, and what is typed is not shown. If the input is not a terminal, its first line is the password:
  npm run -s create-account -- --role teacher --email hopper@school.example --name "Ms Hopper" < password.txt
Exit code: 0 created, 1 not created; the reason is printed, and nothing was written.
`;

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['teacher', 'TEACHER'],
  ['admin', 'ADMIN'],
]);

await runProgram(main);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      role: { type: 'string', default: '' },
      email: { type: 'string', default: '' },
      name: { type: 'string', default: '' },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const role = ROLES.get(values.role);
  if (!role) throw new Error(`--role: use teacher or admin.\n\n${USAGE}`);
  const password = await readPassword();
  const input = checked({ email: values.email, displayName: values.name, password });
  const report = reportTo(process.stdout);
  await withDatabase(process.env, report, async () => {
    const account = await createAccount({ ...input, role, createdAt: new Date() });
    if (!account)
      throw new Error(`--email: ${input.email} already has an account. Its role and its password stay as they are.`);
    report(`Created the ${values.role} ${input.displayName}, who signs in as ${account.email}.`);
  });
}

/**
 * Checks the input by the limits of signUp.
 * @throws Error that names each wrong option
 */
function checked(values: Pick<SignUpInput, 'email' | 'displayName' | 'password'>): SignUpInput {
  const input = Object.assign(new SignUpInput(), { ...values, timeZone: 'UTC' });
  const sources: Record<string, string> = { email: '--email', displayName: '--name', password: 'password' };
  try {
    checkInput(input, '');
    return input;
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw new Error(error.fields.map(({ path, message }) => `${sources[path] ?? path}: ${message}`).join('\n'));
  }
}

/** The first line of the input. On a terminal it is asked for, and not shown. */
async function readPassword(): Promise<string> {
  const isTerminal = Boolean(process.stdin.isTTY);
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: isTerminal });
  if (isTerminal) process.stderr.write('Password: ');
  try {
    return await new Promise((resolve, reject) => {
      // Some editors begin a file with U+FEFF.
      lines.once('line', (line) => resolve(line.replace(/^\uFEFF/, '')));
      lines.once('SIGINT', () => lines.close());
      lines.once('close', () => reject(new Error('There is no password. Nothing was written.')));
    });
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
