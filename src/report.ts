/**
 * Tells a person what happens during a long step; `progress` marks a line that says the same thing anew and may
 * come several times a second.
 */
export type Report = (line: string, kind?: 'progress') => void;

/** Without a terminal, a progress line at least this often, so that nobody takes a build for dead. Milliseconds. */
const QUIET_AT_MOST_MS = 3_000;

/** Reports to a stream: on a terminal a progress line is overwritten by what follows, elsewhere one comes every 3 s. */
export function reportTo(stream: NodeJS.WriteStream): Report {
  let open = false;
  let lastLineAt = Number.NEGATIVE_INFINITY;
  return (line, kind) => {
    if (stream.isTTY) {
      const width = (stream.columns || 80) - 1;
      const text = kind === 'progress' ? line.slice(0, width) : `${line}\n`;
      stream.write(open ? `\r\u001b[2K${text}` : text);
      open = kind === 'progress';
      return;
    }
    if (kind === 'progress' && performance.now() - lastLineAt < QUIET_AT_MOST_MS) return;
    lastLineAt = performance.now();
    stream.write(`${line}\n`);
  };
}
