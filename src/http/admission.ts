/** Part of http/: what requests to GraphQL may hold at once, and for how long. May import Fastify, auth/ and graphql/. */
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { networkOf } from '../auth/network.js';
import { BodyTooLarge, bodyOfAtMost } from './body-limit.js';
import { FULL, Holding, type Kind, TOO_LATE } from './holding.js';
import { refuseForNow, refuseToken } from './refusals.js';
import { Shares } from './shares.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a request to GraphQL holds; null before it is let in. */
    holding: Holding | null;
  }
}

const MIB = 1_048_576;

/** Bytes of a body. The longest text has 20,000 characters of at most 4 bytes, escaped in JSON 12. */
export const LARGEST_BODY = MIB;
/** Whoever has not signed in yet sends credentials and small queries. Bytes. */
export const LARGEST_BODY_OF_STRANGERS = 16_384;

function createKinds(runningOfOne: number): { readonly accounts: Kind; readonly strangers: Kind } {
  return {
    accounts: {
      // Some full groups of grants, answered within a second.
      running: new Shares(1_000, runningOfOne),
      requests: new Shares(64 * MIB),
      answers: new Shares(128 * MIB),
      largestBody: LARGEST_BODY,
    },
    strangers: {
      // 300 of one address: a school signs in, and waits for its passwords to be hashed.
      running: new Shares(600),
      requests: new Shares(32 * MIB),
      answers: new Shares(32 * MIB),
      largestBody: LARGEST_BODY_OF_STRANGERS,
    },
  };
}

/** What all requests hold together, in the units of Kind. All of it is 0 when nobody asks for anything. */
export interface Held {
  readonly running: number;
  readonly requests: number;
  readonly answers: number;
  /** Operations that wait for room. */
  readonly waiting: number;
}

type Execute = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export interface Admission {
  /** Lets a request in as it arrives, where there is room. The viewer must be known. */
  readonly letIn: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>;
  readonly limitBody: NonNullable<RouteShorthandOptions['preParsing']>;
  /** Executes a request whose body is there, for as long as it may take. */
  readonly executing: (execute: Execute) => Execute;
  readonly weighAnswer: NonNullable<RouteShorthandOptions['onSend']>;
  held(): Held;
}

/**
 * Lets requests in while there is room for them.
 *
 * Whoever is refused is asked to connect anew: Node takes up one new connection in each turn of its event loop, and a
 * turn takes the longer the more connections have something to read. Thousands of them that ask again and again would
 * keep all others out for half a minute; those that wait to be taken up cost nothing.
 *
 * @param runningOfOne requests of one account that may be executed at once
 */
export function admission(runningOfOne: number): Admission {
  const { accounts, strangers } = createKinds(runningOfOne);
  const holdingsOf = new WeakMap<Socket, Set<Holding>>();

  /** What a request holds is given back when its socket closes: its reply's own 'close' does not always come. */
  function bind(holding: Holding, socket: Socket, reply: FastifyReply): void {
    const holdings = holdingsOf.get(socket) ?? new Set();
    if (!holdingsOf.has(socket)) {
      holdingsOf.set(socket, holdings);
      socket.once('close', () => {
        for (const each of holdings) each.clientIsGone();
      });
    }
    holdings.add(holding);
    reply.raw.once('finish', () => {
      holdings.delete(holding);
      holding.isAnswered();
    });
  }

  function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    reply.header('connection', 'close');
    return refuseForNow(request, reply, FULL);
  }

  return {
    async letIn(request, reply) {
      const { viewer, raw } = request;
      // Nothing is begun for whoever is gone, and nothing would tell that it has ended.
      if (raw.socket.destroyed) return refuse(request, reply);
      const kind = viewer ? accounts : strangers;
      const bytes = bytesOf(request, kind);
      if (bytes > kind.largestBody) return refuseBody(request, reply, bytes);
      const holding = new Holding(kind, viewer?.accountId.toHexString() ?? networkOf(request.ip), raw.socket);
      if (!holding.arrive(bytes)) return refuse(request, reply);
      bind(holding, raw.socket, reply);
      request.holding = holding;
      return undefined;
    },

    limitBody(request, _reply, payload, done) {
      // A length that was declared has been judged, and holds.
      if (request.viewer || request.headers['content-length'] !== undefined) done(null, payload);
      else done(null, bodyOfAtMost(LARGEST_BODY_OF_STRANGERS, payload));
    },

    executing: (execute) => async (request, reply) => {
      const { holding } = request;
      if (!holding?.begin()) return refuse(request, reply);
      const execution = execute(request, reply).finally(() => holding.end());
      const { signal } = holding;
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      const answer = await Promise.race([execution, stopped]);
      return signal.aborted ? refuseForNow(request, reply, TOO_LATE) : answer;
    },

    weighAnswer(request, _reply, payload, done) {
      if (typeof payload === 'string' && request.holding?.sends(payload.length)) request.body = undefined;
      done(null, payload);
    },

    held() {
      const sum = (which: 'running' | 'requests' | 'answers') => accounts[which].held + strangers[which].held;
      const waiting = accounts.answers.waiting + strangers.answers.waiting;
      return { running: sum('running'), requests: sum('requests'), answers: sum('answers'), waiting };
    },
  };
}

/** Of the body; of one that does not say how long it will be, as many as it may have. */
function bytesOf({ headers }: FastifyRequest, { largestBody }: Kind): number {
  const length = headers['content-length'];
  return length === undefined ? largestBody : Number(length);
}

/** @throws BodyTooLarge */
function refuseBody(request: FastifyRequest, reply: FastifyReply, bytes: number): FastifyReply {
  reply.header('connection', 'close');
  const { viewer, headers } = request;
  if (!viewer && headers.authorization && bytes <= LARGEST_BODY) return refuseToken(request, reply);
  throw new BodyTooLarge(viewer ? 'anybody' : 'strangers');
}
