/**
 * Time zones by their IANA names. Intl accepts names in any case. It also accepts offsets and ambiguous abbreviations,
 * which this module rejects: to Intl, BST is Dhaka and IST is Kolkata.
 */

/**
 * Matches a place such as Asia/Kolkata, and a country or other single word such as Japan. It excludes abbreviations, which
 * have three letters, offsets, and ICU's own SystemV/EST5.
 */
const NAME = /^(?!SystemV\/)(?:[a-z]{4,40}|[a-z]{2,40}(?:\/[a-z0-9_+-]{2,40}){1,2})$/i;

/** The other names of the IANA database that are no abbreviations of a local time. Some systems still report them. */
const SHORT_NAMES = [
  ...['UTC', 'GMT', 'UCT', 'GMT0', 'GMT+0', 'GMT-0'],
  ...['GB', 'GB-Eire', 'NZ', 'NZ-CHAT', 'PRC', 'ROC', 'ROK', 'W-SU'],
  ...['EST5EDT', 'CST6CDT', 'MST7MDT', 'PST8PDT'],
];
const shortNames = new Set(SHORT_NAMES.map((name) => name.toLowerCase()));

/** @returns the zone's name in the case of the IANA database, or null if Intl knows no zone of this name */
export function timeZoneOf(typed: string): string | null {
  if (!NAME.test(typed) && !shortNames.has(typed.toLowerCase())) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: typed });
  } catch {
    return null;
  }
  // Do not use the name that Intl resolves to: for a newer name it can be the older one (Asia/Calcutta).
  return typed.replace(/[a-z]+/gi, (word) => spellings.get(word.toLowerCase()) ?? capitalised(word));
}

/** Words in zone names that Intl does not list and whose case is not simply capitalised. */
const UNLISTED = [
  ...SHORT_NAMES,
  ...['US', 'ACT', 'NSW', 'LHI', 'IN'],
  ...['BajaNorte', 'BajaSur', 'ComodRivadavia', 'DeNoronha', 'EasterIsland'],
];

/** The correct case of each word, by the word in lower case. Examples: Port-au-Prince, McMurdo. */
const spellings = new Map(
  [...Intl.supportedValuesOf('timeZone'), ...UNLISTED]
    .flatMap((name) => name.match(/[a-z]+/gi) ?? [])
    .map((word) => [word.toLowerCase(), word]),
);

const capitalised = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1).toLowerCase()}`;
