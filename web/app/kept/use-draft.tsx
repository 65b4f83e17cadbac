import { createContext, useContext, useEffect, useRef, useState } from 'react';
import type { Drafts } from './drafts';

export const DraftsContext = createContext<Drafts | null>(null);

export interface Draft {
  /** null until it has been read. Show the editor only after that, so that nothing is typed over it. */
  readonly text: string | null;
  /** The browser could not store the last change: say so, because a reload would lose it. */
  readonly isStorageBroken: boolean;
  setText(text: string): void;
}

/**
 * A text that survives a reload and a crash. Another tab that shows the same draft follows, unless something was typed
 * there while the draft was being read.
 * @param subject what it is for, for instance `assignment:${id}`: the same as that of its request
 */
export function useDraft(accountId: string, subject: string): Draft {
  const drafts = useContext(DraftsContext);
  if (!drafts) throw new Error('There are no drafts around this component.');
  const [text, setText] = useState<string | null>(null);
  const [isStorageBroken, setIsStorageBroken] = useState(false);
  /** Counts the changes here: what was read before a change is old. */
  const changes = useRef(0);

  useEffect(() => {
    setText(null);
    let isOver = false;
    function load() {
      const before = changes.current;
      drafts!
        .load(accountId, subject)
        .catch(() => '')
        .then((stored) => {
          if (!isOver && changes.current === before) setText(stored);
        });
    }
    load();
    const unsubscribe = drafts.subscribe((account, of) => {
      if (account === accountId && of === subject) load();
    });
    return () => {
      isOver = true;
      unsubscribe();
    };
  }, [drafts, accountId, subject]);

  return {
    text,
    isStorageBroken,
    setText(changed) {
      changes.current += 1;
      setText(changed);
      drafts.save(accountId, subject, changed).then(
        () => setIsStorageBroken(false),
        () => setIsStorageBroken(true),
      );
    },
  };
}
