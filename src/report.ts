/**
 * Shows a person what happens during a long step. A `progress` line replaces the previous progress line; there may be
 * several a second.
 */
export type Report = (line: string, kind?: 'progress') => void;

/** Without a terminal, the minimum time between progress lines. Short, to show that a build is alive. Milliseconds. */
const PROGRESS_INTERVAL_MS = 3_000;

/** Reports to a stream. A terminal overwrites a progress line with the next line; other streams get one every 3 s. */
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
    if (kind === 'progress' && performance.now() - lastLineAt < PROGRESS_INTERVAL_MS) return;
    lastLineAt = performance.now();
    stream.write(`${line}\n`);
  };
}
