/** npm run types: checks the types of each project, two at a time, which halves the time on two cores. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));

/** The longest first. */
const waiting = ['.', 'tests/web', 'web/app', 'web/graphiql'];

async function checkOneByOne() {
  for (let project = waiting.shift(); project !== undefined; project = waiting.shift()) await check(project);
}

/** Prints the errors of a project, and makes this process fail if there are any. */
function check(project) {
  const args = [tsc, '-p', project, ...(process.stdout.isTTY ? ['--pretty'] : [])];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      process.stdout.write(stdout);
      process.stderr.write(stderr);
      if (error !== null) {
        process.stderr.write(`The types of ${project} are wrong, or could not be checked.\n`);
        process.exitCode = 1;
      }
      resolve();
    });
  });
}

await Promise.all([checkOneByOne(), checkOneByOne()]);
