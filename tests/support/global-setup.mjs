// This file is plain JavaScript: jest would compile TypeScript here to CommonJS, which the product does not support.
import { build } from '../../scripts/build.mjs';
import '../../scripts/typescript.mjs';

/**
 * Starts one mongod for the whole run and puts its address into AURALEDGER_TEST_URI. Builds the server and the pages that
 * have changed; if that fails, only the tests that need them fail. Servers in their own processes run from dist: they
 * start with less than two thirds of the processor time that they need from TypeScript.
 */
export default async function setUp() {
  const { startTestMongod } = await import('./test-mongod.ts');
  const mongod = await startTestMongod();
  globalThis.auraledgerTestMongod = mongod;
  process.env.AURALEDGER_TEST_URI = mongod.uri;
  const report = () => {};
  await build({ only: ['server'], report }).catch((error) => {
    process.env.AURALEDGER_SERVER_PROBLEM = error.message;
  });
  await build({ only: ['graphiql', 'app'], report }).catch((error) => {
    process.env.AURALEDGER_PAGES_PROBLEM = error.message;
  });
}
