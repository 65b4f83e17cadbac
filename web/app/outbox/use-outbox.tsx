import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { createContext, useContext, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useAccount } from '../session/use-session';
import type { Entry, Refused } from './entry';
import { isWaiting, type Outbox } from './outbox';

export const OutboxContext = createContext<Outbox | null>(null);

export function useOutbox(): Outbox {
  const outbox = useContext(OutboxContext);
  if (!outbox) throw new Error('There is no outbox around this component.');
  return outbox;
}

/** The entries of the signed-in account; null until they have been read. */
export function useEntries(): readonly Entry[] | null {
  const { subscribe, snapshot } = useOutbox();
  const { id } = useAccount();
  const all = useSyncExternalStore(subscribe, snapshot);
  return useMemo(() => all?.filter(({ accountId }) => accountId === id) ?? null, [all, id]);
}

type Refusal = { readonly __typename: 'Refusal' };

/** A mutation that answers under the alias `result`, and selects __typename, and code and message of a Refusal. */
export type GrantDocument<Result, Variables> = TypedDocumentNode<{ readonly result: Result }, Variables>;

export interface Grant<Payload, Variables> {
  /** Whether the button is disabled: the outbox holds this request, or has not been read yet. */
  readonly isHeld: boolean;
  /** What the outbox knows of this subject; null: nothing. */
  readonly entry: Entry | null;
  /** What the server has answered: the only thing that points are shown from. A replay (`replayed`) is a success. */
  readonly payload: Payload | null;
  readonly refusal: Refused | null;
  /** The browser could not store the click, so nothing was sent. */
  readonly isStorageBroken: boolean;
  /** Stores the request; the sender sends it. A second call while it waits changes nothing. */
  send(request: {
    /** In words for people, for instance: Hand in "Essay". */
    readonly label: string;
    readonly variables: (requestKey: string) => Variables;
    /** The draft that is sent; it is deleted when the server has accepted it. */
    readonly draft?: string;
    /** What the page wants to know later: see Entry. */
    readonly memo?: unknown;
  }): Promise<void>;
  /** Sends a refused request again, under its key. */
  retry(): Promise<void>;
  drop(): Promise<void>;
  /** The person has seen the outcome. */
  dismiss(): Promise<void>;
}

/**
 * A click that pays: stored, then sent until it has an outcome, by whichever tab, also after a reload.
 * @param subject what it is about, for instance `assignment:${id}`: also the name of its draft
 */
export function useGrant<Result extends { readonly __typename: string }, Variables>(
  document: GrantDocument<Result, Variables>,
  subject: string,
): Grant<Exclude<Result, Refusal>, Variables> {
  const outbox = useOutbox();
  const { id: accountId } = useAccount();
  const entries = useEntries();
  const isAdding = useRef(false);
  const [isStorageBroken, setIsStorageBroken] = useState(false);
  const entry = entries?.findLast((one) => one.subject === subject) ?? null;
  const id = entry?.id ?? '';
  const outcome = entry?.outcome;

  return {
    isHeld: entries === null || (entry !== null && isWaiting(entry)),
    entry,
    payload: outcome?.kind === 'accepted' ? (outcome.result as Exclude<Result, Refusal>) : null,
    refusal: outcome?.kind === 'refused' ? outcome.refusal : null,
    isStorageBroken,
    async send({ label, variables, draft = null, memo }) {
      if (isAdding.current) return;
      isAdding.current = true;
      const query = stringifyDocument(document);
      try {
        await outbox.add({
          accountId,
          query,
          variables,
          subject,
          label,
          href: window.location.pathname,
          draft,
          memo,
        });
        setIsStorageBroken(false);
      } catch {
        setIsStorageBroken(true);
      } finally {
        isAdding.current = false;
      }
    },
    retry: () => outbox.retry(id),
    drop: () => outbox.drop(id),
    dismiss: () => outbox.dismiss(id),
  };
}
