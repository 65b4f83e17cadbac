import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { project } from '../architecture/project-copy.js';
import type { HealthSeen } from './health-watch.js';

export interface HealthWatch {
  /** Stops polling. @returns the health over the whole period */
  end(): Promise<HealthSeen>;
}

/**
 * Polls the health endpoints of a server every 100 ms from a separate process, which the load of this process does not
 * delay. Resolves after the first responses: the watcher then has its connections, which an overloaded server might no
 * longer accept.
 */
export async function watchHealth(url: string): Promise<HealthWatch> {
  const script = ['--import', './scripts/typescript.mjs', 'tests/faults/health-watch.ts', url];
  const child = spawn(process.execPath, script, { cwd: project, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  const seen = once(lines, 'line');
  return {
    async end() {
      child.stdin.end();
      return JSON.parse((await seen)[0]);
    },
  };
}
