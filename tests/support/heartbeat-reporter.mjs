/** After this time without a finished test file, the reporter lists the files that are still running. Milliseconds. */
const MAX_SILENCE_MS = 20_000;

/** A second jest reporter. It shows that a long test file is running and does not hang. */
export default class HeartbeatReporter {
  #running = new Map();
  #timer;

  onRunStart() {
    this.#timer = setInterval(() => this.#report(), MAX_SILENCE_MS).unref();
  }

  onTestFileStart({ path }) {
    this.#running.set(path, performance.now());
  }

  onTestFileResult({ path }) {
    this.#running.delete(path);
    this.#timer.refresh();
  }

  onRunComplete() {
    clearInterval(this.#timer);
  }

  #report() {
    const now = performance.now();
    for (const [path, since] of this.#running) {
      const file = path.slice(process.cwd().length + 1);
      process.stderr.write(`running: ${file} (${Math.round((now - since) / 1000)} s)\n`);
    }
  }
}
