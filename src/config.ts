import { isIP } from 'node:net';
import path from 'node:path';

/** pino's log levels, least verbose first. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  /** 0: the operating system chooses a free port. */
  readonly port: number;
  readonly host: string;
  /** null: the embedded database. */
  readonly mongodbUri: string | null;
  /** The mongod for the embedded database, an absolute path; null: the server looks for one. */
  readonly mongodBinary: string | null;
  /** An absolute path. */
  readonly dataDir: string;
  /** null only with the embedded database. The server then generates a secret once and stores it in dataDir. */
  readonly jwtSecret: string | null;
  readonly corsOrigins: readonly string[];
  /** The value for Fastify's trustProxy; several addresses are one comma-separated string. */
  readonly trustProxy: boolean | number | string;
  readonly logLevel: LogLevel;
  /** The bearer token that /metrics requires; null: it is for programs on this machine. */
  readonly metricsToken: string | null;
  /** How long the server keeps serving after a signal to stop. Seconds. */
  readonly shutdownDelay: number;
}

/** The message has one line for each invalid variable: its name, what is wrong, and what is accepted. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}

/** HS256 requires a key of at least 256 bits (RFC 7518, 3.2). 32 characters have at least 32 bytes. */
const JWT_SECRET_MIN_CHARACTERS = 32;
/** Long enough that nobody guesses it. */
const METRICS_TOKEN_MIN_CHARACTERS = 16;
/** A longer chain of proxies is a mistake, and each extra hop is one more address that a client could forge. */
const MAX_PROXY_HOPS = 16;
/** Load balancers check readiness every few seconds, so no deployment needs a longer delay. */
const MAX_SHUTDOWN_DELAY_SECONDS = 300;
/** How much of an invalid value an error line quotes. Characters. */
const ECHO_CHARACTERS = 60;

const NAMED_PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** The message says what is wrong with a value. The caller adds the variable's name and what is accepted. */
class BadValue extends Error {}

interface Variable<T> {
  /** What is accepted, as printed in an error line. */
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
    const login = /^([^?]*)@/.exec(rest)?.[1] ?? '';
    if (/[@/]/.test(login)) {
      throw new BadValue('has a user or a password with @ or / (percent-encode their special characters)');
    }
    const authority = /^[^/?]*/.exec(rest)![0];
    const hosts = authority.slice(authority.indexOf('@') + 1).split(',');
    if (!hosts.every(isMongoHost)) throw new BadValue('has no valid host[:port] list');
    return value;
  },
};

const MONGOD_BINARY: Variable<string | null> = {
  accepts: 'the path of a mongod; unset: the server looks for one',
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
  accepts: "origins such as https://app.example, separated by commas (default none: only the server's own pages)",
  fallback: Object.freeze([]),
  parse: (value) => {
    const items = list(value);
    const bad = items.filter((item) => !isOrigin(item));
    if (items.length === 0 || bad.length > 0) throw new BadValue(`${quote(bad.join(', ') || value)} is not an origin`);
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
      if (hops < 1 || hops > MAX_PROXY_HOPS) throw new BadValue(`${quote(value)} is not a sensible number of proxies`);
      return hops;
    }
    const items = list(value);
    const bad = items.filter((item) => !isProxyAddress(item));
    if (items.length === 0 || bad.length > 0) throw new BadValue(`${quote(bad.join(', ') || value)} is not an address`);
    return items.join(',');
  },
};

/** The error for TRUST_PROXY=true with MONGODB_URI, and the warning with the embedded database. */
export const TRUSTS_EVERYBODY =
  'TRUST_PROXY: true lets every client choose its own address and so bypass every limit per address; ' +
  'set it to the number of proxies in front (for one: 1), or to their addresses';

const METRICS_TOKEN: Variable<string | null> = {
  accepts: `at least ${METRICS_TOKEN_MIN_CHARACTERS} of the characters A-Z a-z 0-9 - . _ ~ + / (unset: /metrics is for programs on this machine)`,
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
    if (level === undefined) throw new BadValue(`${quote(value)} is not a level`);
    return level;
  },
};

const SHUTDOWN_DELAY: Variable<number> = {
  accepts: `a whole number of seconds from 0 to ${MAX_SHUTDOWN_DELAY_SECONDS} (default 0)`,
  fallback: 0,
  parse: (value) => {
    const seconds = wholeNumber(value);
    if (seconds === null || seconds > MAX_SHUTDOWN_DELAY_SECONDS) {
      throw new BadValue(`${quote(value)} is not a delay in seconds`);
    }
    return seconds;
  },
};

/**
 * Returns the frozen configuration from environment variables. An empty variable is invalid, not absent.
 * @throws ConfigError that names all invalid variables; it never contains the values of JWT_SECRET or MONGODB_URI
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
    lines.push(`JWT_SECRET: is required with MONGODB_URI; accepted: ${JWT_SECRET.accepts}`);
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
  // An invalid address such as "999.1.1.1" is a mistake and must not be resolved as a host name.
  return value.length <= 253 && !/^[\d.]+$/.test(value) && value.split('.').every((part) => label.test(part));
}

function isMongoHost(value: string): boolean {
  const [, address6, host, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(value) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false;
  if (address6 !== undefined) return isIP(address6) === 6;
  // Underscores are invalid in host names, but Docker Compose uses them in container names.
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
  const [address, prefix, ...rest] = value.split('/');
  const version = isIP(address!);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = wholeNumber(prefix);
  return bits !== null && bits >= 1 && bits <= (version === 4 ? 32 : 128);
}
