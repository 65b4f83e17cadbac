// This file is plain JavaScript: jest would compile TypeScript here to CommonJS, which the product does not support.
import '../../scripts/typescript.mjs';

/** Starts one mongod for the whole run and puts its address into AURALEDGER_TEST_URI. */
export default async function setUp() {
  const { startTestMongod } = await import('./test-mongod.ts');
  const mongod = await startTestMongod();
  globalThis.auraledgerTestMongod = mongod;
  process.env.AURALEDGER_TEST_URI = mongod.uri;
}
