/**
 * The limits of every input, as decorators of its fields, and the one function that checks them. Texts are trimmed
 * first, so that what is checked is what is stored.
 */
import { ValidateBy, validate } from 'class-validator';
import { BadInput, type FieldProblem } from '../actions/bad-input.js';

/** Whether a field may be left out, and what null means where it is sent. */
export type Presence = 'required' | 'may be absent' | 'may be null';

/** Says what is wrong with a value, as a sentence; null: nothing. `input` is the object that it is a field of. */
type Check = (value: unknown, input: object) => string | null;

const trimmedFields = new WeakMap<object, Set<string>>();

/** A text of `least` to `most` Unicode code points, stored trimmed. */
export const Text = (least: number, most: number, presence: Presence = 'required'): PropertyDecorator =>
  trimmed(limit('text', presence, (value) => textProblem(value, least, most)));

/** A text that is kept exactly as it is sent, spaces included. */
export const ExactText = (least: number, most: number, presence: Presence = 'required'): PropertyDecorator =>
  limit('exactText', presence, (value) => textProblem(value, least, most));

export const Password = (): PropertyDecorator => ExactText(8, 128);

/**
 * One address and nothing around it. Whether mail arrives there only a mail can tell, so this is no stricter than what
 * keeps a list or a name with an address out.
 */
const ONE_ADDRESS = /^[^@<>,;\p{Cc}]+@[^@<>,;\s\p{Cc}]+\.[^@<>,;.\s\p{Cc}]+$/u;

export const Email = (): PropertyDecorator =>
  trimmed(
    limit('email', 'required', (value) => {
      const problem = textProblem(value, 1, 254);
      return (
        problem ??
        (ONE_ADDRESS.test(value as string) ? null : 'This is not one e-mail address, like name@school.example.')
      );
    }),
  );

export const TimeZone = (presence: Presence = 'required'): PropertyDecorator =>
  trimmed(
    limit('timeZone', presence, (value) =>
      isTimeZone(value) ? null : 'This is no time zone that is known here. Use an IANA name, like Europe/Berlin.',
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
 * Trims and checks an input object.
 * @throws BadInput with every field that is wrong, its path and what would be right; never with its value
 */
export async function checkInput(input: object, pathPrefix: string): Promise<void> {
  for (const field of trimmedFields.get(Object.getPrototypeOf(input)) ?? []) {
    const value = Reflect.get(input, field);
    if (typeof value === 'string') Reflect.set(input, field, value.trim());
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

function trimmed(decorate: PropertyDecorator): PropertyDecorator {
  return (target, field) => {
    const fields = trimmedFields.get(target) ?? new Set();
    trimmedFields.set(target, fields.add(String(field)));
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

/** An offset like +02:00, which newer versions of Intl know as well, is no name. */
function isTimeZone(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[A-Za-z]/.test(value)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}
