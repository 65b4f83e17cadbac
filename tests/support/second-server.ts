import { afterAll, beforeAll } from '@jest/globals';
import { Types } from 'mongoose';
import { project } from '../architecture/project-copy.js';
import { newInput } from '../auth/harness.js';
import { type ProductServer, startProductServer } from '../faults/product-server.js';
import { type Client, clientOf } from './client.js';
import type { TestDatabase } from './database.js';

export interface StudentOnTwoServers {
  readonly studentId: Types.ObjectId;
  /** Clients alternate between the two servers: even positions use the first, odd ones the second. */
  client(position: number): Client;
  /** The address of one server, and of the other in turn. */
  url(position: number): string;
  readonly token: string;
}

/** Runs two server processes on this test file's database, and stops them at the end. */
export function useTwoServers(database: TestDatabase): { signUp(): Promise<StudentOnTwoServers> } {
  let servers: ProductServer[] = [];

  beforeAll(async () => {
    const start = () => startProductServer({ root: project, uri: database.uri });
    servers = await Promise.all([start(), start()]);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.terminate()));
  });

  return {
    async signUp() {
      const { accessToken, user } = await clientOf(servers[0]!.url).mutate(
        'signUp',
        newInput(),
        'accessToken user { id }',
      );
      const clients = servers.map(({ url }) => clientOf(url, accessToken));
      return {
        studentId: new Types.ObjectId(user.id as string),
        client: (position) => clients[position % 2]!,
        url: (position) => servers[position % 2]!.url,
        token: accessToken,
      };
    },
  };
}
