/** A copy of a project whose source has all mutants in it, and the settings that jest needs to run its tests there. */
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hashOf, type Instrumented } from './mutants.js';

const NOT_COPIED = new Set(['.git', 'node_modules', '.data', 'coverage']);
const JEST_CONFIG = 'mutants.jest.config.js';

export interface ProjectCopy {
  readonly directory: string;
  /** The arguments of node that run jest in the copy. */
  readonly jestArgs: readonly string[];
}

/** Copies a project. A copy that an earlier run left is replaced. What jest has compiled before is kept. */
export async function copyProject(root: string, { files }: Instrumented): Promise<ProjectCopy> {
  const place = path.join(os.tmpdir(), `auraledger-mutants-${hashOf([root])}`);
  const directory = path.join(place, 'project');
  await rm(directory, { recursive: true, force: true });
  await cp(root, directory, {
    recursive: true,
    filter: (source) => !NOT_COPIED.has(path.relative(root, source)),
  });
  await symlink(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  for (const [name, text] of files) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
  await writeFile(path.join(directory, JEST_CONFIG), jestConfig(place, directory));
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return { directory, jestArgs: [...options, jest, '-i', '--forceExit', '--config', JEST_CONFIG] };
}

/** jest would compile this if it were TypeScript. */
function jestConfig(place: string, directory: string): string {
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const settings = {
    rootDir: directory,
    globalSetup: undefined,
    globalTeardown: undefined,
    reporters: [],
    watchman: false,
    maxWorkers: 1,
    cacheDirectory: path.join(place, 'jest'),
    testEnvironment: here('./environment.mjs'),
    testSequencer: here('./in-order.mjs'),
  };
  const url = pathToFileURL(path.join(directory, 'jest.config.js')).href;
  return `import base from ${JSON.stringify(url)};
const { globalSetup, globalTeardown, ...kept } = base;
export default { ...kept, ...${JSON.stringify(settings)} };
`;
}
