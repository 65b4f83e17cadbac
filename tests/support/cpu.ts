/**
 * The least CPU time of some tries, in microseconds, of all that this process does: both ends of a request to a server
 * that runs in it. For comparing, never for asserting a time.
 */
export async function leastCpuOf(act: () => Promise<unknown>): Promise<number> {
  const costs: number[] = [];
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(before);
    costs.push(user + system);
  }
  return Math.min(...costs);
}
