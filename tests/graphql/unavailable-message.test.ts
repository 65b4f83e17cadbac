import { expect, test } from '@jest/globals';
import { GraphQLError, parse } from 'graphql';
import { Unavailable } from '../../src/granting/unavailable.js';
import { publicError } from '../../src/graphql/errors.js';

/** The message of a mutation that timed out, under an alias, beside others. */
function messageOf(mutation: string, others: readonly string[] = []): string {
  const [definition] = parse(`mutation { alias: ${mutation} ${others.join(' ')} }`).definitions;
  if (definition?.kind !== 'OperationDefinition') throw new Error('not an operation');
  const thrown = new GraphQLError('x', {
    nodes: definition.selectionSet.selections,
    path: ['alias'],
    originalError: new Unavailable(),
  });
  return publicError(thrown.toJSON(), thrown, [mutation, ...others]).message;
}

test.each(['submitAssignment', 'endPomodoro'])('%s can be repeated with its key', (mutation) => {
  const others = ['createCourse'];
  expect(messageOf(mutation, others)).toMatch(/Try again with the same key: nothing is ever paid twice\.$/);
});

test.each(['createCourse', 'createAssignment', 'updateAssignment', 'reviseSubmission', 'updateProfile', 'joinCourse'])(
  '%s has no key, so the client checks first',
  (mutation) => {
    expect(messageOf(mutation)).toMatch(/It may have been done: check first, and try again if it was not\.$/);
  },
);
