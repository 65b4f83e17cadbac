/**
 * `npm run dev`: the server from source, restarted when a file of src/ changes, and vite's server for the web client,
 * which reloads the page when one of its files changes. vite passes /graphql on to the server.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = path.join(root, 'src');

/** An editor saves several files at once. Milliseconds. */
const TOGETHER_MS = 200;

let server;
let timer;

function start() {
  const loader = path.join(root, 'scripts', 'typescript.mjs');
  server = spawn(process.execPath, ['--import', loader, path.join(source, 'main.ts')], { cwd: root, stdio: 'inherit' });
}

/** Ends the server in its own order, so that its database is closed before the next one opens it. */
async function stop() {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}

async function restart() {
  await stop();
  start();
}

const vite = await createServer({ configFile: path.join(root, 'web/app/vite.config.ts') });
vite.watcher.add(source);
vite.watcher.on('all', (_event, file) => {
  if (!file.startsWith(source + path.sep)) return;
  clearTimeout(timer);
  timer = setTimeout(restart, TOGETHER_MS);
});
start();
await vite.listen();
process.stdout.write('\nThe page with live reload:\n');
vite.printUrls();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    clearTimeout(timer);
    await Promise.all([stop(), vite.close()]);
    process.exit(0);
  });
}
