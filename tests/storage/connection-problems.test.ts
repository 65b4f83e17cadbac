/** With an unusable MONGODB_URI, a start prints one line that says what was tried, what is wrong, and what to do. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { connect, DatabaseError, disconnect } from '../../src/storage/connect.js';
import { commandProblem } from '../../src/storage/connection-problems.js';

const SECRET = 'pa55w0rd';
let binary: string;
let scratch: string;
let mongods: ChildProcess[] = [];
let servers: net.Server[] = [];

beforeAll(async () => {
  binary = (await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} })).path;
  scratch = await mkdtemp(path.join(os.tmpdir(), 'auraledger-uri-'));
});

afterEach(async () => {
  await disconnect();
  await Promise.all(mongods.map(end));
  for (const server of servers) server.close();
  mongods = [];
  servers = [];
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

async function end(mongod: ChildProcess): Promise<void> {
  if (mongod.exitCode !== null || mongod.signalCode !== null) return;
  mongod.kill('SIGKILL');
  await once(mongod, 'exit');
}

async function listen<Server extends net.Server>(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

async function freePort(): Promise<number> {
  const port = await listen(net.createServer());
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

/** Starts a real mongod. @returns host:port */
async function mongod(...more: string[]): Promise<string> {
  const port = await freePort();
  const dbPath = path.join(scratch, String(port));
  await mkdir(dbPath);
  const args = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket', ...more];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  mongods.push(child);
  for await (const line of createInterface({ input: child.stdout }))
    if (line.includes('Waiting for connections')) break;
  child.stdout.resume();
  return `127.0.0.1:${port}`;
}

const admin = async (
  host: string,
  command: mongoose.mongo.Document,
  options: mongoose.mongo.MongoClientOptions = {},
) => {
  const client = new mongoose.mongo.MongoClient(`mongodb://${host}/?directConnection=true`, options);
  return client
    .db('admin')
    .command(command)
    .finally(() => client.close());
};

async function initiate(
  host: string,
  others: string[] = [],
  options?: mongoose.mongo.MongoClientOptions,
): Promise<void> {
  const members = [host, ...others].map((each, _id) => ({ _id, host: each, priority: _id === 0 ? 1 : 0 }));
  await admin(host, { replSetInitiate: { _id: 'rs0', members } }, options);
  if (others.length > 0) return;
  while (!(await admin(host, { hello: 1 }, options)).isWritablePrimary) await new Promise((go) => setTimeout(go, 50));
}

/**
 * Makes this process ask a name server that knows only these SRV records, each with one host at port 27017.
 * @returns restores the former name servers
 */
async function nameServer(hosts: Record<string, string>): Promise<() => void> {
  const labels = (name: string) => [...name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0];
  const uint16 = (value: number) => [value >> 8, value & 0xff];
  const server = dgram.createSocket('udp4').on('message', (query, from) => {
    const end = query.indexOf(0, 12);
    const question = query.subarray(12, end + 5);
    const [, target] =
      Object.entries(hosts).find(([name]) => question.equals(Buffer.from([...labels(name), 0, SRV, 0, 1]))) ?? [];
    const rdata = target === undefined ? [] : [0, 0, 0, 0, ...uint16(27_017), ...labels(target)];
    // The name of the answer points to that of the question.
    const answer = target === undefined ? [] : [0xc0, 12, 0, SRV, 0, 1, 0, 0, 0, 1, ...uint16(rdata.length), ...rdata];
    const header = [...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, target === undefined ? 0 : 1, 0, 0, 0, 0];
    server.send(Buffer.from([...header, ...question, ...answer]), from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const before = dns.getServers();
  dns.setServers([`127.0.0.1:${server.address().port}`]);
  return () => {
    dns.setServers(before);
    server.close();
  };
}

/** The number of this type of DNS records. */
const SRV = 33;

/** Returns the message of a start with this URI. */
async function refusalOf(uri: string): Promise<string> {
  const error = await connect(uri)
    .then(() => prepareCollections())
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(DatabaseError);
  const { message } = error as Error;
  expect(message).not.toContain(SECRET);
  expect(message).not.toMatch(/\n|\bat .*\.js/);
  return message;
}

const soon = 'serverSelectionTimeoutMS=500';
const login = `somebody:${SECRET}@`;

describe('a host', () => {
  test('where nothing listens', async () => {
    const port = await freePort();
    expect(await refusalOf(`mongodb://${login}127.0.0.1:${port}/?${soon}`)).toBe(
      `MONGODB_URI: nothing listens at 127.0.0.1:${port} (ECONNREFUSED): start the database there, or correct host and port`,
    );
  });

  test('whose name does not resolve', async () => {
    expect(await refusalOf(`mongodb://${login}no-such-host.invalid/?${soon}`)).toBe(
      'MONGODB_URI: the name no-such-host.invalid:27017 does not resolve: correct it, or check the DNS',
    );
  });

  test('of mongodb+srv that does not resolve', async () => {
    expect(await refusalOf(`mongodb+srv://${login}cluster.no-such-host.invalid/?${soon}`)).toMatch(
      /^MONGODB_URI: its hosts cannot be looked up \(querySrv \w+ _mongodb\._tcp\..*\): correct the name, or use mongodb:\/\//,
    );
  });

  test('of mongodb+srv that the DNS names, but whose name does not resolve', async () => {
    const restore = await nameServer({ '_mongodb._tcp.cluster.school.invalid': 'node.school.invalid' });
    try {
      expect(await refusalOf(`mongodb+srv://${login}cluster.school.invalid/?${soon}`)).toBe(
        'MONGODB_URI: the name node.school.invalid:27017 does not resolve: correct it, or check the DNS',
      );
    } finally {
      restore();
    }
  });

  test('that accepts connections but sends nothing', async () => {
    const port = await listen(net.createServer((socket) => socket.on('error', () => {})));
    expect(await refusalOf(`mongodb://${login}127.0.0.1:${port}/?${soon}`)).toMatch(
      `MONGODB_URI: 127.0.0.1:${port} accepts connections but does not answer: it hangs, or it is not MongoDB`,
    );
  });

  test('that does not even accept connections', async () => {
    // The stopped process never accepts a connection. When its backlog is full, the system answers no further client.
    const script =
      'const net=require("net");const s=net.createServer().listen({port:0,host:"127.0.0.1",backlog:1},()=>{console.log(s.address().port);process.kill(process.pid,"SIGSTOP")})';
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    mongods.push(child);
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const port = Number(line);
    const waiting = Array.from({ length: 4 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
    await new Promise((resolve) => setTimeout(resolve, 300));
    try {
      expect(await refusalOf(`mongodb://127.0.0.1:${port}/?${soon}`)).toMatch(
        `MONGODB_URI: 127.0.0.1:${port} does not answer (no answer within 2 s): check that it runs, and check the network and the firewall`,
      );
    } finally {
      for (const socket of waiting) socket.destroy();
    }
  });

  test('that closes the connection', async () => {
    const port = await listen(net.createServer((socket) => socket.destroy()));
    expect(await refusalOf(`mongodb://127.0.0.1:${port}/?${soon}`)).toMatch(
      new RegExp(
        `^MONGODB_URI: 127.0.0.1:${port} closes the connection \\(.*\\): it is not MongoDB, or it is starting or stopping; correct host and port, or try again$`,
      ),
    );
  });

  test('that is another service: one that waits for a request, and one that sends first', async () => {
    const web = await listen(http.createServer((_, response) => response.end('hello')));
    expect(await refusalOf(`mongodb://${login}127.0.0.1:${web}/?${soon}`)).toMatch(
      new RegExp(`^MONGODB_URI: .*127.0.0.1:${web} .*is not MongoDB.* correct host and port`),
    );
    const talker = await listen(
      net.createServer((socket) => socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.6\r\n'.repeat(4))),
    );
    expect(await refusalOf(`mongodb://${login}127.0.0.1:${talker}/?${soon}`)).toMatch(
      new RegExp(`^MONGODB_URI: .*127.0.0.1:${talker} .*is not MongoDB; check what runs there$`),
    );
  });

  test('among several: the message names each', async () => {
    const [a, b] = [await freePort(), await freePort()];
    expect(await refusalOf(`mongodb://127.0.0.1:${a},127.0.0.1:${b}/?replicaSet=rs0&${soon}`)).toMatch(
      new RegExp(`^MONGODB_URI: nothing listens at 127.0.0.1:${a} .*; nothing listens at 127.0.0.1:${b} `),
    );
  });
});

describe('a replica set', () => {
  test('that has not been initiated', async () => {
    const host = await mongod('--replSet', 'rs0');
    const words = `MONGODB_URI: ${host} is configured for a replica set that has not been initiated: run rs.initiate() there once`;
    expect(await refusalOf(`mongodb://${host}/?${soon}`)).toBe(words);
    expect(await refusalOf(`mongodb://${host}/?replicaSet=rs0&${soon}`)).toBe(words);
  });

  test('with another name', async () => {
    const host = await mongod('--replSet', 'rs0');
    await initiate(host);
    expect(await refusalOf(`mongodb://${host}/?replicaSet=wrong&${soon}`)).toBe(
      `MONGODB_URI: ${host} is in the replica set rs0, but the address names wrong: set replicaSet=rs0`,
    );
  });

  test('that is a standalone server', async () => {
    const host = await mongod();
    const words = /^MONGODB_URI: .*is not part of a replica set, .* --replSet rs0 and run rs.initiate\(\) once/;
    expect(await refusalOf(`mongodb://${host}/?replicaSet=rs0&${soon}`)).toMatch(words);
    expect(await refusalOf(`mongodb://${host}/?${soon}`)).toMatch(words);
  });

  test('without a primary', async () => {
    const [host, other] = [await mongod('--replSet', 'rs0'), await mongod('--replSet', 'rs0')];
    await initiate(host, [other]);
    while (!(await admin(host, { hello: 1 })).isWritablePrimary) await new Promise((go) => setTimeout(go, 50));
    while ((await admin(other, { hello: 1 })).setName === undefined) await new Promise((go) => setTimeout(go, 50));
    await end(mongods[1]!);
    await admin(host, { replSetStepDown: 60, force: true });
    expect(await refusalOf(`mongodb://${host}/?replicaSet=rs0&${soon}`)).toBe(
      `MONGODB_URI: ${host} reports that the replica set rs0 has no primary: start its other members (${host}, ${other}) until a majority runs`,
    );
  });
});

describe('a login', () => {
  let host: string;

  async function givenSetWithLogin(): Promise<void> {
    const keyFile = path.join(scratch, 'key');
    await writeFile(keyFile, 'a'.repeat(64), { mode: 0o600 });
    host = await mongod('--replSet', 'rs0', '--keyFile', keyFile);
    await initiate(host);
    const root = { createUser: 'root', pwd: SECRET, roles: ['root'] };
    await admin(host, root);
    const auth = { auth: { username: 'root', password: SECRET } };
    await admin(host, { createUser: 'reader', pwd: SECRET, roles: [{ role: 'read', db: 'auraledger' }] }, auth);
    await admin(host, { createUser: 'writer', pwd: SECRET, roles: [{ role: 'readWrite', db: 'auraledger' }] }, auth);
  }

  test('that is missing or wrong, or lacks privileges; the role readWrite is enough', async () => {
    await givenSetWithLogin();
    expect(await refusalOf(`mongodb://${host}/?replicaSet=rs0`)).toBe(
      'MONGODB_URI: the database requires a login, and the address has none: use mongodb://USER:PASSWORD@host/...?authSource=admin',
    );
    for (const wrong of [`writer:${SECRET}x@`, `nobody:${SECRET}@`]) {
      expect(await refusalOf(`mongodb://${wrong}${host}/?replicaSet=rs0`)).toBe(
        'MONGODB_URI: the login is refused: correct user, password (percent-encoded) and authSource (the database of the user)',
      );
    }
    expect(await refusalOf(`mongodb://writer:${SECRET}@${host}/?replicaSet=rs0&authSource=auraledger`)).toMatch(
      /the login is refused/,
    );
    await disconnect();
    expect(await refusalOf(`mongodb://reader:${SECRET}@${host}/?replicaSet=rs0`)).toMatch(
      /^Cannot create the collection \w+: the user lacks privileges \(not authorized on auraledger to execute create\): grant it the role readWrite/,
    );
    await disconnect();
    await connect(`mongodb://writer:${SECRET}@${host}/?replicaSet=rs0`);
    await prepareCollections();
    expect((await mongoose.connection.db!.listCollections().toArray()).length).toBeGreaterThan(0);
  });
});

test.each([
  ['mongod', 18, 'Authentication failed.'],
  ['MongoDB Atlas', 8_000, 'bad auth : authentication failed'],
  ['a mechanism with words of its own', 18, 'Sasl conversation did not finish'],
])('a refused login is recognized in the words of %s', (_, code, message) => {
  expect(commandProblem(Object.assign(new Error(message), { code }))).toBe(
    'the login is refused: correct user, password (percent-encoded) and authSource (the database of the user)',
  );
});

describe('TLS', () => {
  let certificate: string;
  let hasOpenssl = true;

  beforeAll(async () => {
    certificate = path.join(scratch, 'certificate.pem');
    const [key, cert] = [path.join(scratch, 'key.pem'), path.join(scratch, 'cert.pem')];
    const files = ['-keyout', key, '-out', cert];
    try {
      execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=elsewhere', ...files], {
        stdio: 'pipe',
      });
      await writeFile(certificate, `${await readFile(key, 'utf8')}${await readFile(cert, 'utf8')}`);
    } catch {
      hasOpenssl = false;
      process.stderr.write('Skipped: openssl is not available, so there is no certificate to test with\n');
    }
  });

  test('that only the database uses', async () => {
    if (!hasOpenssl) return;
    const host = await mongod('--replSet', 'rs0', '--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', certificate);
    expect(await refusalOf(`mongodb://${host}/?${soon}`)).toBe(
      `MONGODB_URI: ${host} uses TLS, and the address does not: add tls=true`,
    );
    expect(await refusalOf(`mongodb://${host}/?tls=true&${soon}`)).toMatch(
      new RegExp(
        `^MONGODB_URI: the certificate of ${host} is not trusted \\(.*self-signed.*\\): set tlsCAFile to its CA$`,
      ),
    );
  });

  test('that only the URI uses', async () => {
    const host = await mongod('--replSet', 'rs0');
    await initiate(host);
    expect(await refusalOf(`mongodb://${host}/?tls=true&${soon}`)).toBe(
      `MONGODB_URI: ${host} does not use TLS, and the address does: remove tls=true, or enable TLS on the server`,
    );
  });
});
