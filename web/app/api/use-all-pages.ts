import { useEffect, useReducer, useState } from 'react';
import { type AnyVariables, type Client, stringifyDocument, type TypedDocumentNode, useClient } from 'urql';
import type { KeptAnswer } from '../kept/kept-answers';
import { type Failure, failureFrom } from './failure';
import { type AnswerState, useAskAgain } from './use-answer';
import { useKeptAnswer } from './use-kept-answer';
import { useRereads } from './use-rereads';
import { useServerClock } from './use-server-clock';

interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** All pages of a list. */
export interface AllPages<Data, Node> {
  /** The answer with the first page: what is around the list. */
  readonly data: Data;
  readonly nodes: readonly Node[];
  /** Whether the list ends here; false: it has more than was asked for. */
  readonly isWhole: boolean;
}

/** The server sends up to 100 of a list at once. A list longer than this many pages is shown in part. */
const MOST_PAGES = 20;

/**
 * Asks for all pages of a list, so that the page can sort and search the whole. Keeps the last good answer like
 * `useAnswer`, which also says when it asks again.
 * @param connectionOf where the list is in an answer; null: there is none
 * @param keptAs what the kept answer stands for, where the variables change by themselves, as today's date does
 */
export function useAllPages<Data, Variables extends AnyVariables, Node>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Node> | null | undefined,
  { keptAs = variables }: { readonly keptAs?: object } = {},
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
    let isOver = false;
    async function ask() {
      const result = await askAll(client, query, variables, connectionOf, () => isOver);
      if (isOver) return;
      if ('all' in result) setFresh({ asked, data: result.all, asOf: clock.now() });
      setLast({ asked, attempt, failure: 'failure' in result ? result.failure : null });
    }
    ask().catch(reportError);
    return () => {
      isOver = true;
    };
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

async function askAll<Data, Variables extends AnyVariables, Node>(
  client: Client,
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Node> | null | undefined,
  isOver: () => boolean,
): Promise<{ all: AllPages<Data, Node> } | { failure: Failure }> {
  const nodes: Node[] = [];
  let first: Data | undefined;
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES && !isOver(); page += 1) {
    const { data, error } = await client
      .query(query, { ...variables, after } as unknown as Variables, { requestPolicy: 'network-only' })
      .toPromise();
    if (error || !data) return { failure: failureFrom(error) };
    first ??= data;
    const connection = connectionOf(data);
    nodes.push(...(connection?.edges ?? []).map(({ node }) => node));
    after = connection?.pageInfo.hasNextPage ? connection.pageInfo.endCursor : null;
    if (after === null) break;
  }
  return { all: { data: first!, nodes, isWhole: after === null } };
}
