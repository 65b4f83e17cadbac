/** Loaded by each process that a test starts while coverage is recorded: writes which mutants the process reached. */
import { writeFileSync } from 'node:fs';

const { coverage } = JSON.parse(process.env.AURALEDGER_MUTANTS_JOB ?? '{}');
process.on('exit', () => {
  const reached = globalThis.__stryker__?.mutantCoverage;
  if (coverage !== undefined && reached) writeFileSync(`${coverage}.${process.pid}.json`, JSON.stringify(reached));
});
