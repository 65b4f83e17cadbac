/** What the first load of the web client costs on the wire: compressed files, and a limit on their size. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/**
 * All scripts that the sign-in page and the student's home need, compressed by gzip: about a second on a slow phone
 * connection (1 Mbit/s). Bytes.
 */
export const LARGEST_FIRST_LOAD = 120_000;

const COMPRESSIBLE = /\.(js|css|html|svg|webmanifest)$/;

/** Writes a .br and a .gz beside each text file. The server sends these. */
export async function compressFiles(directory) {
  const names = await readdir(directory, { recursive: true });
  await Promise.all(
    names
      .filter((name) => COMPRESSIBLE.test(name))
      .map(async (name) => {
        const file = path.join(directory, name);
        const content = await readFile(file);
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }));
        await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }));
      }),
  );
}

/** @throws Error with the size of each chunk if the first load is larger than its limit */
export async function assertFirstLoad(directory, limit = LARGEST_FIRST_LOAD) {
  const chunks = JSON.parse(await readFile(path.join(directory, 'assets.json'), 'utf8'));
  const sizes = await Promise.all(
    [...firstLoadOf(chunks)].map(async (file) => ({
      file,
      size: (await stat(path.join(directory, `${file}.gz`))).size,
    })),
  );
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  if (total <= limit) return total;
  const lines = sizes.sort((one, other) => other.size - one.size).map(({ file, size }) => `  ${size} ${file}`);
  throw new Error(
    `The first load has ${total} bytes of script, and may have ${limit}. ` +
      `Load a page or a part of it when it is opened: import() instead of import.\n${lines.join('\n')}`,
  );
}

/** @returns the files of the entry and of all that it imports at once */
function firstLoadOf(chunks) {
  const files = new Set();
  const add = (chunk) => {
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const name of chunk.imports ?? []) add(chunks[name]);
  };
  for (const chunk of Object.values(chunks)) if (chunk.isEntry) add(chunk);
  return files;
}
