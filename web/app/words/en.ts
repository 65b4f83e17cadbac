/**
 * Every word that the pages show. A text with a number or a name is a function. Use a word as `words.signIn.title`,
 * written in full, so that a test can find words without a use. One section for each folder of pages.
 */
import { plural } from './format';

export const words = {
  appName: 'Auraledger',
  shell: {
    skip: 'Skip to the content',
    mainNavigation: 'Main',
    account: 'Account',
    signedInAs: (name: string) => `Signed in as ${name}`,
    signOut: 'Sign out',
    signedOut: 'You are signed out.',
    notSignedOut: 'The server did not answer, so you are still signed in. Try again when you are online.',
    offline: 'The server does not answer. You see what was kept; it updates when the connection is back.',
    notices: 'Notices',
    close: 'Close',
    dismiss: 'Dismiss',
  },
  outbox: {
    title: 'Not sent yet',
    notDone: 'What the server has not accepted',
    nothing: 'Everything that you have sent has reached the server.',
    open: (waiting: number, refused: number) =>
      [
        waiting > 0 && plural(waiting, { one: '1 request waits', other: `${waiting} requests wait` }),
        refused > 0 && plural(refused, { one: '1 was refused', other: `${refused} were refused` }),
      ]
        .filter(Boolean)
        .join(', '),
    notSentYet: 'Stored on this device. It is sent as soon as the server can be reached.',
    noAnswerYet: (attempts: number) =>
      plural(attempts, {
        one: 'Sent once, without an answer so far. It is sent again until there is one, and counts once.',
        other: `Sent ${attempts} times, without an answer so far. It is sent again until there is one, and counts once.`,
      }),
    otherTextSubmitted:
      'You have already handed in another text for this assignment: an earlier request arrived, even if you did not see its answer. It has been paid, once. Your new text is kept as a draft. Open the assignment to replace the text that was handed in.',
    droppedUnsent: 'You gave it up before it was sent.',
    droppedMaybeSent: 'You gave it up. An earlier try may have reached the server; if so, it counts.',
    tryNow: 'Try now',
    retry: 'Send again',
    drop: 'Give up',
    undoDrop: 'Undo',
    forget: 'Remove from this list',
    storageBroken:
      'This browser could not store your request, so it was not sent. Free some space on this device, then try again.',
    signOutTitle: 'Some requests have not been sent yet',
    signOutWaiting: (count: number) =>
      plural(count, {
        one: '1 request waits to be sent. It stays on this device, and is sent after you have signed in here again. Nobody else sends it.',
        other: `${count} requests wait to be sent. They stay on this device, and are sent after you have signed in here again. Nobody else sends them.`,
      }),
    signOutAnyway: 'Sign out anyway',
  },
  navigation: {
    home: 'Home',
    courses: 'Courses',
    settings: 'Settings',
  },
  broken: {
    title: 'This page does not work at the moment',
    advice: 'Nothing that you have sent is lost. Load the page again; if you are offline, when you are back.',
    reload: 'Load again',
  },
  notFound: {
    title: 'There is no page at this address',
    advice: 'The address may have a typing error, or the page may have moved.',
    home: 'Go to the home page',
  },
  states: {
    loading: 'Loading',
    retry: 'Try again',
    failed: 'This could not be loaded',
    offlineFailed: 'The server did not answer, and nothing is kept on this device yet.',
    requestId: (id: string) => `Request ${id}`,
    asOf: (time: string) => `As of ${time}`,
    stale: 'The server does not answer.',
    clearFilter: 'Clear the filter',
  },
  form: {
    problems: (count: number) =>
      plural(count, { one: 'There is a problem with 1 field', other: `There are problems with ${count} fields` }),
    notSent: 'This could not be sent',
    offline: 'The server did not answer. Your input is still here: check your connection and send it again.',
    failed: 'Something went wrong on our side. Your input is still here: send it again.',
  },
  chart: {
    asTable: 'Show as a table',
    day: 'Day',
    value: 'Value',
  },
  signIn: {
    title: 'Sign in',
    email: 'E-mail address',
    password: 'Password',
    submit: 'Sign in',
    noAccount: 'No account yet?',
    signUp: 'Create an account',
    emailMissing: 'Enter your e-mail address',
    passwordMissing: 'Enter your password',
  },
  signUp: {
    title: 'Create an account',
    displayName: 'Name',
    displayNameHint: 'Your classmates see it on the leaderboard.',
    email: 'E-mail address',
    password: 'Password',
    passwordHint: '8 to 128 characters',
    submit: 'Create account',
    haveAccount: 'Already have an account?',
    signIn: 'Sign in',
    displayNameMissing: 'Enter your name',
    emailMissing: 'Enter your e-mail address',
    passwordShort: 'Enter at least 8 characters',
  },
  home: {
    title: 'Home',
    level: (level: number) => `Level ${level}`,
    xp: (xp: string, next: string) => `${xp} of ${next} xp`,
    auraPoints: (points: string) => `${points} aura`,
    streak: 'Streak',
    streakDays: (days: number) => plural(days, { one: '1 day', other: `${days} days` }),
    freezes: (count: number) => plural(count, { one: '1 freeze left', other: `${count} freezes left` }),
  },
  courses: {
    title: 'Courses',
    taught: 'Courses and their join codes',
    name: 'Course',
    joinCode: 'Join code',
    none: 'You teach no course yet. Create one, and give its code to your students.',
    create: 'New course',
    newName: 'Name of the course',
    nameMissing: 'Enter the name of the course',
    submit: 'Create course',
    created: (name: string, joinCode: string) => `${name} is created. Students join it with ${joinCode}.`,
  },
  settings: {
    title: 'Settings',
    appearance: 'Appearance',
    theme: 'Theme',
    themeHint: 'For this browser.',
    system: 'Same as the device',
    light: 'Light',
    dark: 'Dark',
  },
} as const;
