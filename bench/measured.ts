/** What one measurement of one side found. Latencies in milliseconds, from sending to the whole answer. */
export interface Measured {
  readonly grants: number;
  readonly seconds: number;
  readonly median: number;
  readonly p99: number;
}

/**
 * Keeps `clients` loops busy for some seconds, each starting its next grant when the one before is answered.
 * @param grant pays one; the argument counts from 0 across all loops
 */
export async function measure(
  clients: number,
  seconds: number,
  grant: (count: number) => Promise<void>,
): Promise<Measured> {
  const latencies: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1000;
  let count = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        const sent = performance.now();
        await grant(count++);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  latencies.sort((one, other) => one - other);
  return {
    grants: latencies.length,
    seconds: (performance.now() - start) / 1000,
    median: latencies[Math.floor(latencies.length / 2)] ?? Number.NaN,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
  };
}
