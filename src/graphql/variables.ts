import {
  coerceInputValue,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import type { FieldProblem } from '../granting/bad-input.js';
import { NOT_ALLOWED, refusedInput, useType } from './errors.js';

export type Variables = Readonly<Record<string, unknown>>;

/** Values in all variables together: four times the longest list that an input is meant to take. */
const MOST_VALUES = 2_000;
/** Lists and objects inside each other; the deepest input of the API has two. */
const DEEPEST = 10;
/** What is wrong is told in one error, so that an honest client can mend all of it; after these nobody reads on. */
const MOST_PROBLEMS = 5;

/**
 * The variables as the resolvers get them. graphql-js judges them once more when it executes; what is wrong with them
 * never gets there, since it writes the whole value into a message for each problem.
 * @throws GraphQLError of a BadInput with a path and a sentence for each of the first problems, never with a value
 */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  sent: Variables,
): Variables {
  assertBounded(sent);
  const problems: FieldProblem[] = [];
  const coerced: Record<string, unknown> = {};
  try {
    for (const definition of variableDefinitions) {
      const name = definition.variable.name.value;
      const value = coerceVariable(schema, definition, sent, (problem) => {
        if (problems.length === MOST_PROBLEMS) throw ENOUGH;
        problems.push(problem);
      });
      if (value !== undefined) coerced[name] = value;
    }
  } catch (error) {
    if (error !== ENOUGH) throw error;
    problems.push({ path: 'variables', message: 'More is wrong with them than can be listed.' });
  }
  if (problems.length > 0) throw refusedInput(problems);
  return coerced;
}

/** Ends the judging: graphql-js has no other way out of it. */
const ENOUGH = Symbol('enough problems');

/** @returns undefined where the variable has no value at all */
function coerceVariable(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  sent: Variables,
  report: (problem: FieldProblem) => void,
): unknown {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) throw new Error('a document with a variable of an output type is not valid');
  if (!Object.hasOwn(sent, name) && defaultValue) return valueFromAST(defaultValue, type);
  if (!Object.hasOwn(sent, name) && !isNonNullType(type)) return undefined;
  const onError: Parameters<typeof coerceInputValue>[2] = (path, value, { message }) =>
    report(problemOf(pathOf(name, path), typeAt(type, path), value, message));
  return coerceInputValue(sent[name], type, onError, true);
}

/** Dotted, as the resolvers' own problems are: input.ids[3]. */
const pathOf = (variable: string, path: readonly (string | number)[]): string =>
  variable + path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');

/** The type at a path that graphql-js walked: it goes into items of lists and known fields only. */
function typeAt(type: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType {
  const [key, ...rest] = path;
  const nullable = getNullableType(type);
  if (key === undefined) return nullable;
  if (isListType(nullable)) return typeAt(nullable.ofType, rest);
  return isInputObjectType(nullable) ? typeAt(nullable.getFields()[key]!.type, rest) : nullable;
}

/** @param message of graphql-js, which may hold the value, but begins with the name of a field where one is the matter */
function problemOf(path: string, type: GraphQLInputType, value: unknown, message: string): FieldProblem {
  if (value == null) return { path, message: 'It is required.' };
  if (!isInputObjectType(type) || typeof value !== 'object' || Array.isArray(value)) {
    return { path, message: isEnumType(type) ? NOT_ALLOWED : useType(`${type}`) };
  }
  // The name is told where it could be one in GraphQL: the caller may have sent anything for a name.
  const field = /^Field "(\w{1,64})" /.exec(message)?.[1];
  const isKnown = field !== undefined && Object.hasOwn(type.getFields(), field);
  if (field === undefined || Object.hasOwn(value, field) === isKnown) {
    return { path, message: 'It has a field that does not exist.' };
  }
  return { path: `${path}.${field}`, message: isKnown ? 'It is required.' : 'There is no such field.' };
}

/**
 * Looks at no more values than there may be, whatever was sent, and goes into nothing too deep.
 * @throws GraphQLError of a BadInput
 */
function assertBounded(sent: Variables): void {
  let count = 0;
  let layer: object[] = [sent];
  for (let depth = 0; layer.length > 0; depth += 1) {
    if (depth > DEEPEST) throw tooMuch(`They are nested more than ${DEEPEST} deep.`);
    const inside: object[] = [];
    for (const collection of layer) {
      const values: readonly unknown[] = Array.isArray(collection) ? collection : Object.values(collection);
      count += values.length;
      if (count > MOST_VALUES) throw tooMuch(`They have more than ${MOST_VALUES} values. Send fewer at once.`);
      inside.push(...(values.filter((value) => typeof value === 'object' && value !== null) as object[]));
    }
    layer = inside;
  }
}

const tooMuch = (message: string) => refusedInput([{ path: 'variables', message }], { overLimit: true });
