import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { commandsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenClass, submit } from '../support/given.js';

const database = useDatabase();
afterEach(() => {
  jest.restoreAllMocks();
});
test('one', async () => {
  const { student, assignment } = await givenClass();
  console.log(JSON.stringify(await commandsOf(() => submit(student, assignment)), null, 1), database.name);
});
