// Plain JavaScript: jest would compile a TypeScript setup to CommonJS, in which the product does not run.
import '../../scripts/typescript.mjs';

/** Starts the one mongod of this run; the test files find it in AURALEDGER_TEST_URI. */
export default async function setUp() {
  const { startTestMongod } = await import('./test-mongod.ts');
  const mongod = await startTestMongod();
  globalThis.auraledgerTestMongod = mongod;
  process.env.AURALEDGER_TEST_URI = mongod.uri;
}
