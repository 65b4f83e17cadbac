import { useEffect, useReducer, useState } from 'react';
import { type AnyVariables, type Client, type TypedDocumentNode, useClient } from 'urql';
import { type Failure, failureFrom } from './failure';
import { type AnswerState, useAskAgain } from './use-answer';
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

interface Kept<Data, Node> {
  readonly all: AllPages<Data, Node>;
  readonly asOf: number;
}

/** The last good answers, by query and variables. A page that is opened again shows them while it asks. */
const keptAnswers = new WeakMap<Client, Map<unknown, Map<string, Kept<unknown, unknown>>>>();

/**
 * Asks for all pages of a list, so that the page can sort and search the whole. Keeps the last good answer like
 * `useAnswer`.
 * @param connectionOf where the list is in an answer; null: there is none
 */
export function useAllPages<Data, Variables extends AnyVariables, Node>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  connectionOf: (data: Data) => Connection<Node> | null | undefined,
): AnswerState<AllPages<Data, Node>> {
  const client = useClient();
  const clock = useServerClock();
  const asked = JSON.stringify(variables);
  const answers = keptOf<Data, Node>(client, query);
  const [attempt, retry] = useReducer((count: number) => count + 1, 0);
  const [last, setLast] = useState<{ asked: string; attempt: number; failure: Failure | null } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` stands for the variables, `attempt` for another try
  useEffect(() => {
    let isOver = false;
    askAll(client, query, variables, connectionOf, () => isOver).then((result) => {
      if (isOver) return;
      if ('all' in result) answers.set(asked, { all: result.all, asOf: clock.now() });
      setLast({ asked, attempt, failure: 'failure' in result ? result.failure : null });
    });
    return () => {
      isOver = true;
    };
  }, [client, query, asked, attempt]);

  const failure = last?.asked === asked ? last.failure : null;
  useAskAgain(failure !== null, retry);

  const kept = answers.get(asked);
  const isLoading = last?.asked !== asked || last.attempt !== attempt;
  return { data: kept?.all ?? null, asOf: kept?.asOf ?? null, isLoading, failure, retry };
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

function keptOf<Data, Node>(client: Client, query: unknown): Map<string, Kept<Data, Node>> {
  const ofClient = keptAnswers.get(client) ?? new Map<unknown, Map<string, Kept<unknown, unknown>>>();
  keptAnswers.set(client, ofClient);
  const ofQuery = ofClient.get(query) ?? new Map<string, Kept<unknown, unknown>>();
  ofClient.set(query, ofQuery);
  return ofQuery as Map<string, Kept<Data, Node>>;
}
