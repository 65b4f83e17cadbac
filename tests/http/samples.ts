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
export const text = (least: number, most: number): Limits => {
  const { accepts, refuses } = lengths(least, most);
  return {
    accepts: [...accepts, [`${most} characters between spaces`, `  ${'x'.repeat(most)}\n\t`]],
    refuses: [...refuses, ...(least > 0 ? [['nothing but spaces', ' \n\t '] as Sample] : [])],
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
  ],
  refuses: [
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
