import { randomInt } from 'node:crypto';

/** Without the letters and digits that people mistake for each other. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Two blocks of four, about 10^12 codes: too many to guess one. */
export function newJoinCode(): string {
  return inBlocks(Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''));
}

/** Dashes of every length, the minus sign, blanks, and what no one sees: phones make and insert them. */
const NOT_COMPARED = /[\p{Pd}\u2212\s\p{Cc}\p{Cf}]/gu;

/**
 * A code as somebody typed it, in the one form in which codes are stored: case, blanks and dashes make no difference.
 * So the unique index of the stored codes guards what is compared.
 */
export function joinCodeOf(typed: string): string {
  return inBlocks(typed.replace(NOT_COMPARED, '').toUpperCase());
}

const inBlocks = (characters: string): string => `${characters.slice(0, 4)}-${characters.slice(4)}`;
