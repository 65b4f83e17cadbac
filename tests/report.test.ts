import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { type Report, reportTo } from '../src/report.js';

/** @returns everything that is written to a stream while `run` reports to it */
function writtenTo(terminal: { isTTY: boolean; columns?: number }, run: (report: Report) => void): string {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), terminal);
  run(reportTo(stream as unknown as NodeJS.WriteStream));
  return stream.read() ?? '';
}

const overwrite = '\r\u001b[2K';

test('a terminal overwrites a progress line with the next line, and keeps the others', () => {
  const written = writtenTo({ isTTY: true, columns: 80 }, (report) => {
    report('Begun');
    report('1 of 2', 'progress');
    report('2 of 2', 'progress');
    report('Done');
    report('Next');
  });
  expect(written).toBe(`Begun\n1 of 2${overwrite}2 of 2${overwrite}Done\nNext\n`);
});

test.each([
  { columns: 20, width: 19 },
  { columns: 0, width: 79 },
])('a terminal of $columns columns gets a progress line that fits, and any other line whole', ({ columns, width }) => {
  const long = 'x'.repeat(100);
  const written = writtenTo({ isTTY: true, columns }, (report) => {
    report(long, 'progress');
    report(long);
  });
  expect(written).toBe(`${'x'.repeat(width)}${overwrite}${long}\n`);
});

test('without a terminal, progress lines follow each other only after a pause, and every other line is written', () => {
  const written = writtenTo({ isTTY: false }, (report) => {
    report('1 of 2', 'progress');
    report('2 of 2', 'progress');
    report('Done');
    report('Next');
    report('1 of 9', 'progress');
  });
  expect(written).toBe('1 of 2\nDone\nNext\n');
});
