import { type RefObject, useLayoutEffect, useRef } from 'react';
import { useSingleKeys } from '../ui/single-keys';

const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
/** Some keyboards have digits only together with one of them. */
const MODIFIERS = ['Shift', 'CapsLock', 'NumLock'];

/** Single keys: what a digit does. */
export const digitKeys = (press: (digit: string) => void) =>
  Object.fromEntries(DIGITS.map((digit) => [digit, () => press(digit)]));

/**
 * The digits that were pressed while the submission was on its way; empty: none. Another key after them, for instance
 * Enter, makes them void, and those that follow: two grades that are typed without looking are for two students.
 */
export function useEarlyDigits(isWaiting: boolean): RefObject<string | null> {
  const digits = useRef<string | null>('');
  useSingleKeys(
    isWaiting
      ? digitKeys((digit) => {
          if (digits.current !== null) digits.current += digit;
        })
      : {},
  );
  useLayoutEffect(() => {
    if (!isWaiting) {
      // The form, if there is one, has taken them.
      digits.current = null;
      return;
    }
    function forget({ key, repeat }: KeyboardEvent) {
      const isAnother = !repeat && !DIGITS.includes(key) && !MODIFIERS.includes(key);
      if (isAnother && digits.current !== '') digits.current = null;
    }
    document.addEventListener('keydown', forget);
    return () => document.removeEventListener('keydown', forget);
  }, [isWaiting]);
  return digits;
}
