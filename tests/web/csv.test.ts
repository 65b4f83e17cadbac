import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Cell, csvName, csvTime, toCsv } from '../../web/app/teacher/csv';

/** Reads a file as RFC 4180 says. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  for (const [, content = '', end] of text.slice(1).matchAll(cell)) {
    row.push(content.startsWith('"') ? content.slice(1, -1).replaceAll('""', '"') : content);
    if (end === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('a CSV file', () => {
  test('begins with the byte order mark, and has lines that end with CR and LF', () => {
    const bytes = Buffer.from(toCsv(['Name', 'Aura'], [['Zoë', 70]]), 'utf8');
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(bytes.subarray(3).toString('utf8')).toBe('Name,Aura\r\nZoë,70\r\n');
  });

  test.each([
    ['=1+1', "'=1+1"],
    ['+49 30 123', "'+49 30 123"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', '"\'\t=1"'],
    ['\r=1', '"\'\r=1"'],
    ['\n=1', '"\'\n=1"'],
    ['＝1+1', "'＝1+1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ])('has no formula: %j', (text, expected) => {
    expect(toCsv(['Name'], [[text]])).toBe(`\uFEFFName\r\n${expected}\r\n`);
  });

  test.each([
    ['Ada, Countess', '"Ada, Countess"'],
    ['a "quoted" word', '"a ""quoted"" word"'],
    ['two\nlines', '"two\nlines"'],
    [' spaces ', '" spaces "'],
    ['a=b', 'a=b'],
    ["O'Neill", "O'Neill"],
  ])('quotes what needs it: %j', (text, expected) => {
    expect(toCsv(['Name'], [[text]])).toBe(`\uFEFFName\r\n${expected}\r\n`);
  });

  test('keeps numbers as numbers, negative ones too, and leaves empty what is not there', () => {
    expect(toCsv(['a', 'b', 'c'], [[-5, null, 0]])).toBe('\uFEFFa,b,c\r\n-5,,0\r\n');
  });

  test('gives back every text, and none of its cells begins a formula', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc
        .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ','), fc.string())
        .map((parts) => parts.join('')),
    );
    const cell: fc.Arbitrary<Cell> = fc.oneof(text, fc.integer(), fc.constant(null));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const parsed = parse(toCsv(['one', 'other'], rows)).slice(1);
        expect(parsed.length).toBe(rows.length);
        rows.flat().forEach((value, index) => {
          const got = parsed.flat()[index]!;
          if (typeof value === 'string') {
            expect(got).not.toMatch(/^[=+\-@\t\r\n]/);
            expect(got.replace(/^'(?=[=+\-@\t\r\n＝＋－＠])/, '')).toBe(value);
          } else {
            expect(got).toBe(value === null ? '' : String(value));
          }
        });
      }),
    );
  });
});

test('a time is one that spreadsheets read', () => {
  expect(csvTime('2025-03-03T14:05:06.789Z')).toBe('2025-03-03 14:05:06');
  expect(csvTime(null)).toBeNull();
});

test.each([
  [['Demo course', 'roster'], 'demo-course-roster-2025-03-03.csv'],
  [['../../etc/passwd'], 'etc-passwd-2025-03-03.csv'],
  [['Übung №1: "Größe"?'], 'ubung-no1-große-2025-03-03.csv'],
  [['???'], '2025-03-03.csv'],
])('a file name is one everywhere: %j', (parts, expected) => {
  expect(csvName(parts, Date.parse('2025-03-03T14:05:06Z'))).toBe(expected);
});
