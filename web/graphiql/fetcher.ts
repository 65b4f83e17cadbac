import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { currentAccount, setAccount } from './access-token';

/** fetch with the current token, unless the request has an Authorization header (from the Headers editor). */
const fetchWithToken: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  const account = currentAccount();
  if (account && !headers.has('authorization')) headers.set('authorization', `Bearer ${account.accessToken}`);
  return fetch(input, { ...init, headers });
};

/** Connects when a subscription starts, with the token of that moment, and closes with the last subscription. */
const subscriptions = createClient({
  url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
  connectionParams: () => {
    const account = currentAccount();
    return account ? { authorization: `Bearer ${account.accessToken}` } : {};
  },
});

const send = createGraphiQLFetcher({
  url: '/graphql',
  wsClient: subscriptions,
  fetch: fetchWithToken,
  enableIncrementalDelivery: false,
  // The schema is public: an expired token must not keep the documentation from loading.
  schemaFetcher: createGraphiQLFetcher({ url: '/graphql', enableIncrementalDelivery: false }),
});

/** Sends operations to /graphql with the current token. If an answer contains a session, the page uses its token. */
export const fetcher: Fetcher = async (parameters, options) => {
  const answer = await send(parameters, options);
  readSession(answer);
  return answer;
};

interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { extensions?: { code?: unknown } }[];
}

function readSession(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null) return;
  const { data, errors } = answer as Answer;
  for (const value of Object.values(data ?? {})) {
    const session = value as { accessToken?: unknown; user?: { displayName?: unknown } } | null;
    if (typeof session?.accessToken !== 'string') continue;
    const displayName = session.user?.displayName;
    setAccount({
      accessToken: session.accessToken,
      ...(typeof displayName === 'string' ? { displayName } : {}),
    });
    return;
  }
  const account = currentAccount();
  if (account && Array.isArray(errors) && errors.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) {
    setAccount({ ...account, rejected: true });
  }
}
