/** A plan gives the answers of graphql-js: the same data in the same order, and the same errors in the same order. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { coerceVariables } from '../../src/graphql/variables.js';
import { executePlan } from '../../src/http/execution/execute.js';
import { KnownOperations } from '../../src/http/known-operations.js';
import { randomOperation, randomSchema, randomVariables, type World } from './random-operations.js';

const RUNS = 1_000;

const schema = randomSchema();
const rules = specifiedRules.filter((rule) => rule !== NoUnusedVariablesRule && rule !== NoUnusedFragmentsRule);

/** The client sees none of these messages: they are about values that no resolver of ours returns. */
const INTERNAL = /^(?!the resolver|the item|Cannot return null)/;

/** The text that a client would get, with what the log would have of the errors. */
const textOf = ({ data, errors = [] }: ExecutionResult): string =>
  JSON.stringify({
    data,
    errors: errors.map(({ message, path, nodes }) => ({
      message: INTERNAL.test(message) ? 'internal' : message,
      path,
      fields: nodes?.map((node) => ('name' in node ? node.name?.value : node.kind)),
    })),
  });

async function compare(text: string, document: DocumentNode, seed: number): Promise<{ errors: number }> {
  const known = new KnownOperations(schema);
  known.add(text, document);
  const { operation, planFor } = known.find(text, 'Random')!;
  let errors = 0;
  // The variables change, so that one document has several plans, and each plan is used more than once.
  for (const variant of [0, 1, 2, 0, 1]) {
    const sent = randomVariables(seed + variant);
    const contextValue: World = { seed: seed + variant };
    const expected = await execute({ schema, document, contextValue, variableValues: sent });
    const variables = coerceVariables(schema, operation, sent);
    const found = await executePlan(planFor(variables), { contextValue, variables });
    expect(textOf(found)).toBe(textOf(expected));
    errors += expected.errors?.length ?? 0;
  }
  return { errors };
}

test('random operations', async () => {
  const counts = { valid: 0, withErrors: 0, withSeveral: 0 };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const text = randomOperation(seed);
      const document = parse(text, { noLocation: true });
      if (validate(schema, document, rules).length > 0) return;
      const { errors } = await compare(text, document, seed);
      counts.valid += 1;
      if (errors > 0) counts.withErrors += 1;
      if (errors > 5) counts.withSeveral += 1;
    }),
    { numRuns: RUNS },
  );
  // Otherwise the test would prove little.
  expect(counts.valid).toBeGreaterThan(RUNS / 4);
  expect(counts.withErrors).toBeGreaterThan(RUNS / 10);
  expect(counts.withSeveral).toBeGreaterThan(RUNS / 20);
});
