/** Who may use the embedded database, and by which address. */
import mongoose from 'mongoose';
import { ADDRESS, REPLICA_SET } from './mongod-process.js';

const DATABASE = 'auraledger';
const USER = 'auraledger';
/** The server's code for a user that has been made before. */
const ALREADY_EXISTS = 51_003;

/** The address of an embedded database. It holds the key: for nobody's eyes. */
export function uriOf(port: number, key: string): string {
  return `mongodb://${USER}:${key}@${ADDRESS}:${port}/${DATABASE}?replicaSet=${REPLICA_SET}&authSource=admin`;
}

/**
 * A client that logs in as the set itself, which the key file allows before there is any user: so nobody else ever has
 * the chance to make the first one.
 */
export function clientOfSet(
  port: number,
  key: string,
  options: mongoose.mongo.MongoClientOptions,
): mongoose.mongo.MongoClient {
  return new mongoose.mongo.MongoClient(`mongodb://${ADDRESS}:${port}/?directConnection=true`, {
    auth: { username: '__system', password: key },
    authSource: 'local',
    authMechanism: 'SCRAM-SHA-256',
    ...options,
  });
}

/** The user of `uriOf`, with this key as its password, whatever it was before: the key may be a new one. */
export async function giveLogin(client: mongoose.mongo.MongoClient, key: string): Promise<void> {
  const admin = client.db('admin');
  const user = { pwd: key, roles: ['root'], mechanisms: ['SCRAM-SHA-256'] };
  try {
    await admin.command({ createUser: USER, ...user });
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_EXISTS) throw error;
    await admin.command({ updateUser: USER, ...user });
  }
}
