/** Part of http/: admits GraphQL requests while there is room for them. May import Fastify, auth/ and graphql/. */
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { networkOf } from '../auth/network.js';
import { unavailableMessage } from '../graphql/errors.js';
import { BodyTooLarge, bodyOfAtMost } from './body-limit.js';
import { type Check, refuseInvalidToken, refuseTemporarily } from './refusals.js';
import { onRequestEnd } from './request-end.js';
import { OVERLOADED, type Quotas, Reservation } from './reservation.js';
import { Shares } from './shares.js';
import { Turns } from './turns.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until a GraphQL request is admitted. */
    reservation: Reservation | null;
  }
}

const MIB = 1_048_576;

/** The longest text has 20,000 characters of at most 4 bytes, or 12 when JSON escapes them. */
export const MAX_BODY_BYTES = MIB;
/** A client that has not signed in sends only credentials and small queries. */
export const MAX_ANONYMOUS_BODY_BYTES = 16_384;

/** Few enough to take about a millisecond. */
const MAX_BEGUN_PER_TURN = 16;

function createQuotas(maxRunningPerAccount: number): { readonly accounts: Quotas; readonly anonymous: Quotas } {
  return {
    accounts: {
      // A few full group commits, answered within a second.
      running: new Shares(1_000, maxRunningPerAccount),
      requests: new Shares(64 * MIB),
      answers: new Shares(128 * MIB),
      maxBodyBytes: MAX_BODY_BYTES,
    },
    anonymous: {
      // 300 from one address: a school signs in, and waits for its passwords to be hashed.
      running: new Shares(600),
      requests: new Shares(32 * MIB),
      answers: new Shares(32 * MIB),
      maxBodyBytes: MAX_ANONYMOUS_BODY_BYTES,
    },
  };
}

/** What all requests use together, in the units of Quotas. An idle server uses 0 of each. */
export interface ResourceUsage {
  readonly running: number;
  readonly requests: number;
  readonly answers: number;
  /** Operations that wait for room. */
  readonly waiting: number;
}

type Execute = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

export interface Admission {
  /** Admits or refuses a request when its head arrives. The viewer must be known. */
  readonly admitRequest: Check;
  readonly limitBody: NonNullable<RouteShorthandOptions['preParsing']>;
  /** Executes a request whose body is complete, until the deadline. */
  readonly limitExecution: (execute: Execute) => Execute;
  readonly reserveAnswer: NonNullable<RouteShorthandOptions['onSend']>;
  usage(): ResourceUsage;
}

/**
 * Admits requests while there is room for them.
 *
 * A refused client must open a new connection. Node accepts one new connection in each turn of its event loop, and a
 * turn takes longer the more connections have something to read. Thousands of clients that retry on open connections
 * would keep all others out for half a minute. Connections that wait to be accepted cost nothing.
 *
 * @param maxRunningPerAccount how many requests of one account may run at once
 */
export function createAdmission(maxRunningPerAccount: number): Admission {
  const { accounts, anonymous } = createQuotas(maxRunningPerAccount);
  const turns = new Turns(MAX_BEGUN_PER_TURN);

  function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    reply.header('connection', 'close');
    return refuseTemporarily(request, reply, unavailableMessage(OVERLOADED));
  }

  return {
    admitRequest(request, reply) {
      const { viewer, raw } = request;
      if (request.isOver) return refuse(request, reply);
      const quotas = viewer ? accounts : anonymous;
      const bytes = maxBodyBytesOf(request, quotas);
      if (bytes > quotas.maxBodyBytes) return refuseBody(request, reply, bytes);
      const reservation = new Reservation(quotas, viewer?.accountId.toHexString() ?? networkOf(request.ip), raw.socket);
      if (!reservation.arrive(bytes)) return refuse(request, reply);
      onRequestEnd(request, reply, () => {
        if (reply.raw.writableFinished) reservation.answerSent();
        else reservation.clientDisconnected();
      });
      request.reservation = reservation;
      return undefined;
    },

    limitBody(request, _reply, payload, done) {
      // admitRequest() has checked a declared length, and Node enforces it.
      if (request.viewer || request.headers['content-length'] !== undefined) done(null, payload);
      else done(null, bodyOfAtMost(MAX_ANONYMOUS_BODY_BYTES, payload));
    },

    limitExecution: (execute) => async (request, reply) => {
      const { reservation } = request;
      await turns.enter();
      if (!reservation?.begin()) return refuse(request, reply);
      const execution = execute(request, reply).finally(() => reservation.end());
      const { signal } = reservation;
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      const answer = await Promise.race([execution, stopped]);
      return signal.aborted ? refuseTemporarily(request, reply, signal.reason.message) : answer;
    },

    reserveAnswer(request, _reply, payload, done) {
      if (typeof payload === 'string' && request.reservation?.sends(payload.length)) request.body = undefined;
      done(null, payload);
    },

    usage() {
      const sum = (which: 'running' | 'requests' | 'answers') => accounts[which].inUse + anonymous[which].inUse;
      const waiting = accounts.answers.waiting + anonymous.answers.waiting;
      return { running: sum('running'), requests: sum('requests'), answers: sum('answers'), waiting };
    },
  };
}

/** @returns the declared length of the body, or the most that it may have if none is declared */
function maxBodyBytesOf({ headers }: FastifyRequest, { maxBodyBytes }: Quotas): number {
  const length = headers['content-length'];
  return length === undefined ? maxBodyBytes : Number(length);
}

/** @throws BodyTooLarge */
function refuseBody(request: FastifyRequest, reply: FastifyReply, bytes: number): FastifyReply {
  reply.header('connection', 'close');
  const { viewer, headers } = request;
  if (!viewer && headers.authorization && bytes <= MAX_BODY_BYTES) return refuseInvalidToken(request, reply);
  throw new BodyTooLarge(viewer ? 'account' : 'anonymous');
}
