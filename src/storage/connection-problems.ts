/** Why a database cannot be used, in one line: what was tried, what is wrong, what to do. */
import net from 'node:net';
import tls from 'node:tls';
import mongoose from 'mongoose';

/** A host is asked once more when the driver has given up. Milliseconds. */
const ASK_WITHIN_MS = 2_000;
const DEFAULT_PORT = 27_017;

/** What was found out about one host. */
interface Host {
  readonly name: string;
  /** What it answers to `hello`; absent where it gives no answer. */
  readonly hello?: mongoose.mongo.Document;
  /** Why it gives none: the driver's words and those of what caused them. */
  readonly failure: string;
  /** "accepts", or the code of the error. */
  readonly port: string;
  /** Whether it speaks the other of TLS and plain text. */
  readonly wantsOther: boolean;
  /** The set that the address names. */
  readonly expectedSet: string | undefined;
}

type Row<Facts> = readonly [applies: (facts: Facts) => boolean, says: (facts: Facts) => string];

const HOST_PROBLEMS: readonly Row<Host>[] = [
  [
    ({ port }) => /ENOTFOUND|EAI_AGAIN/.test(port),
    ({ name }) => `the name ${name} does not resolve: correct it, or look at the DNS`,
  ],
  [
    ({ port }) => port === 'ECONNREFUSED',
    ({ name }) => `nothing listens at ${name} (ECONNREFUSED): start the database there, or correct host and port`,
  ],
  [
    ({ port }) => port !== 'accepts',
    ({ name, port }) => `${name} does not answer (${port}): look whether it runs, at the network and the firewall`,
  ],
  [
    ({ wantsOther, hello }) => wantsOther && hello === undefined,
    ({ name }) => `${name} speaks TLS, and the address does not: add tls=true`,
  ],
  [
    ({ wantsOther }) => wantsOther,
    ({ name }) => `${name} does not speak TLS, and the address does: leave tls=true out, or turn TLS on there`,
  ],
  [
    ({ failure }) => /certificate|altname/i.test(failure),
    ({ name, failure }) => `the certificate of ${name} is not trusted (${failure}): name its CA with tlsCAFile`,
  ],
  [
    ({ hello, failure }) => hello === undefined && /wire version/.test(failure),
    ({ failure }) => `${failure}: use a newer MongoDB`,
  ],
  [
    ({ hello, failure }) => hello === undefined && /timed out|selection/i.test(failure),
    ({ name }) =>
      `${name} takes connections and does not answer: it hangs, or it is no MongoDB; look at what runs there`,
  ],
  [
    ({ hello }) => hello === undefined,
    ({ name, failure }) =>
      `${name} hangs up (${failure}): it is no MongoDB, or it is just starting or stopping; correct host and port, or try again`,
  ],
  [
    ({ hello }) => hello?.isreplicaset === true && hello.setName === undefined,
    ({ name }) => `${name} is to be in a replica set that nobody has initiated: run rs.initiate() there, once`,
  ],
  [
    ({ hello }) => hello?.setName === undefined && hello?.msg !== 'isdbgrid',
    ({ name }) =>
      `${name} is not part of a replica set, and rewards need transactions, which only a replica set has: start ` +
      'mongod with --replSet rs0 and run rs.initiate() once (a single node is enough), or unset MONGODB_URI for the ' +
      'embedded database',
  ],
  [
    ({ hello, expectedSet }) => expectedSet !== undefined && hello?.setName !== expectedSet,
    ({ name, hello, expectedSet }) =>
      `${name} is in the replica set ${hello?.setName}, and the address names ${expectedSet}: write replicaSet=${hello?.setName}`,
  ],
  [
    ({ hello }) => hello?.primary === undefined && hello?.msg !== 'isdbgrid',
    ({ name, hello }) =>
      `${name} says that the replica set ${hello?.setName} has no primary: start its other members ` +
      `(${[hello?.hosts, hello?.passives].flatMap((each) => each ?? []).join(', ')}) until a majority runs`,
  ],
  [
    () => true,
    ({ name, hello }) =>
      `${name} answers, and names ${hello?.primary ?? 'itself'} as the one to write to, which cannot be reached from ` +
      'here: let the members of the set have names that clients can resolve (rs.conf().members[].host)',
  ],
];

const COMMAND_PROBLEMS: readonly Row<Facts>[] = [
  [
    ({ words }) => /querySrv|queryTxt/.test(words),
    ({ words }) => `its hosts cannot be looked up (${words}): correct the name, or write mongodb:// with the hosts`,
  ],
  [
    ({ code, words }) => code === 18 || /Authentication failed|bad auth/i.test(words),
    () => 'the login is refused: correct user, password (percent-encoded) and authSource (the database of the user)',
  ],
  [
    ({ code, words }) => code === 13 && /requires authentication/.test(words),
    () =>
      'the database wants a login, and the address has none: write mongodb://USER:PASSWORD@host/...?authSource=admin',
  ],
  [
    ({ code }) => code === 13,
    ({ words }) =>
      `the user has too few rights (${words.replace(/ command \{ (\w+).*/, ' $1')}): give it the role readWrite on this database`,
  ],
  [
    ({ code }) => code === 50,
    () =>
      'the database takes no writes: it may be locked by fsyncLock ({ fsyncUnlock: 1 } unlocks it), its disk may be full ' +
      'or very slow; mend that and start again',
  ],
];

interface Facts {
  /** The server's code for the error. */
  readonly code: unknown;
  readonly words: string;
}

/** What is wrong where a command failed; the server's own words where it is none of what is known. */
export function commandProblem(error: unknown): string {
  const facts = { code: (error as { code?: unknown }).code, words: wordsOf(error) };
  return COMMAND_PROBLEMS.find(([applies]) => applies(facts))?.[1](facts) ?? facts.words;
}

/** What is wrong where no server could be used: each host of the address is asked by itself. */
export async function connectionProblem(error: unknown, uri: string): Promise<string> {
  if (!(error instanceof mongoose.mongo.MongoServerSelectionError || error instanceof mongoose.Error)) {
    return commandProblem(error);
  }
  const address = new Address(uri);
  const hosts = await Promise.all(address.hosts(error).map((name) => ask(name, address)));
  const problems = hosts.map((host) => HOST_PROBLEMS.find(([applies]) => applies(host))?.[1](host));
  return problems.length > 0 ? [...new Set(problems)].join('; ') : commandProblem(error);
}

/** The parts of an address that concern each host alone; never its login. */
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

  /** For one host, without a login: `hello` needs none. */
  alone(name: string, usesTls: boolean): string {
    const options = [...this.query].filter(([key]) => usesTls && /^tls./i.test(key));
    return `mongodb://${name}/?${new URLSearchParams([...options, ['tls', String(usesTls)]])}`;
  }
}

async function ask(name: string, address: Address): Promise<Host> {
  const expectedSet = address.query.get('replicaSet') ?? undefined;
  const { usesTls } = address;
  const port = await knock(name);
  const about = { name, port, expectedSet, failure: '', wantsOther: false };
  if (port !== 'accepts') return about;
  const answer = await hello(address.alone(name, usesTls));
  if (typeof answer !== 'string') return { ...about, hello: answer };
  if (!usesTls) return { ...about, failure: answer, wantsOther: await speaksTls(name) };
  const plain = await hello(address.alone(name, false));
  return typeof plain === 'string' ? { ...about, failure: answer } : { ...about, hello: plain, wantsOther: true };
}

/** @returns the answer, or why there is none */
async function hello(uri: string): Promise<mongoose.mongo.Document | string> {
  try {
    const client = new mongoose.mongo.MongoClient(uri, {
      appName: 'auraledger-asks',
      directConnection: true,
      serverSelectionTimeoutMS: ASK_WITHIN_MS,
      socketTimeoutMS: ASK_WITHIN_MS,
    });
    return await client
      .db('admin')
      .command({ hello: 1 })
      .finally(() => client.close());
  } catch (error) {
    return wordsOf(error);
  }
}

/** @returns "accepts", or why not */
async function knock(name: string): Promise<string> {
  const socket = net.connect(whereIs(name));
  return outcomeOf(socket, 'connect');
}

async function speaksTls(name: string): Promise<boolean> {
  const socket = tls.connect({ ...whereIs(name), rejectUnauthorized: false });
  return (await outcomeOf(socket, 'secureConnect')) === 'accepts';
}

async function outcomeOf(socket: net.Socket, success: 'connect' | 'secureConnect'): Promise<string> {
  const outcome = await new Promise<string>((resolve) => {
    socket.once(success, () => resolve('accepts'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('hangs up'));
    socket.setTimeout(ASK_WITHIN_MS, () => resolve(`not within ${ASK_WITHIN_MS / 1_000} s`));
  });
  socket.on('error', () => {}).destroy();
  return outcome;
}

function whereIs(name: string): { host: string; port: number } {
  const colon = name.lastIndexOf(':');
  return { host: name.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(name.slice(colon + 1)) };
}

/** The driver's sentence about a failure, with what caused it. */
function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let each: unknown = error; each instanceof Error && words.length < 4; each = each.cause) {
    if (!words.some((earlier) => earlier.includes((each as Error).message))) words.push(each.message);
  }
  return (words.join(': ') || String(error)).replace(/\s+/g, ' ').replace(/^Error: /, '');
}
