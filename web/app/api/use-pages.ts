import { useState } from 'react';

export interface Pages {
  /** The cursor after which the page begins; null: the first page. */
  readonly after: string | null;
  /** From 1 on. */
  readonly page: number;
  goOn(after: string): void;
  goBack(): void;
}

/** Pages of a connection, one at a time. */
export function usePages(): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return {
    after: cursors.at(-1) ?? null,
    page: cursors.length + 1,
    goOn: (after) => setCursors([...cursors, after]),
    goBack: () => setCursors(cursors.slice(0, -1)),
  };
}
