/** Stops the mongod that global-setup started. */
export default async function tearDown() {
  await globalThis.auraledgerTestMongod?.stop();
}
