/** Explains in one line why a database cannot be used: what was tried, what is wrong, and what to do. */
import net from 'node:net';
import tls from 'node:tls';
import mongoose from 'mongoose';

/** How long a host may take to answer the probe that follows a failed connection. Milliseconds. */
const PROBE_TIMEOUT_MS = 2_000;
const DEFAULT_PORT = 27_017;

/** What the probe found out about one host. */
interface Host {
  readonly name: string;
  /** Its reply to `hello`; absent if there was none. */
  readonly hello?: mongoose.mongo.Document;
  /** Why there was no reply: the driver's message and the messages of its causes. */
  readonly failure: string;
  /** "accepts" if the port accepts connections, otherwise why it does not. */
  readonly port: string;
  /** Whether the host uses TLS and the URI does not, or the other way round. */
  readonly usesOtherProtocol: boolean;
  /** The replica set that the URI names. */
  readonly expectedSet: string | undefined;
}

type Problem<Facts> = readonly [applies: (facts: Facts) => boolean, describe: (facts: Facts) => string];

const HOST_PROBLEMS: readonly Problem<Host>[] = [
  [
    ({ port }) => /ENOTFOUND|EAI_AGAIN/.test(port),
    ({ name }) => `the name ${name} does not resolve: correct it, or check the DNS`,
  ],
  [
    ({ port }) => port === 'ECONNREFUSED',
    ({ name }) => `nothing listens at ${name} (ECONNREFUSED): start the database there, or correct host and port`,
  ],
  [
    ({ port }) => port !== 'accepts',
    ({ name, port }) => `${name} does not answer (${port}): check that it runs, and check the network and the firewall`,
  ],
  [
    ({ usesOtherProtocol, hello }) => usesOtherProtocol && hello === undefined,
    ({ name }) => `${name} uses TLS, and the address does not: add tls=true`,
  ],
  [
    ({ usesOtherProtocol }) => usesOtherProtocol,
    ({ name }) => `${name} does not use TLS, and the address does: remove tls=true, or enable TLS on the server`,
  ],
  [
    ({ failure }) => /certificate|altname/i.test(failure),
    ({ name, failure }) => `the certificate of ${name} is not trusted (${failure}): set tlsCAFile to its CA`,
  ],
  [
    ({ hello, failure }) => hello === undefined && /wire version/.test(failure),
    ({ failure }) => `${failure}: use a newer MongoDB`,
  ],
  [
    ({ hello, failure }) => hello === undefined && /timed out|selection/i.test(failure),
    ({ name }) =>
      `${name} accepts connections but does not answer: it hangs, or it is not MongoDB; check what runs there`,
  ],
  [
    ({ hello }) => hello === undefined,
    ({ name, failure }) =>
      `${name} closes the connection (${failure}): it is not MongoDB, or it is starting or stopping; correct host and port, or try again`,
  ],
  [
    ({ hello }) => hello?.isreplicaset === true && hello.setName === undefined,
    ({ name }) => `${name} is configured for a replica set that has not been initiated: run rs.initiate() there once`,
  ],
  [
    ({ hello }) => hello?.setName === undefined && hello?.msg !== 'isdbgrid',
    ({ name }) =>
      `${name} is not part of a replica set, and rewards need transactions, which only a replica set has: start ` +
      'mongod with --replSet rs0 and run rs.initiate() once (a single node is enough), or unset MONGODB_URI to use ' +
      'the embedded database',
  ],
  [
    ({ hello, expectedSet }) => expectedSet !== undefined && hello?.setName !== expectedSet,
    ({ name, hello, expectedSet }) =>
      `${name} is in the replica set ${hello?.setName}, but the address names ${expectedSet}: set replicaSet=${hello?.setName}`,
  ],
  [
    ({ hello }) => hello?.primary === undefined && hello?.msg !== 'isdbgrid',
    ({ name, hello }) =>
      `${name} reports that the replica set ${hello?.setName} has no primary: start its other members ` +
      `(${[hello?.hosts, hello?.passives].flatMap((each) => each ?? []).join(', ')}) until a majority runs`,
  ],
  [
    () => true,
    ({ name, hello }) =>
      `${name} answers and names ${hello?.primary ?? 'itself'} as the primary, which cannot be reached from here: ` +
      'give the members of the set names that clients can resolve (rs.conf().members[].host)',
  ],
];

const COMMAND_PROBLEMS: readonly Problem<Facts>[] = [
  [
    ({ message }) => /querySrv|queryTxt/.test(message),
    ({ message }) => `its hosts cannot be looked up (${message}): correct the name, or use mongodb:// with the hosts`,
  ],
  [
    ({ code, message }) => code === 18 || /Authentication failed|bad auth/i.test(message),
    () => 'the login is refused: correct user, password (percent-encoded) and authSource (the database of the user)',
  ],
  [
    ({ code, message }) => code === 13 && /requires authentication/.test(message),
    () =>
      'the database requires a login, and the address has none: use mongodb://USER:PASSWORD@host/...?authSource=admin',
  ],
  [
    ({ code }) => code === 13,
    ({ message }) =>
      `the user lacks privileges (${message.replace(/ command \{ (\w+).*/, ' $1')}): grant it the role readWrite on this database`,
  ],
  [
    ({ code }) => code === 50,
    () =>
      'the database accepts no writes: it may be locked by fsyncLock ({ fsyncUnlock: 1 } unlocks it), its disk may be full ' +
      'or very slow; fix that and start again',
  ],
];

interface Facts {
  /** The database's error code. */
  readonly code: unknown;
  readonly message: string;
}

/** Explains why a command failed. Returns the database's own message if the cause is none of the known ones. */
export function commandProblem(error: unknown): string {
  const facts = { code: (error as { code?: unknown }).code, message: messageOf(error) };
  return COMMAND_PROBLEMS.find(([applies]) => applies(facts))?.[1](facts) ?? facts.message;
}

/** Explains why no server could be used. Probes each host of the URI separately. */
export async function connectionProblem(error: unknown, uri: string): Promise<string> {
  if (!(error instanceof mongoose.mongo.MongoServerSelectionError || error instanceof mongoose.Error)) {
    return commandProblem(error);
  }
  const address = new Address(uri);
  const hosts = await Promise.all(address.hosts(error).map((name) => probeHost(name, address)));
  const problems = hosts.map((host) => HOST_PROBLEMS.find(([applies]) => applies(host))?.[1](host));
  return problems.length > 0 ? [...new Set(problems)].join('; ') : commandProblem(error);
}

/** A connection URI, without its login. */
class Address {
  readonly query: URLSearchParams;
  readonly #isSrv: boolean;

  constructor(readonly uri: string) {
    this.query = new URLSearchParams(/\?(.*)$/.exec(uri)?.[1]);
    this.#isSrv = uri.startsWith('mongodb+srv:');
  }

  get usesTls(): boolean {
    return (this.query.get('tls') ?? this.query.get('ssl') ?? String(this.#isSrv)) === 'true';
  }

  hosts(error: unknown): string[] {
    if (this.#isSrv)
      return [...((error as { reason?: { servers?: Map<string, unknown> } }).reason?.servers?.keys() ?? [])];
    const authority = /^mongodb:\/\/([^/?]*)/.exec(this.uri)?.[1] ?? '';
    const names = authority.slice(authority.lastIndexOf('@') + 1).split(',');
    return names.map((name) => (/:\d+$/.test(name) ? name : `${name}:${DEFAULT_PORT}`));
  }

  /** Returns a URI for one host, without a login: `hello` needs none. */
  uriOf(name: string, usesTls: boolean): string {
    const options = [...this.query].filter(([key]) => usesTls && /^tls./i.test(key));
    return `mongodb://${name}/?${new URLSearchParams([...options, ['tls', String(usesTls)]])}`;
  }
}

async function probeHost(name: string, address: Address): Promise<Host> {
  const expectedSet = address.query.get('replicaSet') ?? undefined;
  const { usesTls } = address;
  const port = await probePort(name);
  const about = { name, port, expectedSet, failure: '', usesOtherProtocol: false };
  if (port !== 'accepts') return about;
  const answer = await hello(address.uriOf(name, usesTls));
  if (typeof answer !== 'string') return { ...about, hello: answer };
  if (!usesTls) return { ...about, failure: answer, usesOtherProtocol: await speaksTls(name) };
  const plain = await hello(address.uriOf(name, false));
  return typeof plain === 'string'
    ? { ...about, failure: answer }
    : { ...about, hello: plain, usesOtherProtocol: true };
}

/** @returns the reply to `hello`, or a message that says why there is none */
async function hello(uri: string): Promise<mongoose.mongo.Document | string> {
  try {
    const client = new mongoose.mongo.MongoClient(uri, {
      appName: 'auraledger-asks',
      directConnection: true,
      serverSelectionTimeoutMS: PROBE_TIMEOUT_MS,
      socketTimeoutMS: PROBE_TIMEOUT_MS,
    });
    return await client
      .db('admin')
      .command({ hello: 1 })
      .finally(() => client.close());
  } catch (error) {
    return messageOf(error);
  }
}

/** @returns "accepts" if the port accepts connections, otherwise why it does not */
async function probePort(name: string): Promise<string> {
  const socket = net.connect(parseHost(name));
  return connectOutcome(socket, 'connect');
}

async function speaksTls(name: string): Promise<boolean> {
  const socket = tls.connect({ ...parseHost(name), rejectUnauthorized: false });
  return (await connectOutcome(socket, 'secureConnect')) === 'accepts';
}

async function connectOutcome(socket: net.Socket, success: 'connect' | 'secureConnect'): Promise<string> {
  const outcome = await new Promise<string>((resolve) => {
    socket.once(success, () => resolve('accepts'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closes the connection'));
    socket.setTimeout(PROBE_TIMEOUT_MS, () => resolve(`no answer within ${PROBE_TIMEOUT_MS / 1_000} s`));
  });
  socket.on('error', () => {}).destroy();
  return outcome;
}

function parseHost(name: string): { host: string; port: number } {
  const colon = name.lastIndexOf(':');
  return { host: name.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(name.slice(colon + 1)) };
}

/** Returns an error's message in one line, followed by the messages of its causes (at most four in all). */
function messageOf(error: unknown): string {
  const messages: string[] = [];
  for (let each: unknown = error; each instanceof Error && messages.length < 4; each = each.cause) {
    if (!messages.some((earlier) => earlier.includes((each as Error).message))) messages.push(each.message);
  }
  return (messages.join(': ') || String(error)).replace(/\s+/g, ' ').replace(/^Error: /, '');
}
