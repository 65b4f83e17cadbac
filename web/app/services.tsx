import { type ReactNode, useMemo } from 'react';
import { Provider } from 'urql';
import { createAuthorizedPost } from './api/authorized-post';
import { createClient } from './api/client';
import { createConnection } from './api/connection';
import { createPost } from './api/post';
import { createServerClock } from './api/server-clock';
import { ConnectionContext } from './api/use-connection';
import { ServerClockContext } from './api/use-server-clock';
import { accountMemory, createTabs } from './session/browser-tabs';
import { createSession } from './session/session';
import { createGate } from './session/session-server';
import { SessionContext, useAccountOrNobody } from './session/use-session';

/** Assembles the parts that outlive a page. Each is reached by the hook of its folder. */
export function createServices() {
  const clock = createServerClock();
  const connection = createConnection();
  const post = createPost({ clock, connection });
  const gate = createGate(post);
  const session = createSession({ server: gate, tabs: createTabs(), memory: accountMemory, clock });
  const authorizedPost = createAuthorizedPost(post, session);
  // Tells early whether the sign-in still holds. Without a network, the first request of a page tries again.
  session.accessToken().catch(() => {});
  return { clock, connection, gate, session, authorizedPost };
}

export type Services = ReturnType<typeof createServices>;

export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return (
    <ServerClockContext value={services.clock}>
      <ConnectionContext value={services.connection}>
        <SessionContext value={services}>
          <AnswersOfAccount post={services.authorizedPost}>{children}</AnswersOfAccount>
        </SessionContext>
      </ConnectionContext>
    </ServerClockContext>
  );
}

/** Each account has its own cache: nothing of one is shown to the next. */
function AnswersOfAccount({ post, children }: { post: Services['authorizedPost']; children: ReactNode }) {
  const accountId = useAccountOrNobody()?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another account needs another client
  const client = useMemo(() => createClient(post), [post, accountId]);
  return (
    <Provider key={accountId} value={client}>
      {children}
    </Provider>
  );
}
