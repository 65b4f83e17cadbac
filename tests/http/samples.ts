/** What the inputs of the API take and what they refuse, by example: each limit of the product, at both its sides. */

/** What a field takes, by example. */
export interface Limits {
  readonly accepts: readonly Sample[];
  readonly refuses: readonly Sample[];
}
export type Sample = readonly [name: string, value: unknown];

export const ABSENT = Symbol('absent');
const EMOJI = '😀';

export const NO_TEXTS: readonly Sample[] = [
  ['a number', 7],
  ['true', true],
  ['an operator', { $ne: null }],
  ['an operator in a list', [{ $gt: '' }]],
  ['a list of texts', ['a', 'b']],
];
const NO_IDS: readonly Sample[] = [...NO_TEXTS.slice(1), ['a fraction', 1.5]];
const UNREADABLE: readonly Sample[] = [
  ['a NUL', 'abcdefgh\0'],
  ['half a surrogate pair', 'abcdefgh\ud83d'],
  ['the other half', '\ude00abcdefgh'],
];
export const required = (limits: Limits): Limits => ({
  accepts: limits.accepts,
  refuses: [...limits.refuses, ['null', null], ['nothing', ABSENT]],
});
/** What is left out stays as it is, or has a default; null is neither. */
export const neverNull = (limits: Limits): Limits => ({
  accepts: [...limits.accepts, ['nothing', ABSENT]],
  refuses: [...limits.refuses, ['null', null]],
});
export const optional = (limits: Limits): Limits => ({
  accepts: [...limits.accepts, ['null', null], ['nothing', ABSENT]],
  refuses: limits.refuses,
});

const lengths = (least: number, most: number): Limits => ({
  accepts: [
    [`${least} characters`, 'x'.repeat(least)],
    [`${most} characters`, 'x'.repeat(most)],
    [`${most} emoji`, EMOJI.repeat(most)],
  ],
  refuses: [
    [`${most + 1} characters`, 'x'.repeat(most + 1)],
    [`${most + 1} emoji`, EMOJI.repeat(most + 1)],
    ...(least > 0 ? [[`${least - 1} characters`, 'x'.repeat(least - 1)] as Sample] : []),
    ...UNREADABLE,
    ...NO_TEXTS,
  ],
});
/** Kept with the white space at its beginning, which counts, and without that at its end. */
export const text = (least: number, most: number): Limits => {
  const { accepts, refuses } = lengths(least, most);
  return {
    accepts: [
      ...accepts,
      [`${most} characters before spaces`, `${'x'.repeat(most)}  \n\t`],
      [`${most} characters, the first of them a space`, ` ${'x'.repeat(most - 1)}`],
    ],
    refuses: [
      ...refuses,
      [`${most} characters behind a space`, ` ${'x'.repeat(most)}`],
      ...(least > 0 ? [['nothing but spaces', ' \n\t '] as Sample] : []),
    ],
  };
};
/** Names that people have, and the characters without which they could not be written. */
export const NAMES: readonly Sample[] = [
  ['a family of emoji, joined', '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}'],
  ['a heart, as an emoji', '\u2764\uFE0F'],
  ['a flag', '\u{1F1F3}\u{1F1F1}'],
  ['the flag of Scotland, written in tags', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'],
  ['a keycap', '1\uFE0F\u20E3'],
  ['Arabic', '\u0645\u0631\u064A\u0645'],
  ['Persian with a non-joiner', '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645'],
  ['Arabic with its mark before digits', '\u0645\u0631\u064A\u0645 \u061C7'],
  ['Hebrew with a mark', '\u05D3\u05D5\u05D3 (1)\u200F'],
  ['Hindi with a joiner', '\u0915\u094D\u200D\u0937'],
  ['Malayalam with a joiner', '\u0D28\u0D4D\u200D'],
  ['Korean in single letters', '\u1112\u1161\u11AB'],
  ['an accent by itself, on a letter', 'e\u0301'],
  ['a soft hyphen inside', 'a\u00ADb'],
  ['one sign', '?'],
  ['a digit', '7'],
];
const NO_NAMES: readonly Sample[] = [
  ['nothing but a zero width space', '\u200B'],
  ['nothing but joiners', '\u200D\u200C\u2060\uFEFF\u200B'],
  ['nothing but a soft hyphen', '\u00AD'],
  ['nothing but Hangul fillers', '\u3164\u115F\u1160\uFFA0'],
  ['nothing but a braille blank', '\u2800'],
  ['nothing but a note without a head', '\u{1D159}'],
  ['nothing but accents', '\u0301\u0300'],
  ['nothing but a variation selector', '\uFE0F'],
  ['nothing but tags', '\u{E0067}\u{E007F}'],
  ['nothing but marks of direction', '\u200E\u200F\u061C'],
  ['nothing but spaces of other kinds', '\u2003\u3000\u00A0\u200B\u2003'],
  ['nothing but private characters', '\uE000'],
  ['a line break', 'Ada\nLovelace'],
  ['a tab', 'Ada\tLovelace'],
  ['an escape', 'Ada\u001B[31m'],
  ['a delete', 'Ada\u007F1'],
  ['a next line of 8 bits', 'Ada\u0085Lovelace'],
  ['a line separator', 'Ada\u2028Lovelace'],
  ['a paragraph separator', 'Ada\u2029Lovelace'],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map(
    (code): Sample => [`the bidirectional control U+${code.toString(16)}`, `Ada${String.fromCharCode(code)}Lovelace`],
  ),
];
/** Stored trimmed and in NFC; something of it can be seen. */
export const named = (least: 0 | 1, most: number): Limits => {
  const { accepts, refuses } = lengths(least, most);
  return {
    accepts: [
      ...accepts,
      ...NAMES,
      [`${most} characters between spaces`, `\u3000\u00A0  ${'x'.repeat(most)}\n\t`],
      [`${most} letters, and an accent for each`, 'e\u0301'.repeat(most)],
    ],
    refuses: [
      ...refuses,
      ...NO_NAMES,
      [`${most + 1} letters, and an accent for each`, 'e\u0301'.repeat(most + 1)],
      ['as many accents as a stranger may send', `a${'\u0301\u0327'.repeat(3_500)}`],
      ...(least > 0 ? [['nothing but spaces', ' \n\t '] as Sample] : []),
    ],
  };
};
/** Counted in NFC. */
const DECOMPOSED = 'e\u0301';
export const newPassword = (): Limits => {
  const { accepts, refuses } = exactText(8, 128);
  return {
    accepts: [...accepts, ['128 letters, and an accent for each', DECOMPOSED.repeat(128)]],
    refuses: [
      ...refuses,
      ['7 letters, and an accent for each', DECOMPOSED.repeat(7)],
      ['as many accents as a stranger may send', `a${'\u0301\u0327'.repeat(3_500)}`],
    ],
  };
};
/** One that was counted as it was typed is good as well. */
export const knownPassword = (): Limits => {
  const { accepts, refuses } = newPassword();
  const lenient = '7 letters, and an accent for each';
  return {
    accepts: [...accepts, [lenient, DECOMPOSED.repeat(7)]],
    refuses: refuses.filter(([name]) => name !== lenient),
  };
};
/** Kept as it is sent, spaces included. */
export const exactText = (least: number, most: number): Limits => {
  const { accepts, refuses } = lengths(least, most);
  return {
    accepts: [...accepts, [`${most} spaces`, ' '.repeat(most)]],
    refuses: [...refuses, [`${most} characters and a space`, `${'x'.repeat(most)} `]],
  };
};
/** An id that is none is one that does not exist, and is refused as data. */
export const id: Limits = {
  accepts: [
    ['one that is none', 'no id'],
    ['an unknown one', '0123456789abcdef01234567'],
    ['an empty one', ''],
    ['a NUL', '\0'],
    ['half a surrogate pair', '\ud83d'],
    ['a very long one', 'a'.repeat(100_000)],
    ['a number', 7],
  ],
  refuses: NO_IDS,
};
export const email: Limits = {
  accepts: [
    ['spaces in its local part', 'Double Click-17@check.example'],
    ['a plus', 'name+tag@school.example'],
    ['letters of other scripts', 'jürgen@bücher.example'],
    ['spaces around it', '  spaces@school.example\n'],
    ['capitals', 'Capitals@School.Example'],
    ['254 characters', `${'x'.repeat(239)}@school.example`],
    ['254 emoji and others', `${EMOJI.repeat(239)}@school.example`],
    ['an accent by itself', 'ju\u0308rgen@school.example'],
  ],
  refuses: [
    ['an empty text', ''],
    ['nothing but spaces', '   '],
    ['no @', 'school.example'],
    ['no local part', '@school.example'],
    ['no domain', 'name@'],
    ['a domain without a dot', 'name@school'],
    ['two @', 'name@home@school.example'],
    ['two addresses', 'a@school.example,b@school.example'],
    ['two addresses, the other way', 'a@school.example; b@school.example'],
    ['a name with an address', 'Name <name@school.example>'],
    ['a space in its domain', 'name@school .example'],
    ['a line break', 'name\nBcc: all@school.example'],
    ['255 characters', `${'x'.repeat(240)}@school.example`],
    ['as many accents as a stranger may send', `a${'\u0301\u0327'.repeat(3_500)}@school.example`],
    ['254 letters that are longer in lower case', `${'\u0130'.repeat(239)}@school.example`],
    ...[
      0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200d, 0x200e, 0x202e, 0x2060, 0x2066, 0x2800, 0x3164, 0xfe0f,
      0xfeff,
    ]
      .concat([0xa0, 0x2003, 0x3000, 0x2028, 0xfff9, 0xe0041, 0x85])
      .map(
        (code): Sample => [`the invisible U+${code.toString(16)}`, `na${String.fromCodePoint(code)}me@school.example`],
      ),
    ['an invisible character in its domain', 'name@sch\u200Bool.example'],
    ...UNREADABLE.map(([name, value]) => [name, `${value}@school.example`] as Sample),
    ...NO_TEXTS,
  ],
};
export const timeZone: Limits = {
  accepts: [
    ['UTC', 'UTC'],
    ['a city', 'Europe/Berlin'],
    ['three parts', 'America/Argentina/Buenos_Aires'],
    ['spaces around it', ' Asia/Kolkata '],
    ['GMT', 'GMT'],
    ['small letters', 'europe/berlin'],
    ['capitals', 'ASIA/KOLKATA'],
    ['an area without clock changes', 'Etc/GMT+5'],
    ['a country', 'Japan'],
    ['a word for UTC', 'Zulu'],
    ['another word for UTC', 'Etc/UTC'],
    ['a zone of the United States', 'US/Pacific'],
  ],
  refuses: [
    ...[
      'BST',
      'IST',
      'EST',
      'PST',
      'CET',
      'MET',
      'EST5EDT',
      'PST8PDT',
      'GB',
      'NZ',
      'UCT',
      'PRC',
      'GMT0',
      'GMT+0',
      'NZ-CHAT',
    ].map((zone): Sample => [`the abbreviation ${zone}`, zone]),
    ['a zone of ICU alone', 'SystemV/EST5'],
    ['a path', '../Europe/Berlin'],
    ['a slash at its end', 'Europe/Berlin/'],
    ['an empty text', ''],
    ['nothing but spaces', '  '],
    ['an offset', '+02:00'],
    ['a short offset', '-08'],
    ['UTC with an offset', 'UTC+2'],
    ['a planet', 'Mars/Olympus_Mons'],
    ['a very long one', 'A'.repeat(15_000)],
    ['a NUL', 'UTC\0'],
    ['half a surrogate pair', 'UTC\ud83d'],
    ...NO_TEXTS,
  ],
};
export const wholeNumber = (least: number, most: number): Limits => ({
  accepts: [
    [`${least}`, least],
    [`${most}`, most],
  ],
  refuses: [
    [`${least - 1}`, least - 1],
    [`${most + 1}`, most + 1],
    ['a negative one', -1],
    ['a huge one', 2 ** 31],
    ['a really huge one', 1e300],
    ['a fraction', 1.5],
    ['one in quotes', '5'],
    ['true', true],
    ['an operator', { $gt: 0 }],
    ['a list', [5]],
  ],
});
export const trueOrFalse: Limits = {
  accepts: [
    ['true', true],
    ['false', false],
  ],
  refuses: [
    ['a text', 'true'],
    ['a number', 1],
    ['an operator', { $ne: true }],
    ['a list', [true]],
  ],
};
const NO_MOMENTS: readonly Sample[] = [
  ['a day that does not exist', '2027-02-30T00:00:00Z'],
  ['a month that does not exist', '2027-13-01T00:00:00Z'],
  ['an hour that does not exist', '2027-03-01T24:00:00Z'],
  ['a leap second', '2027-06-30T23:59:60Z'],
  ['a day only', '2027-03-01'],
  ['no zone', '2027-03-01T12:00:00'],
  ['a space in it', '2027-03-01 12:00:00Z'],
  ['a year of five digits', '+12027-03-01T12:00:00Z'],
  ['a year before the first', '0000-01-01T00:00:00+01:00'],
  ['a year after the last', '9999-12-31T23:59:59-01:00'],
  ['a word', 'tomorrow'],
  ['an empty text', ''],
  ['milliseconds', 1_803_902_400_000],
  ['an operator', { $gt: '' }],
  ['a list', ['2027-03-01T12:00:00Z']],
];
const moment = (...accepts: readonly Sample[]): Limits => ({ accepts, refuses: NO_MOMENTS });
export const dueDate = moment(
  ['milliseconds', '2027-03-01T12:00:00.000Z'],
  ['seconds', '2027-03-01T12:00:00Z'],
  ['an offset', '2027-03-01T12:00:00+02:00'],
  ['a leap day', '2028-02-29T00:00:00Z'],
  ['long ago', '0001-01-01T00:00:00Z'],
);
/** The due date beside it. */
export const DUE = '2027-03-01T12:00:00Z';

export const closesAt: Limits = {
  accepts: [
    ['the due date itself', '2027-03-01T12:00:00Z'],
    ['the due date itself, elsewhere', '2027-03-01T14:00:00+02:00'],
    ['far from now', '9999-12-31T23:59:59.999Z'],
  ],
  refuses: [['a millisecond before the due date', '2027-03-01T11:59:59.999Z'], ...NO_MOMENTS],
};
export const page = {
  first: neverNull(wholeNumber(1, 100)),
  after: optional({
    accepts: [],
    refuses: [
      ['an empty text', ''],
      ['a word', 'page-2'],
      ['a forged one', Buffer.from('[{"$gt":""}]').toString('base64url')],
      ['a very long one', 'A'.repeat(100_000)],
      ['a NUL', '\0'],
      ['half a surrogate pair', '\ud83d'],
      ...NO_TEXTS,
    ],
  }),
};
/** Which are taken depends on the other one: see below. */
export const day: Limits = required({
  accepts: [],
  refuses: [
    ['a day that does not exist', '2027-02-30'],
    ['a month that does not exist', '2027-13-01'],
    ['a moment', '2027-03-01T00:00:00Z'],
    ['a day without zeros', '2027-3-1'],
    ['a year of five digits', '12027-03-01'],
    ['a word', 'today'],
    ['an empty text', ''],
    ['a number', 20_270_301],
    ['an operator', { $gt: '' }],
    ['a list', ['2027-03-01']],
  ],
});
export const period: Limits = neverNull({
  accepts: ['WEEK', 'MONTH', 'ALL_TIME'].map((value) => [value, value]),
  refuses: [
    ['another word', 'DAY'],
    ['small letters', 'week'],
    ['an empty text', ''],
    ['a number', 1],
    ['an operator', { $ne: 'WEEK' }],
    ['a list', ['WEEK']],
  ],
});
