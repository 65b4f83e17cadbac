import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const app = fileURLToPath(new URL('../../web/app', import.meta.url));
const styles = readdirSync(app, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.css'))
  .map((file) => ({ file, text: readFileSync(join(app, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '') }));
const tokens = styles.find(({ file }) => file === join('ui', 'tokens.css'))!.text;
const components = styles.filter(({ file }) => file !== join('ui', 'tokens.css'));

/** The colours by name, without the two that only darken what is behind them. */
const colours = new Map(
  [...tokens.matchAll(/--([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\);/g)].map(([, name, light, dark]) => [
    name!,
    { light: light!, dark: dark! },
  ]),
);

const TEXT = 4.5;
/** Borders of controls, focus, marks of charts, large shapes (WCAG 1.4.11). */
const MARK = 3;
const GROUNDS = ['page', 'surface', 'raised'];

/** Foreground, ground, and the least contrast. A rule that draws one on the other needs its line here. */
const pairs: readonly (readonly [string, string, number])[] = [
  ...GROUNDS.flatMap((ground) => [
    ['ink', ground, TEXT] as const,
    ['ink-muted', ground, TEXT] as const,
    ['link', ground, TEXT] as const,
    ['danger', ground, TEXT] as const,
    ['aura', ground, TEXT] as const,
    ['border', ground, MARK] as const,
    ['focus', ground, MARK] as const,
  ]),
  ['on-action', 'action', TEXT],
  ['on-action', 'action-hover', TEXT],
  ['action', 'surface', MARK],
  ['action', 'page', MARK],
  ['on-disabled', 'disabled', TEXT],
  ['on-aura-soft', 'aura-soft', TEXT],
  ['on-ok-soft', 'ok-soft', TEXT],
  ['on-warn-soft', 'warn-soft', TEXT],
  ['on-danger', 'danger', TEXT],
  ['on-danger-soft', 'danger-soft', TEXT],
  ['focus', 'danger-soft', MARK],
  ['focus', 'warn-soft', MARK],
  ['focus', 'ok-soft', MARK],
  ['mark', 'surface', MARK],
  ['heat-1', 'surface', MARK],
  ['heat-2', 'surface', MARK],
  ['heat-3', 'surface', MARK],
  ['heat-4', 'surface', MARK],
  ['qr-mark', 'qr-ground', TEXT],
];

/** Only decoration: whatever they separate is told by space or by marks as well. */
const DECORATION = ['line', 'track'];

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  test.each(pairs)('%s on %s has a contrast of at least %d', (foreground, ground, least) => {
    expect(contrast(colours.get(foreground)![theme], colours.get(ground)![theme])).toBeGreaterThanOrEqual(least);
  });
});

test('the contrast is computed as WCAG says', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

test('each colour is in a pair', () => {
  const paired = new Set([...pairs.flat(), ...DECORATION]);
  expect([...colours.keys()].filter((name) => !paired.has(name))).toEqual([]);
  expect(colours.size).toBeGreaterThan(20);
});

/** Rules that set both a colour and a ground. */
test('a rule draws only tested pairs', () => {
  const known = new Set(pairs.map(([foreground, ground]) => `${foreground} on ${ground}`));
  const drawn = components.flatMap(({ text }) =>
    [...text.matchAll(/\{([^{}]*)\}/g)].flatMap(([, body = '']) => {
      const foreground = /(?:^|[;\s])color: var\(--([\w-]+)\)/.exec(body)?.[1];
      const ground = /background(?:-color)?: var\(--([\w-]+)\)/.exec(body)?.[1];
      return foreground && ground ? [`${foreground} on ${ground}`] : [];
    }),
  );
  expect(drawn.length).toBeGreaterThan(5);
  expect(drawn.filter((pair) => !known.has(pair))).toEqual([]);
});

const RAW_COLOUR =
  /#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|oklch|lab|color-mix)\(|\b(white|black|gr[ae]y|red|green|blue|orange|purple)\b/i;

test('raw colours are in tokens.css only', () => {
  const raw = components.flatMap(({ file, text }) =>
    [...text.matchAll(/:([^:;{}]+);/g)]
      .filter(([, value = '']) => RAW_COLOUR.test(value))
      .map(([line]) => `${file}${line}`),
  );
  expect(raw).toEqual([]);
  for (const value of ['#fff', 'rgb(0 0 0)', '1px solid red']) expect(value).toMatch(RAW_COLOUR);
});

test('each variable that is used is defined', () => {
  const defined = new Set([...tokens.matchAll(/(--[\w-]+):/g)].map(([, name]) => name!));
  const used = new Set(styles.flatMap(({ text }) => [...text.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name!)));
  expect([...used].filter((name) => !defined.has(name))).toEqual([]);
  expect(used.size).toBeGreaterThan(20);
});

function contrast(one: string, other: string): number {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** The relative luminance of WCAG 2. */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
