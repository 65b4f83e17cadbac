import { isWaiting } from '../outbox/outbox';
import { useEntries, useOutbox } from '../outbox/use-outbox';
import { randomKey } from '../outbox/without-https';
import { useAccount } from '../session/use-session';
import type { FormProblems } from '../ui/form';
import { words } from '../words/en';
import type { Act, Memo, Part } from './correction';

export const newActId = randomKey;

/** Puts right by hand: what a teacher does goes through the outbox, which stores it before it is sent. */
export function useActs() {
  const outbox = useOutbox();
  const { id: accountId } = useAccount();
  const entries = useEntries();
  return {
    /** Whether a request about this waits, or the outbox has not been read yet. */
    isHeld: (subject: string): boolean =>
      entries === null || entries.some((entry) => entry.subject === subject && isWaiting(entry)),
    /**
     * @param draft the draft that it sends, which is deleted when the server has accepted it
     * @returns why the browser could not store it; null: it is stored, and will be sent
     */
    async store(act: Act, parts: readonly Part[], draft: string | null = null): Promise<FormProblems | null> {
      const requests = parts.map(({ students, ...part }) => ({
        ...part,
        accountId,
        label: act.label,
        href: window.location.pathname,
        draft,
        memo: { act, students } satisfies Memo,
      }));
      try {
        await outbox.addAll(requests);
        return null;
      } catch {
        return { message: words.outbox.storageBroken };
      }
    },
  };
}
