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
import { NOT_ALLOWED, rejectedRequest, useType } from './errors.js';

export type Variables = Readonly<Record<string, unknown>>;

/** Maximum number of problems in one error. A client learns of several at once and can fix them together. */
const MAX_PROBLEMS = 5;

/**
 * Converts the variables to the values that resolvers get. graphql-js does this again when it executes the operation.
 * This check comes first because graphql-js repeats the whole invalid value in the message of each problem.
 * @throws GraphQLError around a BadInput with a path and a sentence for each of the first MAX_PROBLEMS problems, never
 *   with a value
 */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  sent: Variables,
): Variables {
  const problems: FieldProblem[] = [];
  const coerced: Record<string, unknown> = {};
  try {
    for (const definition of variableDefinitions) {
      const name = definition.variable.name.value;
      const value = coerceVariable(schema, definition, sent, (problem) => {
        if (problems.length === MAX_PROBLEMS) throw TOO_MANY_PROBLEMS;
        problems.push(problem);
      });
      if (value !== undefined) coerced[name] = value;
    }
  } catch (error) {
    if (error !== TOO_MANY_PROBLEMS) throw error;
    problems.push({ path: 'variables', message: 'They have more problems than this list shows.' });
  }
  if (problems.length > 0) throw rejectedRequest(problems);
  return coerced;
}

/** Thrown to stop the coercion: graphql-js offers no other way. */
const TOO_MANY_PROBLEMS = Symbol('too many problems');

/** @returns the coerced value, or undefined if the variable has no value */
function coerceVariable(
  schema: GraphQLSchema,
  { variable, type: typeNode, defaultValue }: VariableDefinitionNode,
  sent: Variables,
  report: (problem: FieldProblem) => void,
): unknown {
  const name = variable.name.value;
  const type = typeFromAST(schema, typeNode);
  if (!isInputType(type)) throw new Error('the document was not validated: a variable has an output type');
  if (!Object.hasOwn(sent, name) && defaultValue) return valueFromAST(defaultValue, type);
  if (!Object.hasOwn(sent, name) && !isNonNullType(type)) return undefined;
  const onError: Parameters<typeof coerceInputValue>[2] = (path, value, { message }) =>
    report(problemOf(pathOf(name, path), typeAt(type, path), value, message));
  return coerceInputValue(sent[name], type, onError, true);
}

/** A dotted path such as input.ids[3], in the format of the problems that checkInput reports. */
const pathOf = (variable: string, path: readonly (string | number)[]): string =>
  variable + path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');

/** The type at a path that graphql-js reported. Such a path contains only list items and known fields. */
function typeAt(type: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType {
  const [key, ...rest] = path;
  const nullable = getNullableType(type);
  if (key === undefined) return nullable;
  if (isListType(nullable)) return typeAt(nullable.ofType, rest);
  return isInputObjectType(nullable) ? typeAt(nullable.getFields()[key]!.type, rest) : nullable;
}

/** @param message from graphql-js. It can contain the value. If the problem is a field, it begins with the field's name. */
function problemOf(path: string, type: GraphQLInputType, value: unknown, message: string): FieldProblem {
  if (value == null) return { path, message: 'It is required.' };
  if (!isInputObjectType(type) || typeof value !== 'object' || Array.isArray(value)) {
    return { path, message: isEnumType(type) ? NOT_ALLOWED : useType(`${type}`) };
  }
  // Repeat the name only if it could be a GraphQL name: the client may have sent any text as a key.
  const field = /^Field "(\w{1,64})" /.exec(message)?.[1];
  const isKnown = field !== undefined && Object.hasOwn(type.getFields(), field);
  if (field === undefined || Object.hasOwn(value, field) === isKnown) {
    return { path, message: 'It has a field that does not exist.' };
  }
  return { path: `${path}.${field}`, message: isKnown ? 'It is required.' : 'There is no such field.' };
}
