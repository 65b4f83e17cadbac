/** The start cannot go on; the message is for people. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export interface StartStep {
  /** What the step does, as the beginning of a sentence: "Creating the indexes". */
  readonly name: string;
  /** Milliseconds. */
  readonly withinMs: number;
  /** What may be the cause and what to do, where it takes longer. */
  readonly advice: string;
  /** Ends the step when somebody wants to stop. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does one step of a start. It ends at the latest when its time is over or at the signal, whatever the work does then;
 * work that has something to clean up takes the signal as well.
 * @throws StartError where the time is over, and the signal's own reason
 */
export async function startStep<Result>(
  { name, withinMs, advice, signal }: StartStep,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  let end = () => {};
  const ended = new Promise<never>((_, reject) => {
    const seconds = withinMs / 1_000;
    const tooLate = () => reject(new StartError(`${name} did not finish within ${seconds} s: ${advice}`));
    const interrupted = () => reject(signal?.reason);
    const timer = setTimeout(tooLate, withinMs);
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
