/** The stored form of texts. Two texts that look the same to people are the same to the product. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { createAccount } from '../../src/actions/create-account.js';
import { normaliseEmail } from '../../src/storage/account-store.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { useServer } from '../support/client.js';
import { type Limits, NAMES, named, text } from './samples.js';
import { createSchool, newEmail, newStudent, PASSWORD, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;
beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

describe('content is stored without its trailing white space, and otherwise unchanged', () => {
  const PROGRAM = '    while true:\n\t\tpass\n\n  # done';
  test.each([
    ['a program', `${PROGRAM}\n\n  `, PROGRAM],
    ['leading blank lines', '\n\n  x\r\n', '\n\n  x'],
    ['trailing Unicode spaces', 'x\u00A0\u3000\u2028\uFEFF', 'x'],
    ['letters that are not in NFC', 'e\u0301', 'e\u0301'],
    ['characters that are invalid in names', 'a\u202Eb\u200B\u0007', 'a\u202Eb\u200B\u0007'],
    ['invisible characters at its end', 'x\u200B', 'x\u200B'],
  ])('%s', async (_, content, stored) => {
    const assignmentId = await school.assignment({ instructions: content });
    const submitted = await student.mutate('submitAssignment', { assignmentId, content }, 'submission { id content }');
    expect(submitted.submission.content).toBe(stored);
    const { assignment } = await student.must('query ($id: ID!) { assignment(id: $id) { instructions } }', {
      id: assignmentId,
    });
    expect(assignment.instructions).toBe(stored);
    const revised = await student.mutate(
      'reviseSubmission',
      { submissionId: submitted.submission.id, content: `  ${content}` },
      'submission { content }',
    );
    expect(revised.submission.content).toBe(`  ${stored}`);
  });
});

describe('a repeat is compared with the stored content', () => {
  const submit = (assignmentId: string, content: string) =>
    student.mutate('submitAssignment', { assignmentId, content }, 'replayed');

  test.each([
    ['trailing white space', 'x', 'x \n', { replayed: true }],
    ['the indentation of the first', '    x', 'x', { code: 'ALREADY_SUBMITTED' }],
    ['the indentation of the second', 'x', '    x', { code: 'ALREADY_SUBMITTED' }],
    ['a blank line before it', 'x', '\nx', { code: 'ALREADY_SUBMITTED' }],
    ['a composed and a decomposed accent', 'é', 'e\u0301', { code: 'ALREADY_SUBMITTED' }],
  ])('%s', async (_, first, second, answer) => {
    const assignmentId = await school.assignment();
    expect(await submit(assignmentId, first)).toMatchObject({ replayed: false });
    expect(await submit(assignmentId, first)).toMatchObject({ replayed: true });
    expect(await submit(assignmentId, second)).toMatchObject(answer);
  });
});

describe('names', () => {
  const nameOf = async (displayName: string): Promise<string> =>
    (await student.mutate('updateProfile', { displayName }, 'displayName')).displayName;

  test.each(NAMES)('%s is stored in NFC', async (_, name) => {
    expect(await nameOf(name as string)).toBe((name as string).normalize('NFC'));
  });

  test('every field with a name is stored trimmed and in NFC', async () => {
    const [typed, stored] = [' \u3000Ame\u0301lie\u00A0\n', 'Am\u00E9lie'];
    expect(await nameOf(typed)).toBe(stored);
    const teacher = school.teacher;
    const { course } = await teacher.mutate('createCourse', { name: typed }, 'course { name }');
    expect(course.name).toBe(stored);
    const id = await school.assignment({ title: typed });
    const { assignment } = await teacher.must('query ($id: ID!) { assignment(id: $id) { title } }', { id });
    expect(assignment.title).toBe(stored);
    const signedUp = { email: newEmail(), password: PASSWORD, displayName: typed };
    expect((await server.nobody.mutate('signUp', signedUp, 'user { displayName }')).user.displayName).toBe(stored);
    const { session } = await student.mutate('startPomodoro', { device: typed }, 'session { device }');
    expect(session.device).toBe(stored);
  });
});

describe('a literal is refused like a variable, with the path of the field', () => {
  const EMPTY: Limits = { accepts: [], refuses: [] };
  const fields: readonly [mutation: string, field: string, others: () => string, limits: Limits][] = [
    ['signUp', 'displayName', () => `email: "${newEmail()}", password: "${PASSWORD}"`, named(1, 80)],
    ['updateProfile', 'displayName', () => '', named(1, 80)],
    ['createCourse', 'name', () => '', named(1, 200)],
    [
      'createAssignment',
      'title',
      () => `courseId: "${school.course.id}", dueDate: "2027-03-01T12:00:00Z"`,
      named(1, 200),
    ],
    ['startPomodoro', 'device', () => '', named(0, 80)],
    ['submitAssignment', 'content', () => 'assignmentId: "none"', text(1, 20_000)],
    [
      'signUp',
      'email',
      () => `displayName: "Ada", password: "${PASSWORD}"`,
      {
        ...EMPTY,
        refuses: [
          ['', 'na\u200Bme@school.example'],
          ['', 'na\u00ADme@school.example'],
        ],
      },
    ],
    [
      'signUp',
      'timeZone',
      () => `displayName: "A", email: "${newEmail()}", password: "${PASSWORD}"`,
      {
        ...EMPTY,
        refuses: [
          ['', 'BST'],
          ['', '+02:00'],
        ],
      },
    ],
  ];

  test.each(fields)('%s %s', async (mutation, field, others, { refuses }) => {
    const by = mutation.startsWith('create') ? school.teacher : student;
    const paths: Record<string, unknown> = {};
    // A literal can contain any text except a lone surrogate, which the parser rejects.
    const samples = refuses.filter(
      ([, value]) => typeof value === 'string' && value.isWellFormed() && value.length < 25_000,
    );
    for (const [name, value] of samples) {
      const query = `mutation { ${mutation}(input: { ${field}: ${JSON.stringify(value)}, ${others()} }) { __typename } }`;
      const { errors } = await by.ask(query);
      paths[name] = errors.flatMap(({ extensions }) => extensions.fields?.map(({ path }) => path));
    }
    expect(samples.length).toBeGreaterThan(1);
    expect(paths).toEqual(Object.fromEntries(samples.map(([name]) => [name, [`input.${field}`]])));
  });

  test('a lone surrogate in a literal makes the query invalid', async () => {
    const { code, errors } = await student.ask('mutation { updateProfile(input: { displayName: "\\ud83d" }) { id } }');
    expect([code, errors[0]?.extensions.fields?.[0]?.path]).toEqual(['BAD_USER_INPUT', 'query']);
  });
});

describe('an e-mail address', () => {
  const signUp = (email: string) =>
    server.nobody.mutate('signUp', { email, password: PASSWORD, displayName: 'Ada' }, 'user { email }');
  const signIn = (email: string) => server.nobody.mutate('signIn', { email, password: PASSWORD }, 'user { email }');

  test.each([
    ['in another case', 'Ada.%@School.Example', 'ADA.%@SCHOOL.example'],
    ['with a decomposed letter', 'j\u00FCrgen.%@school.example', 'ju\u0308rgen.%@school.example'],
    ['with a decomposed capital', 'J\u00DCRGEN.%@school.example', 'JU\u0308RGEN.%@school.example'],
    ['with a capital \u1E9E', 'wei\u00DF.%@school.example', 'WEI\u1E9E.%@school.example'],
    ['with a Greek \u03A3 at an end', '\u039F\u0394\u039F\u03A3@%.example', '\u03BF\u03B4\u03BF\u03C2@%.example'],
    ['with a Turkish \u0130', '\u0130rem.%@school.example', 'i\u0307rem.%@school.example'],
    ['with spaces around it', 'ada.%@school.example', '\u00A0ada.%@school.example\uFEFF'],
  ])('is the same %s', async (_, first, second) => {
    const unique = new Types.ObjectId().toHexString();
    const [one, other] = [first.replace('%', unique), second.replace('%', unique)];
    const { user } = await signUp(one);
    expect(await signUp(other)).toMatchObject({ code: 'EMAIL_TAKEN' });
    expect((await signIn(other)).user.email).toBe(user.email);
    expect((await signIn(one)).user.email).toBe(user.email);
  });

  test('that an older server stored decomposed is found, and cannot be registered again', async () => {
    const { id, email } = await newStudent(server);
    const decomposed = `ju\u0308rgen.${email}`;
    await AccountModel.collection.updateOne({ _id: new Types.ObjectId(id) }, { $set: { email: decomposed } });
    for (const typed of [decomposed, decomposed.normalize('NFC')]) {
      expect((await signIn(typed)).user.email).toBe(decomposed);
      expect(await signUp(typed)).toMatchObject({ code: 'EMAIL_TAKEN' });
    }
  });

  test('has one stored form: normalising it again changes nothing', () => {
    const anyText = fc.string({
      unit: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...'\u0130\u0131\u1E9E\u03A3\u03C3\u03C2\u0307\u0308\u0345\u1FB4.\u00AD'),
      ),
    });
    fc.assert(
      fc.property(anyText, (typed) => {
        const stored = normaliseEmail(typed);
        expect(normaliseEmail(stored)).toBe(stored);
        expect(normaliseEmail(typed.normalize('NFD'))).toBe(stored);
        expect(stored.normalize('NFC')).toBe(stored);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a password', () => {
  const [composed, decomposed] = ['p\u00E4ssw\u00F6rd', 'pa\u0308sswo\u0308rd'] as const;
  test.each([
    [composed, decomposed],
    [decomposed, composed],
  ])('may be composed at sign-up and decomposed at sign-in, and vice versa', async (chosen, typed) => {
    const email = newEmail();
    await server.nobody.mutate('signUp', { email, password: chosen, displayName: 'Ada' });
    const session = await server.nobody.mutate('signIn', { email, password: typed });
    expect(session).toEqual({ __typename: 'Session' });
  });
});

describe('a join code', () => {
  let code: string;
  const join = async (joinCode: string) =>
    (await newStudent(server)).mutate('joinCourse', { joinCode }, 'course { id }');
  beforeAll(() => {
    code = school.course.joinCode;
  });

  test.each<[string, (code: string) => string]>([
    ['as it is shown', (each) => each],
    ['in lower case', (each) => each.toLowerCase()],
    ['without its dash', (each) => each.replace('-', '')],
    ['with spaces around it', (each) => `  ${each}\n`],
    ['with a space for the dash', (each) => each.replace('-', ' ')],
    ['with spaces around the dash', (each) => each.replace('-', ' - ')],
    ['with a space after each letter', (each) => [...each].join(' ')],
    ...[
      0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0xfe63, 0xff0d, 0xa0, 0x2009, 0x202f, 0x3000, 0x200b,
      0xad, 0xfeff, 0x2068,
    ].map((dash): [string, (each: string) => string] => [
      `with U+${dash.toString(16)} for its dash`,
      (each) => each.replace('-', String.fromCodePoint(dash)),
    ]),
  ])('%s', async (_, typed) => {
    expect(await join(typed(code))).toMatchObject({ course: { id: school.course.id } });
  });

  test.each<[string, (code: string) => string]>([
    ['one letter less', (each) => each.slice(0, -1)],
    ['one letter more', (each) => `${each}A`],
    ['another character for the dash', (each) => each.replace('-', '*')],
    ['dashes only', () => '--'],
    ['a regular expression', () => '.{4}-.{4}'],
  ])('is invalid with %s', async (_, typed) => {
    expect(await join(typed(code))).toMatchObject({ code: 'INVALID_JOIN_CODE' });
  });
});

describe('a time zone', () => {
  const stored = async (timeZone: string) =>
    (await student.mutate('updateProfile', { timeZone }, '... on Student { timeZone }')).timeZone;

  test.each([
    'Europe/Berlin',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'Europe/Kyiv',
    'Europe/Kiev',
    'America/Argentina/ComodRivadavia',
    'America/Port-au-Prince',
    'America/Port_of_Spain',
    'America/Knox_IN',
    'Africa/Dar_es_Salaam',
    'Antarctica/DumontDUrville',
    'Antarctica/McMurdo',
    'Australia/ACT',
    'Australia/LHI',
    'Brazil/DeNoronha',
    'Chile/EasterIsland',
    'Etc/GMT+5',
    'Etc/GMT-14',
    'Etc/UCT',
    'Europe/Isle_of_Man',
    'Mexico/BajaSur',
    'US/East-Indiana',
    'UTC',
    'GMT',
    'Japan',
    'Zulu',
    'GB',
    'GB-Eire',
    'NZ',
    'NZ-CHAT',
    'PRC',
    'ROC',
    'ROK',
    'UCT',
    'W-SU',
    'EST5EDT',
    'CST6CDT',
    'MST7MDT',
    'PST8PDT',
    'GMT0',
    'GMT+0',
    'GMT-0',
  ])('%s is stored under this name, whatever its case in the request', async (name) => {
    expect(await stored(name.toLowerCase())).toBe(name);
    expect(await stored(name.toUpperCase())).toBe(name);
    expect(await stored(name)).toBe(name);
  });

  test.each(['BST', 'europe/berlin', 'EST'])(
    'that an older server accepted stays the time zone of the student: %s',
    async (zone) => {
      const own = await school.student(school.course);
      await StudentModel.collection.updateOne({ _id: new Types.ObjectId(own.id) }, { $set: { timeZone: zone } });
      const assignmentId = await school.assignment();
      expect(await own.mutate('submitAssignment', { assignmentId, content: 'x' }, 'replayed')).toMatchObject({
        replayed: false,
      });
      const profile = await own.mutate(
        'updateProfile',
        { showOnLeaderboard: true },
        '... on Student { timeZone streak { days } }',
      );
      expect(profile).toEqual({ timeZone: zone, streak: { days: 1 } });
    },
  );
});

test('an account from the command line is stored in the same form', async () => {
  const email = `Ju\u0308rgen.${newEmail()}`;
  const createdAt = server.clock();
  const account = await createAccount({
    email,
    password: PASSWORD,
    role: 'TEACHER',
    displayName: 'T',
    timeZone: 'UTC',
    createdAt,
  });
  expect(account?.email).toBe(email.normalize('NFC').toLowerCase());
  const session = await server.nobody.mutate('signIn', { email, password: PASSWORD }, 'user { email }');
  expect(session.user.email).toBe(account?.email);
});
