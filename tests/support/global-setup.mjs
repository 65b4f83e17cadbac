// Plain JavaScript: jest would compile a TypeScript setup to CommonJS, in which the product does not run.
import { build } from '../../scripts/build.mjs';
import '../../scripts/typescript.mjs';

/**
 * Starts the one mongod of this run, which the test files find in AURALEDGER_TEST_URI, and builds the web client if it
 * has changed. If that fails, only the tests in a browser fail.
 */
export default async function setUp() {
  const { startTestMongod } = await import('./test-mongod.ts');
  const mongod = await startTestMongod();
  globalThis.auraledgerTestMongod = mongod;
  process.env.AURALEDGER_TEST_URI = mongod.uri;
  await build({ only: 'app', report: () => {} }).catch((error) => {
    process.env.AURALEDGER_WEB_CLIENT_PROBLEM = error.message;
  });
}
