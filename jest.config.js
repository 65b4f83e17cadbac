/** All test files share one real mongod, a single-node replica set. Each file uses its own database. */
export default {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  globalSetup: '<rootDir>/tests/support/global-setup.mjs',
  globalTeardown: '<rootDir>/tests/support/global-teardown.mjs',
  testSequencer: '<rootDir>/tests/support/longest-first.mjs',
  reporters: ['default', '<rootDir>/tests/support/heartbeat-reporter.mjs'],
  // Twice the cores of CI: many tests wait for a database or a process to start, stop or elect.
  maxWorkers: 4,
  testTimeout: 240_000,
};
