import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Config, ConfigError, readConfig } from '../src/config.js';

const secret = 'x'.repeat(32);

function linesOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('accepted', () => {
  test('no variables: the defaults, with the embedded database', () => {
    expect(readConfig({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      mongodbUri: null,
      mongodBinary: null,
      dataDir: path.resolve('.data'),
      jwtSecret: null,
      corsOrigins: [],
      trustProxy: false,
      logLevel: 'info',
      metricsToken: null,
      shutdownDelay: 0,
    } satisfies Config);
  });

  test('unknown variables are ignored', () => {
    expect(readConfig({ PATH: '/bin', MONGO_URL: 'nonsense' })).toEqual(readConfig({}));
  });

  test('the object and its lists are frozen', () => {
    const config = readConfig({ CORS_ORIGINS: 'https://a.example' });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.corsOrigins)).toBe(true);
    expect(Object.isFrozen(readConfig({}).corsOrigins)).toBe(true);
  });

  test.each<[variable: string, value: string, field: keyof Config, result: unknown]>([
    ['PORT', '0', 'port', 0],
    ['PORT', '65535', 'port', 65_535],
    ['HOST', '0.0.0.0', 'host', '0.0.0.0'],
    ['HOST', '::1', 'host', '::1'],
    ['HOST', 'localhost', 'host', 'localhost'],
    ['HOST', 'app-1.internal.example', 'host', 'app-1.internal.example'],
    ['MONGOD_BINARY', '/opt/mongod', 'mongodBinary', '/opt/mongod'],
    ['MONGOD_BINARY', 'bin/mongod', 'mongodBinary', path.resolve('bin/mongod')],
    ['DATA_DIR', '/var/lib/aura ledger', 'dataDir', '/var/lib/aura ledger'],
    ['DATA_DIR', 'data', 'dataDir', path.resolve('data')],
    ['JWT_SECRET', secret, 'jwtSecret', secret],
    ['JWT_SECRET', ` ${secret}`, 'jwtSecret', ` ${secret}`],
    ['CORS_ORIGINS', 'https://a.example', 'corsOrigins', ['https://a.example']],
    [
      'CORS_ORIGINS',
      'http://localhost:5173, https://A.example:443,',
      'corsOrigins',
      ['http://localhost:5173', 'https://a.example'],
    ],
    ['CORS_ORIGINS', 'https://a.example,https://a.example', 'corsOrigins', ['https://a.example']],
    ['TRUST_PROXY', 'false', 'trustProxy', false],
    ['TRUST_PROXY', 'true', 'trustProxy', true],
    ['TRUST_PROXY', '1', 'trustProxy', 1],
    ['TRUST_PROXY', '16', 'trustProxy', 16],
    ['TRUST_PROXY', '10.0.0.1/32,2001:db8::/64,::1/128', 'trustProxy', '10.0.0.1/32,2001:db8::/64,::1/128'],
    ['TRUST_PROXY', '10.0.0.0/8, ::1,loopback', 'trustProxy', '10.0.0.0/8,::1,loopback'],
    ['LOG_LEVEL', 'trace', 'logLevel', 'trace'],
    ['LOG_LEVEL', 'silent', 'logLevel', 'silent'],
    ['METRICS_TOKEN', 'abcdefghijklmno=', 'metricsToken', 'abcdefghijklmno='],
    ['METRICS_TOKEN', 'aZ09-._~+/aZ09-._~+/==', 'metricsToken', 'aZ09-._~+/aZ09-._~+/=='],
    ['SHUTDOWN_DELAY', '15', 'shutdownDelay', 15],
  ])('%s=%s', (variable, value, field, result) => {
    expect(readConfig({ [variable]: value })[field]).toEqual(result);
  });

  test.each([
    'mongodb://127.0.0.1:27017',
    'mongodb://a.example:1,b.example:2,[::1]:3/school?replicaSet=rs0',
    'mongodb+srv://user:p%40ss@cluster.example/?retryWrites=true',
    'mongodb://mongo_1:27017/',
  ])('MONGODB_URI=%s with JWT_SECRET', (mongodbUri) => {
    expect(readConfig({ MONGODB_URI: mongodbUri, JWT_SECRET: secret })).toMatchObject({
      mongodbUri,
      jwtSecret: secret,
    });
  });
});

describe('refused with the name, the reason and what is accepted', () => {
  test.each<[variable: string, value: string, reason: RegExp]>([
    ['PORT', 'http', /"http" is not a port; accepted: a whole number from 0 to 65535/],
    ['PORT', '65536', /"65536" is not a port/],
    ['PORT', '-1', /"-1" is not a port/],
    ['PORT', '80.5', /"80.5" is not a port/],
    ['PORT', ' 80', /" 80" is not a port/],
    ['PORT', '0x50', /"0x50" is not a port/],
    ['PORT', '', /is set but empty; accepted/],
    ['HOST', 'http://localhost', /is not an address to listen on; accepted: an IP address or a host name/],
    ['HOST', 'localhost:80', /is not an address/],
    ['HOST', '256.1.1.1', /is not an address/],
    ['HOST', '[::1]', /is not an address/],
    ['HOST', '-a', /is not an address/],
    ['HOST', '', /is set but empty/],
    ['MONGODB_URI', 'postgres://h/db', /does not begin with mongodb:\/\/ or mongodb\+srv:\/\//],
    ['MONGODB_URI', 'mongodb://', /does not begin with/],
    ['MONGODB_URI', 'mongodb:///db', /no valid host\[:port\] list/],
    ['MONGODB_URI', 'mongodb://h:99999', /no valid host\[:port\] list/],
    ['MONGODB_URI', 'mongodb://a,,b', /no valid host\[:port\] list/],
    ['MONGODB_URI', 'mongodb://u:p@ss@h', /a password with @ or \/ \(percent-encode/],
    ['MONGODB_URI', 'mongodb://u:p@ss/w:rd@h/db', /a password with @ or \/ \(percent-encode/],
    ['MONGODB_URI', 'mongodb://u:p/w@h', /a password with @ or \/ \(percent-encode/],
    ['MONGODB_URI', '', /is set but empty; .* unset: the embedded database/],
    ['MONGOD_BINARY', '', /is set but empty; accepted: the path of a mongod/],
    ['MONGOD_BINARY', 'a\0b', /contains a NUL character/],
    ['DATA_DIR', '', /is set but empty; accepted: the path of a directory/],
    ['JWT_SECRET', 'x'.repeat(31), /has fewer than 32 characters; accepted: at least 32 characters/],
    ['JWT_SECRET', ' '.repeat(40), /is set but empty/],
    ['JWT_SECRET', '🦊'.repeat(16), /has fewer than 32 characters/],
    ['CORS_ORIGINS', '*', /"\*" is not an origin; accepted: origins such as/],
    ['CORS_ORIGINS', 'https://a.example/', /"https:\/\/a.example\/" is not an origin/],
    [
      'CORS_ORIGINS',
      'https://ok.example,a.example,https://u@b.example',
      /"a.example, https:\/\/u@b.example" is not an origin/,
    ],
    ...['ftp://a.example', 'ws://a.example', 'https:a.example', 'https:/a.example', 'https:///a.example'].map(
      (value) => ['CORS_ORIGINS', value, /is not an origin/] as [string, string, RegExp],
    ),
    ...['https://a.example?x', 'https://a.example#x', 'x/https://a.example', 'https://a.example:99999'].map(
      (value) => ['CORS_ORIGINS', value, /is not an origin/] as [string, string, RegExp],
    ),
    ['CORS_ORIGINS', 'https://*.example', /is not an origin/],
    ['CORS_ORIGINS', 'null', /is not an origin/],
    ['CORS_ORIGINS', ',', /"," is not an origin/],
    [
      'TRUST_PROXY',
      'yes',
      /"yes" is not an address; accepted: false, true \(not with MONGODB_URI\), the number of proxies/,
    ],
    ['TRUST_PROXY', '0', /"0" is not a sensible number of proxies/],
    ['TRUST_PROXY', '17', /not a sensible number of proxies/],
    ['TRUST_PROXY', '10.0.0.0/33', /is not an address/],
    ['TRUST_PROXY', '10.0.0.0/0', /is not an address/],
    ['TRUST_PROXY', '::1/129', /is not an address/],
    ['TRUST_PROXY', '10.0.0.1,proxy.example', /"proxy.example" is not an address/],
    ['TRUST_PROXY', 'TRUE', /is not an address/],
    ['LOG_LEVEL', 'verbose', /"verbose" is not a level; accepted: silent, fatal, error, warn, info, debug, trace/],
    ['LOG_LEVEL', 'INFO', /"INFO" is not a level/],
    ['METRICS_TOKEN', 'fifteen-letters', /has fewer than 16 characters; accepted: at least 16 of the characters/],
    ...[
      'sixteen letters !',
      ' sixteen-letters-',
      '!sixteen-letters',
      'sixteen-letters-!',
      '=sixteen-letters',
      'sixteen=letters-',
    ].map(
      (value) => ['METRICS_TOKEN', value, /has characters that a bearer token cannot have/] as [string, string, RegExp],
    ),
    ['METRICS_TOKEN', '', /is set but empty; accepted: at least 16/],
    ['SHUTDOWN_DELAY', '15s', /"15s" is not a delay in seconds; accepted: a whole number of seconds from 0 to 300/],
    ['SHUTDOWN_DELAY', '301', /"301" is not a delay/],
    ['SHUTDOWN_DELAY', '-1', /"-1" is not a delay/],
  ])('%s=%j', (variable, value, reason) => {
    const lines = linesOf({ JWT_SECRET: secret, [variable]: value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${variable}: `));
    expect(lines[0]).toMatch(reason);
    expect(lines[0]).toMatch(/; accepted: \S/);
  });

  test('MONGODB_URI without JWT_SECRET', () => {
    expect(linesOf({ MONGODB_URI: 'mongodb://h' })).toEqual([
      'JWT_SECRET: is required with MONGODB_URI; accepted: at least 32 characters that nobody can guess',
    ]);
  });

  test('TRUST_PROXY=true with MONGODB_URI, because any client could forge its address', () => {
    const production = { MONGODB_URI: 'mongodb://h', JWT_SECRET: secret };
    expect(linesOf({ ...production, TRUST_PROXY: 'true' })).toEqual([
      expect.stringMatching(/^TRUST_PROXY: true lets every client choose its own address.*for one: 1/),
    ]);
    expect(readConfig({ ...production, TRUST_PROXY: '1' }).trustProxy).toBe(1);
  });

  test('several variables, with one line for each', () => {
    const lines = linesOf({
      PORT: 'x',
      HOST: '',
      MONGODB_URI: 'x',
      JWT_SECRET: 'x',
      CORS_ORIGINS: 'x',
      LOG_LEVEL: 'x\ny',
    });
    expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'PORT',
      'HOST',
      'MONGODB_URI',
      'JWT_SECRET',
      'CORS_ORIGINS',
      'LOG_LEVEL',
    ]);
  });

  test('without printing a secret, a credential, or more than the beginning of a value', () => {
    const message = linesOf({
      JWT_SECRET: 'too-short-secret',
      METRICS_TOKEN: 'short-token',
      MONGODB_URI: 'mongodb://somebody:pass@word@db.example/x',
      LOG_LEVEL: 'z'.repeat(10_000),
    }).join('\n');
    expect(message).not.toMatch(/too-short-secret|short-token|somebody|pass@word/);
    expect(message.length).toBeLessThan(800);
  });
});
