/** Sample values that the inputs of the API accept and refuse: both sides of each limit of the product. */

/** Sample values that a field accepts and refuses. */
export interface Limits {
  readonly accepts: readonly Sample[];
  readonly refuses: readonly Sample[];
}
export type Sample = readonly [name: string, value: unknown];

export const ABSENT = Symbol('absent');
const EMOJI = '😀';

export const NOT_TEXTS: readonly Sample[] = [
  ['a number', 7],
  ['true', true],
  ['a MongoDB operator', { $ne: null }],
  ['a MongoDB operator in a list', [{ $gt: '' }]],
  ['a list of texts', ['a', 'b']],
];
const NOT_IDS: readonly Sample[] = [...NOT_TEXTS.slice(1), ['a fraction', 1.5]];
const INVALID_UNICODE: readonly Sample[] = [
  ['a NUL', 'abcdefgh\0'],
  ['a lone high surrogate', 'abcdefgh\ud83d'],
  ['a lone low surrogate', '\ude00abcdefgh'],
];
export const required = (limits: Limits): Limits => ({
  accepts: limits.accepts,
  refuses: [...limits.refuses, ['null', null], ['absent', ABSENT]],
});
/** An absent field keeps its value or gets its default. Null is refused. */
export const neverNull = (limits: Limits): Limits => ({
  accepts: [...limits.accepts, ['absent', ABSENT]],
  refuses: [...limits.refuses, ['null', null]],
});
export const optional = (limits: Limits): Limits => ({
  accepts: [...limits.accepts, ['null', null], ['absent', ABSENT]],
  refuses: limits.refuses,
});

const lengths = (min: number, max: number): Limits => ({
  accepts: [
    [`${min} characters`, 'x'.repeat(min)],
    [`${max} characters`, 'x'.repeat(max)],
    [`${max} emoji`, EMOJI.repeat(max)],
  ],
  refuses: [
    [`${max + 1} characters`, 'x'.repeat(max + 1)],
    [`${max + 1} emoji`, EMOJI.repeat(max + 1)],
    ...(min > 0 ? [[`${min - 1} characters`, 'x'.repeat(min - 1)] as Sample] : []),
    ...INVALID_UNICODE,
    ...NOT_TEXTS,
  ],
});
/** A text keeps its leading white space, which counts towards its length, and loses its trailing white space. */
export const text = (min: number, max: number): Limits => {
  const { accepts, refuses } = lengths(min, max);
  return {
    accepts: [
      ...accepts,
      [`${max} characters before spaces`, `${'x'.repeat(max)}  \n\t`],
      [`${max} characters, the first one a space`, ` ${'x'.repeat(max - 1)}`],
    ],
    refuses: [
      ...refuses,
      [`${max} characters after a space`, ` ${'x'.repeat(max)}`],
      ...(min > 0 ? [['only spaces', ' \n\t '] as Sample, ...INVISIBLE_TEXTS] : []),
    ],
  };
};
/** Names that people have, and the special characters that some scripts need for them. */
export const NAMES: readonly Sample[] = [
  ['a family emoji, with joiners', '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}'],
  ['a heart emoji', '\u2764\uFE0F'],
  ['a flag', '\u{1F1F3}\u{1F1F1}'],
  ['the flag of Scotland, written in tags', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'],
  ['a keycap', '1\uFE0F\u20E3'],
  ['Arabic', '\u0645\u0631\u064A\u0645'],
  ['Persian with a non-joiner', '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645'],
  ['Arabic with its mark before digits', '\u0645\u0631\u064A\u0645 \u061C7'],
  ['Hebrew with a mark', '\u05D3\u05D5\u05D3 (1)\u200F'],
  ['Hindi with a joiner', '\u0915\u094D\u200D\u0937'],
  ['Malayalam with a joiner', '\u0D28\u0D4D\u200D'],
  ['Korean in conjoining letters', '\u1112\u1161\u11AB'],
  ['a letter with a combining accent', 'e\u0301'],
  ['a soft hyphen inside', 'a\u00ADb'],
  ['one punctuation mark', '?'],
  ['a digit', '7'],
];
const INVISIBLE_TEXTS: readonly Sample[] = [
  ['only a zero width space', '\u200B'],
  ['only joiners', '\u200D\u200C\u2060\uFEFF\u200B'],
  ['only a soft hyphen', '\u00AD'],
  ['only Hangul fillers', '\u3164\u115F\u1160\uFFA0'],
  ['only a braille blank', '\u2800'],
  ['only a musical note without a head', '\u{1D159}'],
  ['only accents', '\u0301\u0300'],
  ['only a variation selector', '\uFE0F'],
  ['only tags', '\u{E0067}\u{E007F}'],
  ['only directional marks', '\u200E\u200F\u061C'],
  ['only Unicode spaces', '\u2003\u3000\u00A0\u200B\u2003'],
  ['only private use characters', '\uE000'],
];
const INVALID_NAMES: readonly Sample[] = [
  ...INVISIBLE_TEXTS,
  ['a line break', 'Ada\nLovelace'],
  ['a tab', 'Ada\tLovelace'],
  ['an escape', 'Ada\u001B[31m'],
  ['a delete', 'Ada\u007F1'],
  ['the C1 control NEL', 'Ada\u0085Lovelace'],
  ['a line separator', 'Ada\u2028Lovelace'],
  ['a paragraph separator', 'Ada\u2029Lovelace'],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069].map(
    (code): Sample => [`the bidirectional control U+${code.toString(16)}`, `Ada${String.fromCharCode(code)}Lovelace`],
  ),
];
/** A name is stored trimmed and in NFC, and must contain a visible character. */
export const named = (min: 0 | 1, max: number): Limits => {
  const { accepts, refuses } = lengths(min, max);
  return {
    accepts: [
      ...accepts,
      ...NAMES,
      [`${max} characters between spaces`, `\u3000\u00A0  ${'x'.repeat(max)}\n\t`],
      [`${max} letters, each with a combining accent`, 'e\u0301'.repeat(max)],
    ],
    refuses: [
      ...refuses,
      ...INVALID_NAMES,
      [`${max + 1} letters, each with a combining accent`, 'e\u0301'.repeat(max + 1)],
      ['as many accents as an anonymous client may send', `a${'\u0301\u0327'.repeat(3_500)}`],
      ...(min > 0 ? [['only spaces', ' \n\t '] as Sample] : []),
    ],
  };
};
/** One character in NFC. A password is counted in NFC. */
const DECOMPOSED = 'e\u0301';
const password = (min: number): Limits => {
  const { accepts, refuses } = exactText(min, 128);
  return {
    accepts: [...accepts, ['128 letters, each with a combining accent', DECOMPOSED.repeat(128)]],
    refuses: [...refuses, ['as many accents as an anonymous client may send', `a${'\u0301\u0327'.repeat(3_500)}`]],
  };
};
export const newPassword = (): Limits => {
  const { accepts, refuses } = password(8);
  return { accepts, refuses: [...refuses, ['7 letters, each with a combining accent', DECOMPOSED.repeat(7)]] };
};
/** At sign-in a password that is too short is a wrong one. */
export const knownPassword = (): Limits => password(1);
/** A text that is stored exactly as sent, including its spaces. */
export const exactText = (min: number, max: number): Limits => {
  const { accepts, refuses } = lengths(min, max);
  return {
    accepts: [...accepts, [`${max} spaces`, ' '.repeat(max)]],
    refuses: [...refuses, [`${max} characters and a space`, `${'x'.repeat(max)} `]],
  };
};
/** A malformed id counts as an unknown id: the input is accepted, and the answer is a refusal as data. */
export const id: Limits = {
  accepts: [
    ['a malformed one', 'no id'],
    ['an unknown one', '0123456789abcdef01234567'],
    ['an empty one', ''],
    ['a NUL', '\0'],
    ['a lone high surrogate', '\ud83d'],
    ['a very long one', 'a'.repeat(100_000)],
    ['a number', 7],
  ],
  refuses: NOT_IDS,
};
/** Texts that older servers accepted. Who signed up with one can still sign in. */
const LOOSE_ADDRESSES: readonly Sample[] = [
  ['a dot at its beginning', '.name@school.example'],
  ['a dot before the @', 'name.@school.example'],
  ['two dots', 'first..last@school.example'],
  ['a dot after the @', 'name@.school.example'],
  ['two dots in its domain', 'name@school..example'],
  ['a link', 'mailto:name@school.example'],
  ['a port', 'name@school.example:25'],
];
export const email: Limits = {
  accepts: [
    ['spaces in its local part', 'Double Click-17@check.example'],
    ['a plus', 'name+tag@school.example'],
    ['letters of other scripts', 'jürgen@bücher.example'],
    ['spaces around it', '  spaces@school.example\n'],
    ['capitals', 'Capitals@School.Example'],
    ['254 characters', `${'x'.repeat(239)}@school.example`],
    ['254 characters, most of them emoji', `${EMOJI.repeat(239)}@school.example`],
    ['a combining accent', 'ju\u0308rgen@school.example'],
    ['dots', 'first.middle.last@mail.school.example'],
    ['unusual characters', "o'neill+{tag}/x=y!#$%&*?^_`|~-@school.example"],
    ['a quoted local part', '".first: last."@school.example'],
    ['the address of a machine', 'name@[192.0.2.1]'],
  ],
  refuses: [
    ['an empty text', ''],
    ['only spaces', '   '],
    ['no @', 'school.example'],
    ['no local part', '@school.example'],
    ['no domain', 'name@'],
    ['a domain without a dot', 'name@school'],
    ['two @', 'name@home@school.example'],
    ['two addresses', 'a@school.example,b@school.example'],
    ['two addresses, with a semicolon', 'a@school.example; b@school.example'],
    ['a name with an address', 'Name <name@school.example>'],
    ['a space in its domain', 'name@school .example'],
    ...LOOSE_ADDRESSES,
    ['a line break', 'name\nBcc: all@school.example'],
    ['255 characters', `${'x'.repeat(240)}@school.example`],
    ['as many accents as an anonymous client may send', `a${'\u0301\u0327'.repeat(3_500)}@school.example`],
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
    ...INVALID_UNICODE.map(([name, value]) => [name, `${value}@school.example`] as Sample),
    ...NOT_TEXTS,
  ],
};
export const knownEmail: Limits = {
  accepts: [...email.accepts, ...LOOSE_ADDRESSES],
  refuses: email.refuses.filter((sample) => !LOOSE_ADDRESSES.includes(sample)),
};
export const timeZone: Limits = {
  accepts: [
    ['UTC', 'UTC'],
    ['a city', 'Europe/Berlin'],
    ['three parts', 'America/Argentina/Buenos_Aires'],
    ['spaces around it', ' Asia/Kolkata '],
    ['GMT', 'GMT'],
    ['lower case', 'europe/berlin'],
    ['capitals', 'ASIA/KOLKATA'],
    ['a zone with a fixed offset', 'Etc/GMT+5'],
    ['a country', 'Japan'],
    ['an alias of UTC', 'Zulu'],
    ['another alias of UTC', 'Etc/UTC'],
    ['a zone of the US area', 'US/Pacific'],
    ['a zone with a short name', 'gb'],
    ['a zone with the names of its two times', 'est5edt'],
  ],
  refuses: [
    ...['BST', 'IST', 'EST', 'PST', 'CET', 'MET', 'EET', 'WET', 'MST', 'HST', 'ACT', 'JST'].map(
      (zone): Sample => [`the abbreviation ${zone}`, zone],
    ),
    ['a zone that only ICU has', 'SystemV/EST5'],
    ['a path', '../Europe/Berlin'],
    ['a trailing slash', 'Europe/Berlin/'],
    ['an empty text', ''],
    ['only spaces', '  '],
    ['an offset', '+02:00'],
    ['an offset from GMT', 'GMT+2'],
    ['GMT with minutes', 'GMT+00:00'],
    ['a short offset', '-08'],
    ['UTC with an offset', 'UTC+2'],
    ['a planet', 'Mars/Olympus_Mons'],
    ['a very long one', 'A'.repeat(15_000)],
    ['a NUL', 'UTC\0'],
    ['a lone high surrogate', 'UTC\ud83d'],
    ...NOT_TEXTS,
  ],
};
export const wholeNumber = (min: number, max: number): Limits => ({
  accepts: [
    [`${min}`, min],
    [`${max}`, max],
  ],
  refuses: [
    [`${min - 1}`, min - 1],
    [`${max + 1}`, max + 1],
    ['a negative number', -1],
    ['a number beyond 32 bits', 2 ** 31],
    ['a number beyond 64 bits', 1e300],
    ['a fraction', 1.5],
    ['a number in quotes', '5'],
    ['true', true],
    ['a MongoDB operator', { $gt: 0 }],
    ['a list', [5]],
  ],
});
/** A single value is a list of one. */
export const ids = (max: number): Limits => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
  return {
    accepts: [
      ['one id', ['none']],
      ['a single value', 'none'],
      [`${max} ids`, many(max)],
      [`one id ${max} times`, Array(max).fill('none')],
    ],
    refuses: [
      ['an empty list', []],
      [`${max + 1} ids`, many(max + 1)],
      [`one id ${max + 1} times`, Array(max + 1).fill('none')],
      ['true', true],
      ['a fraction', 1.5],
      ['a MongoDB operator', { $ne: null }],
    ],
  };
};
export const trueOrFalse: Limits = {
  accepts: [
    ['true', true],
    ['false', false],
  ],
  refuses: [
    ['a text', 'true'],
    ['a number', 1],
    ['a MongoDB operator', { $ne: true }],
    ['a list', [true]],
  ],
};
const INVALID_MOMENTS: readonly Sample[] = [
  ['a day that does not exist', '2027-02-30T00:00:00Z'],
  ['a month that does not exist', '2027-13-01T00:00:00Z'],
  ['an hour that does not exist', '2027-03-01T24:00:00Z'],
  ['a leap second', '2027-06-30T23:59:60Z'],
  ['a day without a time', '2027-03-01'],
  ['a time without a zone', '2027-03-01T12:00:00'],
  ['a space in it', '2027-03-01 12:00:00Z'],
  ['a year of five digits', '+12027-03-01T12:00:00Z'],
  ['a moment before year 1 in UTC', '0000-01-01T00:00:00+01:00'],
  ['a moment after year 9999 in UTC', '9999-12-31T23:59:59-01:00'],
  ['a word', 'tomorrow'],
  ['an empty text', ''],
  ['milliseconds', 1_803_902_400_000],
  ['a MongoDB operator', { $gt: '' }],
  ['a list', ['2027-03-01T12:00:00Z']],
];
const moment = (...accepts: readonly Sample[]): Limits => ({ accepts, refuses: INVALID_MOMENTS });
export const dueDate = moment(
  ['milliseconds', '2027-03-01T12:00:00.000Z'],
  ['seconds', '2027-03-01T12:00:00Z'],
  ['an offset', '2027-03-01T12:00:00+02:00'],
  ['a leap day', '2028-02-29T00:00:00Z'],
  ['long ago', '0001-01-01T00:00:00Z'],
);
/** The due date of the assignment whose `closesAt` is tested. */
export const DUE = '2027-03-01T12:00:00Z';

export const closesAt: Limits = {
  accepts: [
    ['the due date itself', '2027-03-01T12:00:00Z'],
    ['the due date itself, with an offset', '2027-03-01T14:00:00+02:00'],
    ['the last moment', '9999-12-31T23:59:59.999Z'],
  ],
  refuses: [['a millisecond before the due date', '2027-03-01T11:59:59.999Z'], ...INVALID_MOMENTS],
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
      ['a lone high surrogate', '\ud83d'],
      ...NOT_TEXTS,
    ],
  }),
};
/** The accepted days depend on the other end of the range: bad-input.test.ts tries those. */
export const day: Limits = required({
  accepts: [],
  refuses: [
    ['a day that does not exist', '2027-02-30'],
    ['a month that does not exist', '2027-13-01'],
    ['a moment', '2027-03-01T00:00:00Z'],
    ['a day without leading zeros', '2027-3-1'],
    ['a year of five digits', '12027-03-01'],
    ['a word', 'today'],
    ['an empty text', ''],
    ['a number', 20_270_301],
    ['a MongoDB operator', { $gt: '' }],
    ['a list', ['2027-03-01']],
  ],
});
export const period: Limits = neverNull({
  accepts: ['WEEK', 'MONTH', 'ALL_TIME'].map((value) => [value, value]),
  refuses: [
    ['another word', 'DAY'],
    ['lower case', 'week'],
    ['an empty text', ''],
    ['a number', 1],
    ['a MongoDB operator', { $ne: 'WEEK' }],
    ['a list', ['WEEK']],
  ],
});
