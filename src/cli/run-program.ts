/** Runs a program of this folder. If it fails, it prints the reason and ends with 1. */
export const runProgram = (main: () => Promise<void>): Promise<void> =>
  main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
