import type { Clients } from '../client.js';
import type { LogicalRequest } from '../record.js';
import { partOf } from '../workload.js';
import type { ScenarioContext } from './scenario-context.js';

const CLIENTS = 50;

interface Workload {
  readonly clients: Clients;
  readonly requests: readonly LogicalRequest[];
  readonly faults: number;
}

/**
 * Splits a workload into two parts for each fault. One is resolved before the fault. The fault itself has the other one
 * sent, so that it strikes while requests are in flight, however fast they are answered.
 * @param act injects a fault, and resolves when the next one may follow. `send` resolves when its part is resolved
 */
export async function aroundFaults(
  context: ScenarioContext,
  { clients, requests, faults }: Workload,
  act: (send: () => Promise<void>, number: number) => Promise<void>,
): Promise<void> {
  const running: Promise<void>[] = [];
  const part = (position: number) => clients.retryAllUntilResolved(partOf(requests, position, 2 * faults), CLIENTS);
  for (let number = 0; number < faults; number++) {
    await part(2 * number);
    const send = () => {
      const sent = part(2 * number + 1);
      running.push(sent);
      return sent;
    };
    await act(send, number);
    context.report(`fault ${number + 1} of ${faults}`);
  }
  await Promise.all(running);
}
