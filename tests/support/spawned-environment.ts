/**
 * What programs that tests start see of this process's environment. Nothing that somebody has set for the product is
 * among it. The last three let the runner of mutants turn a mutant on, and see which mutants such a program reaches.
 */
const PASSED_ON = ['PATH', 'HOME', 'NODE_OPTIONS', 'AURALEDGER_MUTANTS_JOB', '__STRYKER_ACTIVE_MUTANT__'];

/** @returns the environment of a program that a test starts: what every such program needs, and these variables */
export function spawnedEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(passedOn), ...variables };
}
