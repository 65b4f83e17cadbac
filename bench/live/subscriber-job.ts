/** The instructions for a process of subscribers. Each token has a connection and one subscription of its own. */
export interface SubscriberJob {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly query: string;
  /** The variables of each subscriber. */
  readonly variables: readonly object[];
  /** How many connections are opened at the same time. */
  readonly atOnce: number;
  /** Local addresses that the connections come from, in turn, because the server limits those of one address. */
  readonly sources: readonly string[];
}

/** What the subscribers have received so far. */
export interface SubscriberReport {
  /** For each subscriber, when each event arrived, by the clock of `now`. */
  readonly received: readonly (readonly number[])[];
  /** How often the server asked a client to come back later. */
  readonly retries: number;
  /** For each connection that the server has closed for another reason, the code and the reason. */
  readonly closed: readonly string[];
}

/** @returns a time in milliseconds that processes on one machine can compare */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
