import { isIP } from 'node:net';
import path from 'node:path';

/** pino's levels, least talkative first. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  /** 0 lets the system choose a free one. */
  readonly port: number;
  readonly host: string;
  /** null: the embedded database. */
  readonly mongodbUri: string | null;
  /** The mongod for the embedded database, an absolute path; null: it is searched for. */
  readonly mongodBinary: string | null;
  /** An absolute path. */
  readonly dataDir: string;
  /** null only with the embedded database: the secret is then made once and kept in dataDir. */
  readonly jwtSecret: string | null;
  readonly corsOrigins: readonly string[];
  /** As Fastify's trustProxy takes it; several addresses are one string with commas. */
  readonly trustProxy: boolean | number | string;
  readonly logLevel: LogLevel;
  /** What /metrics asks for as a bearer token; null: /metrics does not exist. */
  readonly metricsToken: string | null;
  /** Seconds from the signal to stop to the end of serving. */
  readonly shutdownDelay: number;
}

/** The message has one line for each bad variable: its name, what was wrong, what is accepted. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}

/** HS256 wants a key no shorter than its 256-bit hash; 32 characters of anything printable come to that in bytes. */
const JWT_SECRET_MIN_CHARACTERS = 32;
/** A token that is sent every few seconds for years, and that nobody types. */
const METRICS_TOKEN_MIN_CHARACTERS = 16;
/** A chain of more proxies than this is a mistake, and every hop is one more address that a client could forge. */
const MAX_PROXY_HOPS = 16;
/** Nobody waits longer for a process to end; a balancer asks every few seconds. */
const MAX_SHUTDOWN_DELAY_SECONDS = 300;
/** How much of a bad value an error line repeats, in characters. */
const ECHO_CHARACTERS = 60;

const NAMED_PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** What is wrong with a value; the caller adds the variable's name and what is accepted. */
class BadValue extends Error {}

interface Variable<T> {
  /** What is accepted, as an error line tells it. */
  readonly accepts: string;
  readonly parse: (value: string) => T;
  readonly fallback: T;
}

const PORT: Variable<number> = {
  accepts: 'a whole number from 0 to 65535, 0 for any free port (default 4000)',
  fallback: 4000,
  parse: (value) => {
    const port = wholeNumber(value);
    if (port === null || port > 65_535) throw new BadValue(`${quote(value)} is not a port`);
    return port;
  },
};

const HOST: Variable<string> = {
  accepts: 'an IP address or a host name, without scheme or port (default 127.0.0.1)',
  fallback: '127.0.0.1',
  parse: (value) => {
    if (!isIP(value) && !isHostName(value)) throw new BadValue(`${quote(value)} is not an address to listen on`);
    return value;
  },
};

const MONGODB_URI: Variable<string | null> = {
  accepts: 'mongodb://... or mongodb+srv://... of a replica set; unset: the embedded database',
  fallback: null,
  parse: (value) => {
    const rest = /^mongodb(?:\+srv)?:\/\/(.+)$/.exec(value)?.[1];
    if (rest === undefined) throw new BadValue('does not begin with mongodb:// or mongodb+srv:// and a host');
    const authority = /^[^/?]*/.exec(rest)?.[0] ?? '';
    if (authority.split('@').length > 2) {
      throw new BadValue('has more than one @ (percent-encode the special characters of user and password)');
    }
    const hosts = authority.slice(authority.indexOf('@') + 1).split(',');
    if (!hosts.every(isMongoHost)) throw new BadValue('has no valid host[:port] list');
    return value;
  },
};

const MONGOD_BINARY: Variable<string | null> = {
  accepts: 'the path of a mongod; unset: it is searched for',
  fallback: null,
  parse: (value) => path.resolve(value),
};

const DATA_DIR: Variable<string> = {
  accepts: 'the path of a directory (default .data)',
  fallback: path.resolve('.data'),
  parse: (value) => path.resolve(value),
};

const JWT_SECRET: Variable<string | null> = {
  accepts: `at least ${JWT_SECRET_MIN_CHARACTERS} characters that nobody can guess`,
  fallback: null,
  parse: (value) => {
    if ([...value.trim()].length < JWT_SECRET_MIN_CHARACTERS) {
      throw new BadValue(`has fewer than ${JWT_SECRET_MIN_CHARACTERS} characters`);
    }
    return value;
  },
};

const CORS_ORIGINS: Variable<readonly string[]> = {
  accepts: 'origins such as https://app.example, separated by commas (default none: only the own address)',
  fallback: Object.freeze([]),
  parse: (value) => {
    const items = list(value);
    const bad = items.filter((item) => !isOrigin(item));
    if (items.length === 0 || bad.length > 0) throw new BadValue(`${quote(bad.join(', ') || value)} is no origin`);
    return Object.freeze([...new Set(items.map((item) => new URL(item).origin))]);
  },
};

const TRUST_PROXY: Variable<boolean | number | string> = {
  accepts:
    `false, true (not with MONGODB_URI), the number of proxies in front (1 to ${MAX_PROXY_HOPS}), or their addresses, separated by commas: ` +
    `IP, IP/prefix, ${NAMED_PROXY_RANGES.join(', ')} (default false)`,
  fallback: false,
  parse: (value) => {
    if (value === 'true') return true;
    if (value === 'false') return false;
    const hops = wholeNumber(value);
    if (hops !== null) {
      if (hops < 1 || hops > MAX_PROXY_HOPS) throw new BadValue(`${quote(value)} is no sensible number of proxies`);
      return hops;
    }
    const items = list(value);
    const bad = items.filter((item) => !isProxyAddress(item));
    if (items.length === 0 || bad.length > 0) throw new BadValue(`${quote(bad.join(', ') || value)} is no address`);
    return items.join(',');
  },
};

/** How TRUST_PROXY=true is refused in production and warned of elsewhere. */
export const TRUSTS_EVERYBODY =
  'TRUST_PROXY: true lets every client choose its own address, and so pass every limit per address; ' +
  'write how many proxies stand in front (for one: 1), or their addresses';

const METRICS_TOKEN: Variable<string | null> = {
  accepts: `at least ${METRICS_TOKEN_MIN_CHARACTERS} of the characters A-Z a-z 0-9 - . _ ~ + / (unset: no /metrics)`,
  fallback: null,
  parse: (value) => {
    // The characters of a bearer token, RFC 6750. The value is a secret, so no message repeats it.
    if (!/^[\w\-.~+/]+=*$/.test(value)) throw new BadValue('has characters that a bearer token cannot have');
    if (value.length < METRICS_TOKEN_MIN_CHARACTERS) {
      throw new BadValue(`has fewer than ${METRICS_TOKEN_MIN_CHARACTERS} characters`);
    }
    return value;
  },
};

const LOG_LEVEL: Variable<LogLevel> = {
  accepts: `${LOG_LEVELS.join(', ')} (default info)`,
  fallback: 'info',
  parse: (value) => {
    const level = LOG_LEVELS.find((known) => known === value);
    if (level === undefined) throw new BadValue(`${quote(value)} is no level`);
    return level;
  },
};

const SHUTDOWN_DELAY: Variable<number> = {
  accepts: `a whole number of seconds from 0 to ${MAX_SHUTDOWN_DELAY_SECONDS} (default 0)`,
  fallback: 0,
  parse: (value) => {
    const seconds = wholeNumber(value);
    if (seconds === null || seconds > MAX_SHUTDOWN_DELAY_SECONDS) {
      throw new BadValue(`${quote(value)} is no delay in seconds`);
    }
    return seconds;
  },
};

/**
 * The configuration that the environment asks for, frozen; an empty variable is a bad value, not an absent one.
 * @throws ConfigError naming every bad variable at once; it never repeats JWT_SECRET or MONGODB_URI.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const lines: string[] = [];

  function read<T>(name: string, { accepts, parse, fallback }: Variable<T>): T {
    const value = env[name];
    if (value === undefined) return fallback;
    try {
      if (value.trim() === '') throw new BadValue('is set but empty');
      if (value.includes('\0')) throw new BadValue('contains a NUL character');
      return parse(value);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      lines.push(`${name}: ${error.message}; accepted: ${accepts}`);
      return fallback;
    }
  }

  const config: Config = {
    port: read('PORT', PORT),
    host: read('HOST', HOST),
    mongodbUri: read('MONGODB_URI', MONGODB_URI),
    mongodBinary: read('MONGOD_BINARY', MONGOD_BINARY),
    dataDir: read('DATA_DIR', DATA_DIR),
    jwtSecret: read('JWT_SECRET', JWT_SECRET),
    corsOrigins: read('CORS_ORIGINS', CORS_ORIGINS),
    trustProxy: read('TRUST_PROXY', TRUST_PROXY),
    logLevel: read('LOG_LEVEL', LOG_LEVEL),
    metricsToken: read('METRICS_TOKEN', METRICS_TOKEN),
    shutdownDelay: read('SHUTDOWN_DELAY', SHUTDOWN_DELAY),
  };
  if (env.MONGODB_URI !== undefined && env.JWT_SECRET === undefined) {
    lines.push(`JWT_SECRET: is not set, and MONGODB_URI is; accepted: ${JWT_SECRET.accepts}`);
  }
  if (env.MONGODB_URI !== undefined && config.trustProxy === true) lines.push(TRUSTS_EVERYBODY);
  if (lines.length > 0) throw new ConfigError(lines);
  return Object.freeze(config);
}

function quote(value: string): string {
  const characters = [...value];
  const shown = characters.length > ECHO_CHARACTERS ? `${characters.slice(0, ECHO_CHARACTERS).join('')}...` : value;
  return JSON.stringify(shown);
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function wholeNumber(value: string): number | null {
  return /^\d{1,9}$/.test(value) ? Number(value) : null;
}

function isHostName(value: string): boolean {
  const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
  // "999.1.1.1" would be looked up as a name: an address that is none is a mistake, not a name.
  return value.length <= 253 && !/^[\d.]+$/.test(value) && value.split('.').every((part) => label.test(part));
}

function isMongoHost(value: string): boolean {
  const [, address6, host, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(value) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false;
  if (address6 !== undefined) return isIP(address6) === 6;
  // Underscores are no host name, and yet what Docker Compose calls its containers.
  return host !== undefined && (isIP(host) === 4 || isHostName(host.replaceAll('_', 'x')));
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const bare = /^[^/]+\/\/[^/?#@*]+$/.test(value);
  return bare && (url.protocol === 'http:' || url.protocol === 'https:');
}

function isProxyAddress(value: string): boolean {
  if (NAMED_PROXY_RANGES.includes(value)) return true;
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = wholeNumber(prefix);
  return bits !== null && bits >= 1 && bits <= (version === 4 ? 32 : 128);
}
