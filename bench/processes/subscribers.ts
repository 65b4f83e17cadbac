/**
 * Many subscribers in one process, with the protocol graphql-transport-ws. The parent sends a SubscriberJob, and receives
 * "connected" when all have sent their subscription. For each later message, it receives a SubscriberReport.
 */
import { once } from 'node:events';
import WebSocket from 'ws';
import { now, type SubscriberJob, type SubscriberReport } from '../live/subscriber-job.js';

const [job] = (await once(process, 'message')) as [SubscriberJob];
const received: number[][] = job.tokens.map(() => []);
const closed: string[] = [];
let retries = 0;
/** The close code with which an overloaded server asks a client to come back. */
const TRY_AGAIN_LATER = 1013;
/** graphql-ws waits about as long before its first attempt to reconnect. */
const RETRY_AFTER_MS = 1_000;
const RETRY_SPREAD_MS = 2_000;

const numbers = job.tokens.keys();
await Promise.all(
  Array.from({ length: job.atOnce }, async () => {
    for (const number of numbers) await subscribe(number);
  }),
);
process.on('message', () => process.send!({ received, retries, closed } satisfies SubscriberReport));
process.once('disconnect', () => process.exit());
process.send!('connected');

/** Resolves when the subscription is sent. */
function subscribe(number: number): Promise<void> {
  const socket = new WebSocket(`${job.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
    localAddress: job.sources[number % job.sources.length]!,
  });
  const send = (message: object) => socket.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    socket.once('open', () =>
      send({ type: 'connection_init', payload: { authorization: `Bearer ${job.tokens[number]}` } }),
    );
    socket.on('message', (data) => {
      const at = now();
      const message = String(data);
      if (message.includes('"type":"next"') && !message.includes('"errors":')) {
        received[number]!.push(at);
      } else if (message.includes('"type":"connection_ack"')) {
        send({ id: '1', type: 'subscribe', payload: { query: job.query, variables: job.variables[number] } });
        resolve();
      } else {
        throw new Error(`unexpected message: ${message.slice(0, 500)}`);
      }
    });
    socket.once('error', reject);
    socket.once('close', (code, reason) => {
      if (code === TRY_AGAIN_LATER) {
        retries += 1;
        setTimeout(() => void subscribe(number), RETRY_AFTER_MS + Math.random() * RETRY_SPREAD_MS);
        return;
      }
      closed.push(`${code} ${reason}`);
      reject(new Error(`the server closed the connection: ${code} ${reason}`));
    });
  });
}
