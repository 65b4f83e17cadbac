/** The names of the measured series, as results and tables show them. N stands for the number of clients. */
export const series = {
  bareOne: 'bare driver, 1 client',
  bareMany: 'bare driver, N clients',
  bareGroups: 'bare driver, N clients in groups of 16',
  postgraphileOne: 'PostGraphile, 1 client',
  postgraphileMany: 'PostGraphile, N clients',
  submitOne: 'submitAssignment, 1 client',
  submitMany: 'submitAssignment, N clients',
  submitSteady: 'submitAssignment at 80 % of that rate, N connections',
  endOne: 'endPomodoro, 1 client',
  endMany: 'endPomodoro, N clients',
  replayOne: 'the same submission again, 1 client',
  replayMany: 'the same submission again, N clients',
  hot: 'one student, N clients',
  oneProcess: 'one process, N clients, in turn with two',
  twoSpread: 'two processes, N clients, students spread',
  twoTogether: 'two processes, N clients, the same 8 students, each submission to both',
  burst16: '16 submissions at once',
  burst64: '64 submissions at once',
  me: 'me, N clients',
  meSteady: 'me at 500 a second, N connections',
  roster: 'roster, page of 20, N clients',
  rush: 'deadline rush',
  race: 'submitAssignment, each twice at once',
  withoutBonuses: 'submitAssignment, 16 clients',
  withBonuses: 'submitAssignment, 16 clients, while grantBonuses pays 500 others',
  bonuses: 'grantBonuses of 500 students, 1 client',
  paidWhileCorrected: 'submitAssignment of one student with 5,000 rows, 4 clients, while it is corrected',
  corrections: 'revoke and restore in the ledger of that student, 1 client',
  start: 'npm start',
  steadyAlone: '200 grants a second without subscribers, N connections',
  steadyLive: '200 grants a second to 1,000 subscribers, N connections',
  steadyCourse: '20 grants a second to 10 subscribers of a course of 1,000, N connections',
  grantsAlone: 'submitAssignment without subscribers, N clients',
  grantsIdle: 'submitAssignment beside 1,000 idle subscribers, N clients',
  grantsLive: 'submitAssignment, each to one of 1,000 subscribers, N clients',
  resumes: '1,000 subscribers resume after a restart',
  idle: '10,000 idle subscribers',
} as const;

export const patternSeries = (name: string): string => `pattern: ${name}, N clients`;
export const raceSeries = (name: string): string => `pattern: ${name}, each twice at once`;
export const commandSeries = (of: string): string => `commands of ${of}`;

/** The ledger sizes at which a grant is measured. */
export const LEDGER_ROWS = [10_000, 100_000, 1_000_000] as const;
/** The numbers of earlier rewards for each student at which a grant is measured. */
export const REWARDS_BEFORE = [0, 1_000] as const;
export const rowsSeries = (rows: number): string => `submitAssignment among ${rows} ledger rows, N clients`;
export const rewardsSeries = (rewards: number): string => `submitAssignment after ${rewards} rewards each, N clients`;

/** The series of load that only prepares a measurement. Its results are not kept. */
export const PREPARATION = 'preparation';
