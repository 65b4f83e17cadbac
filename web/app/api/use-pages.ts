import { useState } from 'react';
import { useAddress } from './use-address';

export interface Pages {
  /** The cursor after which the page begins; null: the first page. */
  readonly after: string | null;
  /** What `Pager` in ui/ shows. @param pageInfo that of the answer that is shown; null: there is none */
  pagerOf(pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null } | null): {
    readonly page: number;
    readonly hasNext: boolean;
    onPage(page: number): void;
  };
}

/** Pages of a connection, one at a time. */
export function usePages(): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return pagesOf(cursors, setCursors);
}

/** The same, in the address: going back to the list finds the page again. @param name of the parameter */
export function usePagesInAddress(name: string): Pages {
  const { params, set } = useAddress();
  return pagesOf(params.getAll(name), (cursors) => set({ [name]: cursors }));
}

function pagesOf(cursors: readonly string[], setCursors: (cursors: readonly string[]) => void): Pages {
  const after = cursors.at(-1) ?? null;
  const page = cursors.length + 1;
  return {
    after,
    pagerOf: (pageInfo) => ({
      page,
      hasNext: pageInfo?.hasNextPage ?? false,
      onPage(to) {
        if (to < page) return setCursors(cursors.slice(0, -1));
        const next = pageInfo?.endCursor ?? null;
        // While the next page is on its way, the former one is shown, and leads to where we are.
        if (next !== null && next !== after) setCursors([...cursors, next]);
      },
    }),
  };
}
