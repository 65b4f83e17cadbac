/**
 * Runs a program of this folder. If it fails, it prints the reason and ends with 1. If nobody reads its output any more,
 * for instance behind `| head`, it ends quietly.
 */
export function runProgram(main: () => Promise<void>): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(1);
  });
  return main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
