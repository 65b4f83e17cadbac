import { useEffect, useReducer, useState } from 'react';
import {
  type AnyVariables,
  type Client,
  type OperationResult,
  type OperationResultSource,
  stringifyDocument,
  type TypedDocumentNode,
  useClient,
} from 'urql';
import { filter, pipe, subscribe, take } from 'wonka';
import type { KeptAnswer } from '../kept/kept-answers';
import { allNodes, type Connection } from './all-pages';
import { type Failure, failureFrom } from './failure';
import { type AnswerState, useAskAgain } from './use-answer';
import { useKeptAnswer } from './use-kept-answer';
import { useRereads } from './use-rereads';
import { useServerClock } from './use-server-clock';

/** All pages of a list. */
export interface AllPages<Data, Node> {
  /** The answer with the first page: what is around the list. */
  readonly data: Data;
  readonly nodes: readonly Node[];
  /** Whether the list ends here; false: it has more than was asked for. */
  readonly isWhole: boolean;
}

/** Asks the server. @throws Failed */
export type Ask = <Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

/** Reads what is missing in a node. @throws Failed */
export type Complete<Node> = (node: Node, ask: Ask) => Promise<Node>;

/**
 * Asks for all pages of a list, so that the page can sort and search the whole. It keeps the last good answer, also for
 * the next visit, and asks again when `useRereads().ask()` says so, not after mutations.
 * @param connectionOf where the list is in an answer; null: there is none
 * @param keptAs what the kept answer stands for, where the variables change by themselves, as today's date does
 * @param complete reads the rest of a list within a node
 */
export function useAllPages<Data, Variables extends AnyVariables, Node>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Node> | null | undefined,
  { keptAs = variables, complete }: { readonly keptAs?: object; readonly complete?: Complete<Node> } = {},
): AnswerState<AllPages<Data, Node>> {
  type Last = { asked: string; attempt: number; failure: Failure | null };
  const client = useClient();
  const clock = useServerClock();
  const rereads = useRereads();
  const asked = `all pages ${JSON.stringify(keptAs)}\n${stringifyDocument(query)}`;
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  const [last, setLast] = useState<Last | null>(null);
  const [fresh, setFresh] = useState<(KeptAnswer & { asked: string }) | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the texts stand for the variables, `attempt` for another try
  useEffect(() => {
    const isOver = new AbortController();
    async function ask() {
      const result = await askAll(asking(client, isOver.signal), query, variables, connectionOf, complete);
      if (isOver.signal.aborted) return;
      if ('all' in result) setFresh({ asked, data: result.all, asOf: clock.now() });
      setLast({ asked, attempt, failure: 'failure' in result ? result.failure : null });
    }
    ask().catch((error) => isOver.signal.aborted || reportError(error));
    return () => isOver.abort();
  }, [client, query, asked, JSON.stringify(variables), attempt]);

  const kept = useKeptAnswer(asked, fresh?.asked === asked ? fresh : null);
  const failure = last?.asked === asked ? last.failure : null;
  useEffect(() => rereads.subscribe(retry), [rereads]);
  useAskAgain(failure !== null, retry);
  return {
    data: (kept?.data as AllPages<Data, Node> | undefined) ?? null,
    asOf: kept?.asOf ?? null,
    isLoading: last?.asked !== asked || last.attempt !== attempt,
    failure,
    retry,
  };
}

/** Reads all pages of a list when it is called, from the server. */
export function useReadAll<Data, Variables extends AnyVariables, Node>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Node> | null | undefined,
): () => ReturnType<typeof askAll<Data, Variables, Node>> {
  const client = useClient();
  return () => askAll(asking(client, new AbortController().signal), query, variables, connectionOf);
}

/** A question that has no answer. */
class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message ?? failure.code);
  }
}

/** @param isOver nobody waits for the answer any more: then nothing else is asked */
const asking =
  (client: Client, isOver: AbortSignal): Ask =>
  async (query, variables) => {
    isOver.throwIfAborted();
    const { data, error } = await answerOf(client.query(query, variables, { requestPolicy: 'network-only' }), isOver);
    if (error || !data) throw new Failed(failureFrom(error));
    return data;
  };

/**
 * urql does not send a query that is on its way already: the next try would get the answer to this one, which may be
 * older than what the next try is made for. So this one ends with its try.
 */
const answerOf = <Result extends OperationResult>(source: OperationResultSource<Result>, isOver: AbortSignal) =>
  new Promise<Result>((resolve, reject) => {
    const { unsubscribe } = pipe(
      source,
      filter(({ stale }) => !stale),
      take(1),
      subscribe(resolve),
    );
    isOver.addEventListener('abort', () => {
      unsubscribe();
      reject(isOver.reason);
    });
  });

async function askAll<Data, Variables extends AnyVariables, Node>(
  ask: Ask,
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Node> | null | undefined,
  complete?: Complete<Node>,
): Promise<{ all: AllPages<Data, Node> } | { failure: Failure }> {
  const pageAfter = (after: string | null) => ask(query, { ...variables, after } as unknown as Variables);
  try {
    const data = await pageAfter(null);
    const { nodes, isWhole } = await allNodes(connectionOf(data), async (after) =>
      connectionOf(await pageAfter(after)),
    );
    return { all: { data, nodes: complete ? await completed(nodes, complete, ask) : nodes, isWhole } };
  } catch (error) {
    if (error instanceof Failed) return { failure: error.failure };
    throw error;
  }
}

/** One after another: the server accepts few requests of an account at once. */
async function completed<Node>(nodes: readonly Node[], complete: Complete<Node>, ask: Ask): Promise<Node[]> {
  const whole: Node[] = [];
  for (const node of nodes) whole.push(await complete(node, ask));
  return whole;
}
