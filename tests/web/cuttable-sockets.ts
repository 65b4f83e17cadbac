import type { Page } from 'playwright-core';

export interface CuttableSockets {
  /** Ends the page's live connections, and refuses further ones. */
  cut(): Promise<void>;
  mend(): void;
}

/** Call it before the page connects. */
export async function cuttableSockets(page: Page): Promise<CuttableSockets> {
  let isCut = false;
  const sockets: { close(): Promise<void> }[] = [];
  await page.routeWebSocket('**/graphql', async (socket) => {
    if (isCut) return socket.close({ code: 1006 });
    socket.connectToServer();
    sockets.push(socket);
  });
  return {
    async cut() {
      isCut = true;
      for (const socket of sockets) await socket.close();
    },
    mend() {
      isCut = false;
    },
  };
}
