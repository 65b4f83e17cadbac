/** What stands in for the parts of the browser that exist over https and on localhost only. */
import type { SenderOptions } from './sender';

/**
 * Each tab sends by itself. Two tabs may then send one request twice, under the same key: the server pays it once, and
 * answers both.
 */
export const withoutLocks: SenderOptions['locks'] = { request: (_name, _options, work) => work() };

/** 128 random bits. crypto.randomUUID would need https. */
export const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
