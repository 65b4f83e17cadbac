/**
 * Builds dist/: the server from src/ with swc, and the pages from web/ with vite. It skips a part whose inputs have not
 * changed since its last build. Everything runs in this process, so that `npm start` can use it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assertFirstLoad, compressFiles } from './first-load.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const stamps = path.join(dist, '.stamps');

const HELP = `Builds the server and its pages into dist/. Skips parts that are up to date.

  npm run build              build changed parts
  npm run build -- --force   build everything
  npm run build -- --help    print this text
`;

/** These files are inputs of every part. A part is rebuilt if the content of any of its inputs has changed. */
const SHARED_INPUTS = ['package-lock.json', 'scripts/build.mjs'];
const PARTS = [
  { name: 'Server', stamp: 'server', inputs: ['src', '.swcrc'], output: 'main.js', make: compileServer },
  {
    name: 'GraphiQL page',
    stamp: 'graphiql',
    inputs: ['web/graphiql'],
    output: 'web/graphiql/index.html',
    make: (begin) => bundlePage('web/graphiql/vite.config.ts', begin),
  },
  {
    name: 'Web client',
    stamp: 'app',
    inputs: ['web/app', 'scripts/first-load.mjs'],
    output: 'web/app/index.html',
    make: async (begin) => {
      await bundlePage('web/app/vite.config.ts', begin);
      await compressFiles(path.join(dist, 'web/app'));
      await assertFirstLoad(path.join(dist, 'web/app'));
    },
  },
];

/** The development tools of a part are not installed, as in production. The part keeps its last build. */
class ToolsMissing extends Error {}

/**
 * Builds all changed parts and reports one line for each part.
 * @param only the stamps of the parts to build; by default all
 * @throws Error if a source does not compile
 */
export async function build({ force = false, only, report = (line) => process.stdout.write(`${line}\n`) } = {}) {
  for (const part of PARTS) {
    if (only !== undefined && !only.includes(part.stamp)) continue;
    if (existsSync(path.join(root, part.inputs[0]))) report(`${part.name}: ${await buildPart(part, force)}`);
  }
}

async function buildPart({ name, stamp, inputs, output, make }, force) {
  const started = performance.now();
  const hash = await hashOf([...inputs, ...SHARED_INPUTS]);
  const stampFile = path.join(stamps, stamp);
  const isBuilt = existsSync(path.join(dist, output));
  if (!force && isBuilt && (await readFile(stampFile, 'utf8').catch(() => '')) === hash) return 'up to date';
  try {
    await make(() => rm(stampFile, { force: true }));
  } catch (error) {
    // swc appends a native stack trace. Keep only the message before it.
    const [message] = error.message.split(/\n\s*Caused by:/);
    if (!(error instanceof ToolsMissing)) throw new Error(`${name}: ${message.trim()}`, { cause: error });
    return `${isBuilt ? 'kept the last build' : 'not built'} (${error.message})`;
  }
  await mkdir(stamps, { recursive: true });
  await writeFile(stampFile, hash);
  return `built in ${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/** Compiles everything before it writes anything. So the last build stays intact if a source does not compile. */
async function compileServer(begin) {
  const { transform } = await import('@swc/core');
  const source = path.join(root, 'src');
  const outputs = new Map();
  await Promise.all(
    (await filesIn(source)).map(async (name) => {
      const filename = path.join(source, name);
      const target = path.join(dist, name.replace(/\.ts$/, '.js'));
      const text = await readFile(filename);
      if (!name.endsWith('.ts')) return outputs.set(target, text);
      if (name.endsWith('.d.ts')) return;
      const sourceFileName = path.relative(path.dirname(target), filename);
      const options = {
        filename,
        sourceFileName,
        configFile: path.join(root, '.swcrc'),
        swcrc: false,
        sourceMaps: true,
        inlineSourcesContent: false,
      };
      const { code, map } = await transform(text.toString(), options);
      outputs.set(target, `${code}\n//# sourceMappingURL=${path.basename(target)}.map\n`);
      outputs.set(`${target}.map`, map);
    }),
  );
  await begin();
  for (const [target, content] of outputs) {
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(`${target}.new`, content);
    await rename(`${target}.new`, target);
  }
  for (const name of await filesIn(dist)) {
    const file = path.join(dist, name);
    const isOurs = !name.startsWith(`web${path.sep}`) && !name.startsWith(`.stamps${path.sep}`);
    if (!isOurs || outputs.has(file)) continue;
    await rm(file);
    // rmdir fails if the directory is not empty, which is intended.
    await rmdir(path.dirname(file)).catch(() => {});
  }
  await assertSchema();
}

/** Fails the build if a field of the API has no declared access rule. */
async function assertSchema() {
  const { createSchema } = await import(pathToFileURL(path.join(dist, 'graphql', 'schema.js')).href);
  await createSchema();
}

async function bundlePage(configFile, begin) {
  const vite = await import('vite').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ToolsMissing('the development packages are not installed: npm install');
  });
  const { NODE_ENV } = process.env;
  await begin();
  // Anything else, for instance "test", would build the development version of React.
  process.env.NODE_ENV = 'production';
  try {
    await vite.build({ configFile: path.join(root, configFile), logLevel: 'warn' });
  } finally {
    // The server that starts in this process has its own.
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

async function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const file = path.join(root, input);
    for (const name of (await filesIn(file)) ?? ['']) {
      const content = await readFile(path.join(file, name)).catch(() => '');
      hash.update(`${path.join(input, name)}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

/** @returns the sorted names of all files below a directory; null if it is not a directory */
async function filesIn(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return null;
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name))).sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const known = ['--help', '--force'];
  const unknown = process.argv.slice(2).find((argument) => !known.includes(argument));
  if (unknown !== undefined || process.argv.includes('--help')) {
    process.stdout.write(unknown === undefined ? HELP : `Unknown argument: ${unknown}\n\n${HELP}`);
    process.exitCode = unknown === undefined ? 0 : 1;
  } else {
    await build({ force: process.argv.includes('--force') }).catch((error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    });
  }
}
