/**
 * The limits of every input, as decorators of its fields, and the one function that checks them. Texts are brought into
 * the form in which they are stored first, so that what is checked is what is stored. Why which: docs/adr/0017-texts.md.
 */
import { ValidateBy, validate } from 'class-validator';
import { normaliseEmail } from '../actions/create-account.js';
import { BadInput, type FieldProblem } from '../granting/bad-input.js';
import { timeZoneOf } from './time-zone.js';

/** Whether a field may be left out, and what null means where it is sent. */
export type Presence = 'required' | 'may be absent' | 'may be null';

/** Says what is wrong with a value, as a sentence; null: nothing. `input` is the object that it is a field of. */
type Check = (value: unknown, input: object) => string | null;

/** How a text is stored. A problem is looked for in what is stored. */
type Form = (text: string) => string;

/** Of the fields of each input class that are not stored as they are sent. */
const formsOf = new WeakMap<object, Map<string, Form>>();

/** Kept as it is sent but for white space at its end: the first line of a program may be indented. */
export const Text = (least: number, most: number, presence: Presence = 'required'): PropertyDecorator =>
  storedAs(
    (text) => text.trimEnd(),
    limit('text', presence, (value) => textProblem(value, least, most)),
  );

/** What people and things are called by: one line that can be read, trimmed and in NFC. `least` 0: it may be empty. */
export const Name = (least: 0 | 1, most: number, presence: Presence = 'required'): PropertyDecorator =>
  storedAs(
    (text) => nfcOf(text.trim(), most),
    limit('name', presence, (value) => textProblem(value, least, most) ?? nameProblem(value as string)),
  );

/** A text that is kept exactly as it is sent, spaces included. */
export const ExactText = (least: number, most: number, presence: Presence = 'required'): PropertyDecorator =>
  limit('exactText', presence, (value) => textProblem(value, least, most));

/** A new password. It is compared in NFC, and so its characters are counted. */
export const Password = (): PropertyDecorator => limit('password', 'required', passwordProblem);

/** A password that may have been chosen when its characters were counted as they were typed. */
export const KnownPassword = (): PropertyDecorator =>
  limit('knownPassword', 'required', (value) => passwordProblem(value) && textProblem(value, ...PASSWORD_LENGTH));

/**
 * One address and nothing around it. Whether mail arrives there only a mail can tell, so this is no stricter than what
 * keeps a list or a name with an address out.
 */
const ONE_ADDRESS = /^[^@<>,;\p{Cc}]+@[^@<>,;\s\p{Cc}]+\.[^@<>,;.\s\p{Cc}]+$/u;

const LONGEST_EMAIL = 254;

export const Email = (): PropertyDecorator =>
  storedAs(
    (text) => (text.length > mostUnits(LONGEST_EMAIL) ? text : normaliseEmail(text.trim())),
    limit('email', 'required', (value) => textProblem(value, 1, LONGEST_EMAIL) ?? emailProblem(value as string)),
  );

/** Stored in the case of the IANA database. */
export const TimeZone = (presence: Presence = 'required'): PropertyDecorator =>
  storedAs(
    (text) => timeZoneOf(text.trim()) ?? text,
    limit('timeZone', presence, (value) =>
      typeof value === 'string' && timeZoneOf(value) !== null
        ? null
        : 'This is no time zone that is known here. Use an IANA name, like Europe/Berlin.',
    ),
  );

export const WholeNumber = (least: number, most: number): PropertyDecorator =>
  limit('wholeNumber', 'required', (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `Use a whole number from ${least} to ${most}.`,
  );

/** For a field that is judged together with others: the same judgement as the action's, told with all other problems. */
export const Consistent = <Input extends object>(assert: (input: Input) => void): PropertyDecorator =>
  limit('consistent', 'may be null', (_, input) => {
    try {
      assert(input as Input);
      return null;
    } catch (error) {
      if (error instanceof BadInput) return error.fields.map(({ message }) => message).join(' ');
      throw error;
    }
  });

/** For a field of an update that may be left out and not be cleared. */
export const NotNull = (): PropertyDecorator => limit('notNull', 'may be absent', () => null);

/**
 * Brings the texts of an input object into their forms and checks it.
 * @throws BadInput with every field that is wrong, its path and what would be right; never with its value
 */
export async function checkInput(input: object, pathPrefix: string): Promise<void> {
  for (const [field, form] of formsOf.get(Object.getPrototypeOf(input)) ?? []) {
    const value = Reflect.get(input, field);
    if (typeof value === 'string') Reflect.set(input, field, form(value));
  }
  const errors = await validate(input, {
    forbidUnknownValues: false,
    validationError: { target: false, value: false },
  });
  const problems: FieldProblem[] = errors.map(({ property, constraints }) => ({
    path: `${pathPrefix}${property}`,
    message: Object.values(constraints ?? {}).join(' '),
  }));
  if (problems.length > 0) throw new BadInput(problems);
}

function limit(name: string, presence: Presence, check: Check): PropertyDecorator {
  const problemOf = (value: unknown, input: object | undefined): string | null => {
    if (value === undefined && presence !== 'required') return null;
    if (value === null) return presence === 'may be null' ? null : NOT_NULL;
    return check(value, input ?? {});
  };
  return ValidateBy({
    name,
    validator: {
      validate: (value, told) => problemOf(value, told?.object) === null,
      defaultMessage: (told) => problemOf(told?.value, told?.object) ?? '',
    },
  });
}

const NOT_NULL = 'It cannot be cleared. Leave it out to keep it as it is.';

function storedAs(form: Form, decorate: PropertyDecorator): PropertyDecorator {
  return (target, field) => {
    const forms = formsOf.get(target) ?? new Map<string, Form>();
    formsOf.set(target, forms.set(String(field), form));
    decorate(target, field);
  };
}

function textProblem(value: unknown, least: number, most: number): string | null {
  if (typeof value !== 'string') return 'Use a text.';
  if (value.includes('\0') || !value.isWellFormed()) return 'It contains characters that are not text.';
  const length = codePoints(value);
  if (length < least) return least === 1 ? 'It is empty. Write something.' : `Use at least ${least} characters.`;
  if (length > most) return `It has ${length} characters. Use at most ${most}.`;
  return null;
}

/** Counted without an array of them: a text may be megabytes long. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The longest text, in UTF-16 units, that can have at most so many characters in NFC: four make one at the most, of two
 * units each. A longer one is refused as it is: NFC of a megabyte of accents would take minutes.
 */
const mostUnits = (most: number): number => 8 * most;

const nfcOf = (text: string, most: number): string => (text.length > mostUnits(most) ? text : text.normalize('NFC'));

/** Breaks the line, or does whatever a terminal makes of it. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * Embeddings, overrides and isolates, which turn around what follows. Not the marks U+200E, U+200F and U+061C, which
 * Hebrew and Arabic names need beside digits and dots, and which turn nothing around.
 */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u2069]/;

/** Without marks and joiners, which show on another character only, fillers, and blanks that are counted as letters. */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800\u{1D159}])[\p{L}\p{N}\p{P}\p{S}\p{Extended_Pictographic}]/u;

function nameProblem(name: string): string | null {
  if (CONTROL.test(name)) return 'It contains a line break, a tab or another control character. Leave it out.';
  if (BIDI_CONTROL.test(name)) return 'It contains a character that turns the text around. Leave it out.';
  if (name !== '' && !VISIBLE.test(name)) return 'It has no visible character. Write something that can be read.';
  return null;
}

/** Two addresses that look the same would be two accounts. A plain space is seen, and allowed before the @. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]|(?! )\p{Zs}/u;

function emailProblem(email: string): string | null {
  if (INVISIBLE.test(email)) return 'It contains an invisible character. Type it instead of pasting it.';
  return ONE_ADDRESS.test(email) ? null : 'This is not one e-mail address, like name@school.example.';
}

const PASSWORD_LENGTH = [8, 128] as const;

function passwordProblem(value: unknown): string | null {
  const [least, most] = PASSWORD_LENGTH;
  return textProblem(typeof value === 'string' ? nfcOf(value, most) : value, least, most);
}
