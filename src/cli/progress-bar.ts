/** A bar and its numbers in one line, for a report's progress. */
export function progressBar(done: number, all: number, what: string): string {
  const width = 40;
  const filled = all === 0 ? width : Math.min(width, Math.round((done / all) * width));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done} of ${all} ${what}`;
}
