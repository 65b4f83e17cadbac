import { useEffect, useMemo, useRef } from 'react';
import { type AnyVariables, createRequest, stringifyDocument, type TypedDocumentNode, useQuery } from 'urql';
import { type Failure, failureFrom } from './failure';
import { useKeptAnswer } from './use-kept-answer';
import { useRereads } from './use-rereads';
import { useServerClock } from './use-server-clock';

/** What a page knows of a query. `Answered` in ui/ shows it. */
export interface AnswerState<Data> {
  /** The last good answer, also while another one is on its way or has failed. */
  readonly data: Data | null;
  /** When that answer came, by the server's clock, in milliseconds since 1970. */
  readonly asOf: number | null;
  readonly isLoading: boolean;
  readonly failure: Failure | null;
  /** Asks again. */
  retry(): void;
}

/** When each answer came. The cache of urql returns the same object again. */
const cameAt = new WeakMap<object, number>();

export interface AskOptions {
  /** Does not ask yet. */
  readonly pause?: boolean;
  /** Types that a mutation may add to an empty answer. What is in the answer is known without this. */
  readonly dependsOn?: readonly string[];
}

/**
 * Asks a query, and keeps its last good answer: urql drops it when a later try fails. It asks again after each mutation
 * that answers with a type of its answer. On this device it is kept for the next visit as well, until the sign-out.
 */
export function useAnswer<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { pause = false, dependsOn = [] }: AskOptions = {},
): AnswerState<Data> {
  const clock = useServerClock();
  const rereads = useRereads();
  const types = dependsOn.join();
  const context = useMemo(() => ({ additionalTypenames: types ? types.split(',') : [] }), [types]);
  const [result, execute] = useQuery<Data>({
    query: query as TypedDocumentNode<Data>,
    variables: variables as AnyVariables,
    requestPolicy: 'cache-and-network',
    context,
    pause,
  });
  // Until there is a result for new variables, urql goes on with that for the former ones.
  const isOfThese = result.operation?.key === createRequest(query, variables).key;
  const { data, error } = isOfThese ? result : { data: undefined, error: undefined };
  const asked = `${JSON.stringify(variables)}\n${stringifyDocument(query)}`;
  const last = useRef<{ asked: string; data: Data & object; asOf: number } | null>(null);
  if (last.current?.asked !== asked) last.current = null;
  if (data && !error) {
    if (!cameAt.has(data)) cameAt.set(data, clock.now());
    last.current = { asked, data, asOf: cameAt.get(data)! };
  }
  const kept = useKeptAnswer(asked, last.current);
  const failure = error ? failureFrom(error) : null;
  const retry = () => execute({ requestPolicy: 'network-only' });
  const latest = useRef(retry);
  latest.current = retry;
  useEffect(() => (pause ? undefined : rereads.subscribe(() => latest.current())), [rereads, pause]);
  useAskAgain(failure !== null, retry);
  return {
    data: (kept?.data as Data | undefined) ?? null,
    asOf: kept?.asOf ?? null,
    isLoading: result.fetching || result.stale,
    failure,
    retry,
  };
}

/** How often a failed query asks again: nothing says that the server is back. Milliseconds. */
const ASK_EVERY_MS = 15_000;

/** A failed query asks again when the person comes back to the page or the network does, and from time to time. */
export function useAskAgain(isFailed: boolean, retry: () => void): void {
  const latest = useRef(retry);
  latest.current = retry;
  useEffect(() => {
    if (!isFailed) return;
    const ask = () => {
      if (document.visibilityState === 'visible') latest.current();
    };
    window.addEventListener('online', ask);
    document.addEventListener('visibilitychange', ask);
    const timer = setInterval(ask, ASK_EVERY_MS);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', ask);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [isFailed]);
}
