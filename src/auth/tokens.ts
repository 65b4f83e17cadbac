import { createHash, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { type Role, roles } from '../storage/models/account.js';

/** The lifetime of an access token, and so the longest time that a stolen one can be used. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;

/** How long an unused refresh token stays valid: 30 days, long enough for a holiday. */
export const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * How long a refresh by cookie may be repeated: longer than a reload and a few retries, and too short for a thief who
 * finds an old token. Milliseconds.
 */
export const REPEATABLE_FOR_MS = 60_000;

const ISSUER = 'auraledger';
const AUDIENCE = 'auraledger-api';
const ALGORITHM = 'HS256';

/** Maximum number of verified tokens in the cache. At about 500 bytes each, they take at most 5 MB. */
const MAX_VERIFIED = 10_000;

/** The sender of a request. */
export interface Identity {
  readonly accountId: string;
  readonly role: Role;
  readonly signInId: string;
}

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
}

export type MaybePromise<Value> = Value | Promise<Value>;

export interface Tokens {
  issueAccess(identity: Identity): Promise<AccessToken>;
  /**
   * Returns whom the token was issued to. Null if it is not ours, has expired, or belongs to an ended sign-in. A token
   * that was verified before needs no promise.
   */
  verifyAccess(token: string): MaybePromise<Identity | null>;
  /** The same with its expiry, also where its sign-in has ended: what to tell a client depends on which it is. */
  readAccess(token: string): MaybePromise<Verified | null>;
  /** Returns the refresh token that follows this one in cookie mode: always the same. docs/adr/0023 says why. */
  successorOf(signInId: string, refreshToken: string): RefreshToken;
}

export interface RefreshToken {
  readonly token: string;
  /** The hash of its secret. Only this is stored. */
  readonly tokenHash: string;
}

/**
 * Issues and verifies access tokens: JWTs, signed with HMAC-SHA-256. Derives refresh tokens.
 * @param ended the sign-ins whose access tokens are refused even before they expire
 */
export function createTokens(secret: string, clock: () => Date, ended: { has(signInId: string): boolean }): Tokens {
  const key = createSecretKey(secret, 'utf8');
  // The info string makes this key differ from the one that signs access tokens.
  const successorKey = new Uint8Array(hkdfSync('sha256', secret, '', 'auraledger refresh tokens', SECRET_BYTES));
  // A cache, because a verification costs 70 microseconds and a libuv thread, for each request.
  const verified = new Map<string, Verified>();

  async function verify(token: string): Promise<Verified | null> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        currentDate: clock(),
      });
      return toVerified(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  function remember(token: string, entry: Verified): void {
    if (verified.size >= MAX_VERIFIED) {
      // All tokens have the same lifetime, so the entry that was added first is about the first to expire.
      for (const oldest of verified.keys()) {
        verified.delete(oldest);
        break;
      }
    }
    verified.set(token, entry);
  }

  async function verifyOnce(token: string): Promise<Verified | null> {
    const entry = await verify(token);
    if (entry) remember(token, entry);
    return entry;
  }

  function read(token: string): MaybePromise<Verified | null> {
    const known = verified.get(token);
    if (!known) return verifyOnce(token);
    if (known.expiresAt > clock().getTime()) return known;
    verified.delete(token);
    return null;
  }

  const identityIn = (entry: Verified | null): Identity | null =>
    entry && !ended.has(entry.identity.signInId) ? entry.identity : null;

  return {
    async issueAccess({ accountId, role, signInId }) {
      const issuedAt = Math.floor(clock().getTime() / 1000);
      const expiresAt = issuedAt + ACCESS_TOKEN_SECONDS;
      const token = await new SignJWT({ role, sid: signInId })
        .setProtectedHeader({ alg: ALGORITHM })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(accountId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt: new Date(expiresAt * 1000) };
    },

    readAccess: read,

    verifyAccess(token) {
      const entry = read(token);
      return entry instanceof Promise ? entry.then(identityIn) : identityIn(entry);
    },

    successorOf(signInId, refreshToken) {
      const secret = createHmac('sha256', successorKey).update(refreshToken).digest('base64url');
      return refreshTokenOf(signInId, secret);
    },
  };
}

export interface Verified {
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Returns null if a claim that we always set is missing or has the wrong type. jose checks issuer and audience. */
function toVerified(claims: Record<string, unknown>): Verified | null {
  const { sub, role, sid, exp } = claims;
  if (typeof sub !== 'string' || !ACCOUNT_ID.test(sub)) return null;
  if (typeof sid !== 'string' || typeof exp !== 'number' || !isRole(role)) return null;
  return { identity: Object.freeze({ accountId: sub, role, signInId: sid }), expiresAt: exp * 1000 };
}

/** An ObjectId in hexadecimal, as the database driver writes it. */
const ACCOUNT_ID = /^[0-9a-f]{24}$/;

function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/** The length of a refresh token's secret. */
const SECRET_BYTES = 32;

/** Returns a new random refresh token for a sign-in. */
export function newRefreshToken(signInId: string): RefreshToken {
  return refreshTokenOf(signInId, randomBytes(SECRET_BYTES).toString('base64url'));
}

function refreshTokenOf(signInId: string, secret: string): RefreshToken {
  return { token: `${signInId}.${secret}`, tokenHash: sha256(secret) };
}

/** Returns the sign-in of a refresh token and the hash of its secret. Null if the token is malformed. */
export function parseRefreshToken(token: string): { signInId: string; tokenHash: string } | null {
  const [, signInId, secret] = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/.exec(token) ?? [];
  return signInId && secret ? { signInId, tokenHash: sha256(secret) } : null;
}

/** Unlike passwords, 32 random bytes cannot be guessed, so the hash needs no salt and may be fast. */
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
