/** Runs test files in the order of the job: those that most probably find the mutant come first. */
const { order = [] } = JSON.parse(process.env.AURALEDGER_MUTANTS_JOB ?? '{}');

export default class InOrder {
  sort(tests) {
    const position = ({ path }) => order.findIndex((file) => path.endsWith(`/${file}`));
    return [...tests].sort((one, other) => position(one) - position(other));
  }

  allFailedTests(tests) {
    return tests;
  }

  shard(tests) {
    return tests;
  }

  cacheResults() {}
}
