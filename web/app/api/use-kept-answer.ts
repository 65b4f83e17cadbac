import { createContext, useContext, useEffect, useState } from 'react';
import type { KeptAnswer } from '../kept/kept-answers';

/** What is kept of one account. */
export interface KeptOfAccount {
  load(asked: string): Promise<KeptAnswer | null>;
  save(asked: string, answer: KeptAnswer): void;
}

export const KeptContext = createContext<KeptOfAccount | null>(null);

/**
 * The answer of an earlier visit, until there is one of this visit. Stores that one.
 * @param asked the query and its variables: another version of the page may ask for other fields
 */
export function useKeptAnswer(asked: string, fresh: KeptAnswer | null): KeptAnswer | null {
  const kept = useContext(KeptContext);
  const [earlier, setEarlier] = useState<{ asked: string; answer: KeptAnswer | null } | null>(null);
  const hasFresh = fresh !== null;

  useEffect(() => {
    if (hasFresh || !kept) return;
    let isOver = false;
    kept.load(asked).then((answer) => {
      if (!isOver) setEarlier({ asked, answer });
    });
    return () => {
      isOver = true;
    };
  }, [kept, asked, hasFresh]);

  const data = fresh?.data;
  const asOf = fresh?.asOf;
  useEffect(() => {
    if (data && asOf !== undefined) kept?.save(asked, { data, asOf });
  }, [kept, asked, data, asOf]);

  return fresh ?? (earlier?.asked === asked ? earlier.answer : null);
}
