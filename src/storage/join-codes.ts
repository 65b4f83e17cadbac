import { randomInt } from 'node:crypto';

/** Without letters and digits that look alike: I and 1, O and 0. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Returns a random code such as ABCD-2345. There are about 10^12 codes, too many to guess one. */
export function newJoinCode(): string {
  return inBlocks(Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
}

/** All dashes, the minus sign, white space and invisible characters: phones replace dashes and insert the others. */
const IGNORED = /[\p{Pd}\u2212\s\p{Cc}\p{Cf}]/gu;

/**
 * Returns a typed code in the form in which codes are stored. Case, white space and dashes make no difference: both
 * "abcd 2345" and "ABCD-2345" become ABCD-2345. So codes that compare as equal violate the unique index.
 */
export function joinCodeOf(typed: string): string {
  return inBlocks(typed.replace(IGNORED, '').toUpperCase());
}

const inBlocks = (characters: string): string => `${characters.slice(0, 4)}-${characters.slice(4)}`;
