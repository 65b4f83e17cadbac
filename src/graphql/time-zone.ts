/**
 * Time zones by their IANA names. Intl takes them in any case, and takes more than names: offsets, and abbreviations
 * that mean something else elsewhere (BST is Dhaka, IST Kolkata, to Intl).
 */

/**
 * A place, like Asia/Kolkata; one of the countries, like Japan, and other words that stand alone; UTC and GMT. What is
 * left out are abbreviations, which have three letters or digits in them, and ICU's own SystemV/EST5.
 */
const NAME = /^(?!SystemV\/)(?:UTC|GMT|[a-z]{4,40}|[a-z]{2,40}(?:\/[a-z0-9_+-]{2,40}){1,2})$/i;

/** The name of a zone in the case of the IANA database; null where Intl knows no zone of this name. */
export function timeZoneOf(typed: string): string | null {
  if (!NAME.test(typed)) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: typed });
  } catch {
    return null;
  }
  // Not what Intl resolves it to: that is another name (Asia/Calcutta) where the one sent is a newer one.
  return typed.replace(/[a-z]+/gi, (word) => spellings.get(word.toLowerCase()) ?? capitalised(word));
}

/** Words of zones' names that Intl does not list, and that are not simply capitalised. */
const UNLISTED = [
  ...['UTC', 'GMT', 'UCT', 'US', 'ACT', 'NSW', 'LHI', 'IN'],
  ...['BajaNorte', 'BajaSur', 'ComodRivadavia', 'DeNoronha', 'EasterIsland'],
];

/** How each word of a name is written, by the word in small letters: Port-au-Prince, McMurdo. */
const spellings = new Map(
  [...Intl.supportedValuesOf('timeZone'), ...UNLISTED]
    .flatMap((name) => name.match(/[a-z]+/gi) ?? [])
    .map((word) => [word.toLowerCase(), word]),
);

const capitalised = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1).toLowerCase()}`;
