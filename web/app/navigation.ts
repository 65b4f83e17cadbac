import type { Account } from './session/session';
import type { KeyWithEffect } from './ui/keys-dialog';
import { words } from './words/en';

export interface NavigationItem {
  readonly href: string;
  readonly text: string;
  /** The first part of the addresses of its section, where its own address does not have it. */
  readonly section?: string;
}

const settings: NavigationItem = { href: '/settings', text: words.navigation.settings };

const STUDENT: readonly NavigationItem[] = [
  { href: '/', text: words.navigation.home },
  { href: '/focus', text: words.navigation.focus },
  { href: '/assignments', text: words.navigation.assignments },
  { href: '/ledger', text: words.navigation.ledger },
  { href: '/badges', text: words.navigation.badges },
  { href: '/progress/7', text: words.navigation.progress },
  { href: '/leaderboard/week', text: words.navigation.leaderboard },
  settings,
];
const TEACHER: readonly NavigationItem[] = [
  { href: '/', text: words.navigation.courses, section: 'courses' },
  settings,
];

/** The pages in the header, by role. An admin has the pages of a teacher, with every course. */
export const navigationOf = ({ role }: Account): readonly NavigationItem[] => (role === 'STUDENT' ? STUDENT : TEACHER);

const showKeys: KeyWithEffect = ['?', words.keys.show];
const STUDENT_KEYS: readonly KeyWithEffect[] = [[words.keys.space, words.keys.startOrEnd], showKeys];
const TEACHER_KEYS: readonly KeyWithEffect[] = [
  [words.keys.digits, words.keys.grade],
  [words.keys.enter, words.keys.gradeAndNext],
  [words.keys.escape, words.keys.leaveGrade],
  [words.keys.nextKeys, words.keys.next],
  [words.keys.previousKeys, words.keys.previous],
  showKeys,
];

/** The single keys that act on the pages of the account. */
export const keysOf = ({ role }: Account): readonly KeyWithEffect[] =>
  role === 'STUDENT' ? STUDENT_KEYS : TEACHER_KEYS;
