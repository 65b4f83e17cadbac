import { useSearchParams } from 'wouter';

/**
 * What the person has chosen of a list (filter, order, page) is in the address, so that going back finds it again.
 * @returns the parameters, and the function that changes some of them; null or empty: without it, a list: once for each
 */
export function useAddress() {
  const [params, setParams] = useSearchParams();
  return {
    params,
    set: (changes: Readonly<Record<string, string | null | readonly string[]>>) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(changes)) {
            next.delete(name);
            for (const each of [value ?? []].flat()) if (each !== '') next.append(name, each);
          }
          return next;
        },
        { replace: true },
      ),
  };
}

/** The page that the address names, from 1 to the last. */
export const pageIn = (params: URLSearchParams, pages: number): number =>
  Math.min(pages, Math.max(1, Math.trunc(Number(params.get('page'))) || 1));
