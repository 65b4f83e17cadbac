/** Says what is still running when no test file has ended for this long. Milliseconds. */
const QUIET_AT_MOST_MS = 20_000;

/** A jest reporter beside the default one: a long test file is never taken for a hanging one. */
export default class HeartbeatReporter {
  #running = new Map();
  #timer;

  onRunStart() {
    this.#timer = setInterval(() => this.#tell(), QUIET_AT_MOST_MS).unref();
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

  #tell() {
    const now = performance.now();
    for (const [path, since] of this.#running) {
      const file = path.slice(process.cwd().length + 1);
      process.stderr.write(`running: ${file} (${Math.round((now - since) / 1000)} s)\n`);
    }
  }
}
