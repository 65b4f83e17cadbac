/** The users of the embedded database, and its URI. */
import mongoose from 'mongoose';
import { ADDRESS, REPLICA_SET } from './mongod-process.js';

const DATABASE = 'auraledger';
const USER = 'auraledger';
/** MongoDB's error code for a user that already exists. */
const ALREADY_EXISTS = 51_003;

/** Returns the URI of an embedded database. It contains the key: never log or print it. */
export function uriOf(port: number, key: string): string {
  return `mongodb://${USER}:${key}@${ADDRESS}:${port}/${DATABASE}?replicaSet=${REPLICA_SET}&authSource=admin`;
}

/**
 * Returns a client that logs in as `__system`, the replica set itself. The key file allows this before any user exists,
 * so no other client ever gets the chance to create the first user.
 */
export function createSystemClient(
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

/** Creates the user of `uriOf`, or updates its password, because the key may be new. */
export async function ensureDatabaseUser(client: mongoose.mongo.MongoClient, key: string): Promise<void> {
  const admin = client.db('admin');
  const user = { pwd: key, roles: ['root'], mechanisms: ['SCRAM-SHA-256'] };
  try {
    await admin.command({ createUser: USER, ...user });
  } catch (error) {
    if ((error as { code?: unknown }).code !== ALREADY_EXISTS) throw error;
    await admin.command({ updateUser: USER, ...user });
  }
}
