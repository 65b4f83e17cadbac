import { type ResponseProxy, startResponseProxy } from '../response-proxy.js';
import type { ScenarioContext } from './scenario-context.js';

export interface DroppingProxies {
  /** One in front of each server, in their order. */
  readonly proxies: readonly ResponseProxy[];
  /** From now on drops this share of the responses that contain a text. */
  drop(share: number, text: string): void;
  dropNoMore(): void;
  dropped(): number;
}

/** Starts a proxy in front of each server, which the scenario closes at its end. They drop nothing at first. */
export async function startDroppingProxies(
  context: ScenarioContext,
  servers: readonly { readonly url: string }[],
): Promise<DroppingProxies> {
  const proxies = await Promise.all(servers.map(({ url }) => startResponseProxy(url)));
  for (const proxy of proxies) context.onClose(() => proxy.close());
  return {
    proxies,
    drop(share, text) {
      for (const proxy of proxies) {
        proxy.dropResponses(({ responseBody }) => responseBody.includes(text) && context.random() < share);
      }
    },
    dropNoMore() {
      for (const proxy of proxies) proxy.dropResponses(0);
    },
    dropped: () => proxies.reduce((sum, proxy) => sum + proxy.dropped(), 0),
  };
}
