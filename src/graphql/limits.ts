/**
 * The limits of all inputs, as decorators of input fields, and the one function that checks them. Texts are normalised
 * before they are checked, so the checks see exactly what is stored. docs/adr/0017-texts.md gives the reasons.
 */
import { normaliseEmail } from '../actions/create-account.js';
import { BadInput, type FieldProblem } from '../granting/bad-input.js';
import { timeZoneOf } from './time-zone.js';

/** Whether a client may leave the field out, and whether it may send null. */
export type Presence = 'required' | 'may be absent' | 'may be null';

/** Returns one sentence about what is wrong with a value, or null if it is valid. `input` is the object around it. */
type Check = (value: unknown, input: object) => string | null;

/** Converts a text to the form in which it is stored. The checks run on the result. */
type Normalise = (text: string) => string;

interface FieldLimit {
  readonly presence: Presence;
  readonly check: Check;
  readonly normalise?: Normalise;
}

/** The limits of each input class, by field. The key is the prototype of the class. */
const limitsOf = new WeakMap<object, Map<string, FieldLimit>>();

/** A text, trimmed at its end only: the first line of a program may be indented. With `min` 0 it may be empty or blank. */
export const Text = (min: 0 | 1, max: number, presence: Presence = 'required'): PropertyDecorator =>
  limit(
    presence,
    (value) => textProblem(value, min, max) ?? (min === 0 ? null : blankProblem(value as string)),
    (text) => text.trimEnd(),
  );

/** The name of a person or a thing: one readable line, trimmed and in NFC. With `min` 0 it may be empty. */
export const Name = (min: 0 | 1, max: number, presence: Presence = 'required'): PropertyDecorator =>
  limit(
    presence,
    (value) => textProblem(value, min, max) ?? nameProblem(value as string),
    (text) => toNfc(text.trim(), max),
  );

/** A text that is stored exactly as it was sent, spaces included. */
export const ExactText = (min: number, max: number, presence: Presence = 'required'): PropertyDecorator =>
  limit(presence, (value) => textProblem(value, min, max));

/** A new password. Passwords are compared in NFC, so its length is counted in NFC. */
export const Password = (): PropertyDecorator =>
  limit('required', (value) => passwordProblem(value, SHORTEST_PASSWORD));

/**
 * The password of somebody who signs in. One that is too short is a wrong one, and is answered like any other. Older ones
 * were counted before NFC, so the length may fit in either form.
 */
export const KnownPassword = (): PropertyDecorator =>
  limit('required', (value) => passwordProblem(value, 1) && textProblem(value, 1, LONGEST_PASSWORD));

/**
 * Matches one address with nothing around it. It rejects lists, links, names with an address, and dots that separate
 * nothing, and little more: only sending a mail shows whether the address works.
 */
const ONE_ADDRESS =
  /^(?:"[^"@<>,;\p{Cc}]+"|[^.@<>,;:"\p{Cc}]+(?:\.[^.@<>,;:"\p{Cc}]+)*)@[^.@<>,;:\s\p{Cc}]+(?:\.[^.@<>,;:\s\p{Cc}]+)+$/u;

/** Matches what older servers accepted as an address. */
const KNOWN_ADDRESS = /^[^@<>,;\p{Cc}]+@[^@<>,;\s\p{Cc}]+\.[^@<>,;.\s\p{Cc}]+$/u;

/** Characters. RFC 5321 allows no longer path. */
const MAX_EMAIL_LENGTH = 254;

/** The e-mail address of a new account. */
export const Email = (): PropertyDecorator => address(ONE_ADDRESS);

/** The e-mail address of somebody who signs in. */
export const KnownEmail = (): PropertyDecorator => address(KNOWN_ADDRESS);

const address = (form: RegExp): PropertyDecorator =>
  limit(
    'required',
    (value) => textProblem(value, 1, MAX_EMAIL_LENGTH) ?? emailProblem(value as string, form),
    (text) => (text.length > maxUtf16Units(MAX_EMAIL_LENGTH) ? text : normaliseEmail(text.trim())),
  );

/** An IANA time zone name, stored in the upper and lower case of the IANA database. */
export const TimeZone = (presence: Presence = 'required'): PropertyDecorator =>
  limit(
    presence,
    (value) =>
      typeof value === 'string' && timeZoneOf(value) !== null
        ? null
        : 'The server does not know this time zone. Use an IANA name, like Europe/Berlin.',
    (text) => timeZoneOf(text.trim()) ?? text,
  );

export const WholeNumber = (min: number, max: number): PropertyDecorator =>
  limit('required', (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? null
      : `Use a whole number from ${min} to ${max}.`,
  );

/** Checks a field together with others, by the action's own check. It reports the problem with all others of the input. */
export const Consistent = <Input extends object>(assert: (input: Input) => void): PropertyDecorator =>
  limit('may be null', (_, input) => {
    try {
      assert(input as Input);
      return null;
    } catch (error) {
      if (error instanceof BadInput) return error.fields.map(({ message }) => message).join(' ');
      throw error;
    }
  });

/** A list of ids. They may repeat, and need not be valid: an id that names nothing is one that does not exist. */
export const Ids = (max: number, presence: Presence = 'required'): PropertyDecorator =>
  limit(presence, (value) => {
    const { length } = value as readonly string[];
    if (length === 0) return 'It is empty. Name at least one.';
    return length > max ? `It has ${length} ids. Send at most ${max} at once.` : null;
  });

/** A field of an update that a client may leave out but not set to null. */
export const NotNull = (): PropertyDecorator => limit('may be absent', () => null);

/**
 * Normalises the texts of an input object, in place, and checks all its fields.
 * @throws BadInput with the path and a sentence for each invalid field, never with its value
 */
export function checkInput(input: object, pathPrefix: string): void {
  const limits = [...(limitsOf.get(Object.getPrototypeOf(input)) ?? [])];
  for (const [field, { normalise }] of limits) {
    const value = Reflect.get(input, field);
    if (normalise && typeof value === 'string') Reflect.set(input, field, normalise(value));
  }
  const problems = limits.flatMap(([field, fieldLimit]): FieldProblem[] => {
    const message = problemOf(Reflect.get(input, field), input, fieldLimit);
    return message === null ? [] : [{ path: `${pathPrefix}${field}`, message }];
  });
  if (problems.length > 0) throw new BadInput(problems);
}

function problemOf(value: unknown, input: object, { presence, check }: FieldLimit): string | null {
  if (value === undefined && presence !== 'required') return null;
  if (value === null) return presence === 'may be null' ? null : NOT_NULL;
  return check(value, input);
}

const NOT_NULL = 'It cannot be cleared. Leave it out to keep it as it is.';

/** A field has at most one limit. */
function limit(presence: Presence, check: Check, normalise?: Normalise): PropertyDecorator {
  return (target, field) => {
    const limits = limitsOf.get(target) ?? new Map<string, FieldLimit>();
    if (limits.has(String(field))) throw new Error(`${String(field)} has two limits, and only one would be checked`);
    limitsOf.set(target, limits.set(String(field), { presence, check, ...(normalise && { normalise }) }));
  };
}

function textProblem(value: unknown, min: number, max: number): string | null {
  if (typeof value !== 'string') return 'Use a text.';
  if (value.includes('\0') || !value.isWellFormed()) return 'It contains characters that are not text.';
  const length = codePoints(value);
  if (length < min) return min === 1 ? 'It is empty. Write something.' : `Use at least ${min} characters.`;
  if (length > max) return `It has ${length} characters. Use at most ${max}.`;
  return null;
}

/** Counts code points without building an array of them: a text can be megabytes long. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The length, in UTF-16 code units, of the longest text that can have `maxCharacters` characters in NFC. NFC composes
 * at most four characters into one, and each has at most two units. A longer text is refused without normalising it: NFC
 * of a megabyte of accents would take minutes.
 */
const maxUtf16Units = (maxCharacters: number): number => 8 * maxCharacters;

const toNfc = (text: string, max: number): string => (text.length > maxUtf16Units(max) ? text : text.normalize('NFC'));

/** Characters that break the line or that a terminal interprets. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/**
 * Embeddings, overrides and isolates, which change the direction of the text after them. The marks U+200E, U+200F and
 * U+061C are allowed: Hebrew and Arabic names need them next to digits and dots, and they do not change other text.
 */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u2069]/;

/**
 * A visible character. Marks and joiners do not count, since they only show on another character. Fillers do not count,
 * nor do blanks that Unicode classifies as letters.
 */
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800\u{1D159}])[\p{L}\p{N}\p{P}\p{S}\p{Extended_Pictographic}]/u;

function nameProblem(name: string): string | null {
  if (CONTROL.test(name)) return 'It contains a line break, a tab or another control character. Leave it out.';
  if (BIDI_CONTROL.test(name)) return 'It contains a character that changes the direction of text. Leave it out.';
  return name === '' ? null : blankProblem(name);
}

const blankProblem = (text: string): string | null =>
  VISIBLE.test(text) ? null : 'It has no visible character. Write something readable.';

/** Invisible characters would let two addresses look alike. A plain space is visible; it is allowed before the @. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]|(?! )\p{Zs}/u;

function emailProblem(email: string, form: RegExp): string | null {
  if (INVISIBLE.test(email)) return 'It contains an invisible character. Type it instead of pasting it.';
  return form.test(email) ? null : 'This is not one e-mail address, like name@school.example.';
}

/** In characters. */
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 128;

const passwordProblem = (value: unknown, min: number): string | null =>
  textProblem(typeof value === 'string' ? toNfc(value, LONGEST_PASSWORD) : value, min, LONGEST_PASSWORD);
