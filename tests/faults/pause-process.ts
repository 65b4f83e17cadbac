import { spawn } from 'node:child_process';

export interface PausedProcess {
  /** Sends SIGCONT. */
  resume(): void;
  /** Call it instead of `resume` before the process is killed. */
  forget(): void;
}

/**
 * Sends SIGSTOP. The process is sent SIGCONT when this process ends: while it is stopped, it would not notice that, and
 * would stay for ever.
 */
export function pauseProcess(pid: number): PausedProcess {
  const resumer = spawn('sh', ['-c', 'cat; kill -CONT "$0"', String(pid)], { detached: true, stdio: 'pipe' });
  resumer.on('error', () => {});
  resumer.unref();
  process.kill(pid, 'SIGSTOP');
  const forget = () => void resumer.stdin.end();
  return {
    resume() {
      process.kill(pid, 'SIGCONT');
      forget();
    },
    forget,
  };
}
