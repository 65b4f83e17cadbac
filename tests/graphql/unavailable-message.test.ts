import { expect, test } from '@jest/globals';
import { GraphQLError, parse } from 'graphql';
import { Unavailable } from '../../src/granting/unavailable.js';
import { publicError } from '../../src/graphql/errors.js';

/** The message of a mutation that timed out, under an alias. */
function messageOf(mutation: string): string {
  const [definition] = parse(`mutation { alias: ${mutation} }`).definitions;
  if (definition?.kind !== 'OperationDefinition') throw new Error('not an operation');
  const thrown = new GraphQLError('x', {
    nodes: definition.selectionSet.selections,
    path: ['alias'],
    originalError: new Unavailable(),
  });
  return publicError(thrown.toJSON(), thrown).message;
}

test.each(['submitAssignment', 'endPomodoro'])('%s can be repeated with its key', (mutation) => {
  expect(messageOf(mutation)).toMatch(/Try again with the same key: nothing is ever paid twice\.$/);
});

test.each(['createCourse', 'createAssignment', 'updateAssignment', 'reviseSubmission', 'updateProfile', 'joinCourse'])(
  '%s has no key, so the client checks first',
  (mutation) => {
    expect(messageOf(mutation)).toMatch(/It may have been done: check first, and try again if it was not\.$/);
  },
);
