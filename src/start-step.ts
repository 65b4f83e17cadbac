/** The start failed. The message is for people. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export interface StartStep {
  /** What the step does, as the beginning of a sentence: "Creating the indexes". */
  readonly name: string;
  /** Milliseconds. */
  readonly timeLimitMs: number;
  /** The possible cause and what to do, if the step takes longer. */
  readonly advice: string;
  /** Ends the step when the user stops the program. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs one step of a start. Rejects at the time limit or at the signal, even if the work continues. Work that must
 * clean up has to listen to the signal itself.
 * @throws StartError at the time limit; the signal's reason at the signal
 */
export async function startStep<Result>(
  { name, timeLimitMs, advice, signal }: StartStep,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const seconds = timeLimitMs / 1_000;
    const tooLate = () => reject(new StartError(`${name} did not finish within ${seconds} s: ${advice}`));
    const interrupted = () => reject(signal?.reason);
    const timer = setTimeout(tooLate, timeLimitMs);
    signal?.addEventListener('abort', interrupted, { once: true });
    end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupted);
    };
  });
  try {
    return await Promise.race([work(), ended]);
  } finally {
    end();
  }
}
