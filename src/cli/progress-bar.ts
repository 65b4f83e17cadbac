/** Returns a progress line, for example "[####....] 50 of 100 rows". */
export function progressBar(done: number, total: number, unit: string): string {
  const width = 40;
  const filled = total === 0 ? width : Math.min(width, Math.round((done / total) * width));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done} of ${total} ${unit}`;
}
