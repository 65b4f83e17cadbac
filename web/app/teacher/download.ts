/** Saves a text as a file, the way that the browser saves downloads. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the file by the next task at the latest.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
