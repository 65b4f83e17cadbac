/**
 * Part of http/: executes a plan. The answer is the one of graphql-js: the same data, and the same errors in the same
 * order. So this file follows its execute.js step by step. May import graphql only.
 */
import {
  type ExecutionResult,
  type GraphQLAbstractType,
  type GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  OperationTypeNode,
} from 'graphql';
import type { Variables } from '../../graphql/variables.js';
import { type Answer, Execution, isPromise, type Path } from './execution.js';
import type { Plan, PlannedField } from './plan.js';

type MaybePromise<Value> = Value | Promise<Value>;

/** Converts what a resolver returned to what the answer has. @throws any error */
export type Complete = (execution: Execution, field: PlannedField, path: Path, value: unknown) => unknown;

/**
 * @param variables coerced
 * @returns never rejects
 */
export function executePlan(
  plan: Plan,
  { contextValue, variables }: { readonly contextValue: unknown; readonly variables: Variables },
): MaybePromise<ExecutionResult> {
  const execution = new Execution(plan, contextValue, variables);
  try {
    const data = executeOperation(execution, plan);
    if (!(data instanceof Promise)) return execution.resultOf(data);
    return data.then(
      (resolved) => execution.resultOf(resolved),
      (error) => execution.resultOf(null, error),
    );
  } catch (error) {
    return execution.resultOf(null, error as GraphQLError);
  }
}

/** It inherits no setter: a client may call a field "__proto__". */
class NewAnswer {
  [key: string]: unknown;
}
Object.setPrototypeOf(NewAnswer.prototype, null);

const executeOperation = (execution: Execution, { operation, fields }: Plan): MaybePromise<Answer> =>
  operation.operation === OperationTypeNode.MUTATION
    ? executeSerially(execution, fields)
    : executeFields(execution, fields, undefined, undefined);

function executeSerially(execution: Execution, fields: readonly PlannedField[]): MaybePromise<Answer> {
  const answer = new NewAnswer();
  let previous: Promise<void> | undefined;
  for (const field of fields) {
    const run = (): Promise<void> | undefined => {
      const value = executeField(execution, field, undefined, undefined);
      if (!isPromise(value)) {
        answer[field.key] = value;
        return undefined;
      }
      return value.then((resolved) => {
        answer[field.key] = resolved;
      });
    };
    previous = previous ? previous.then(run) : run();
  }
  return previous ? previous.then(() => answer) : answer;
}

function executeFields(
  execution: Execution,
  fields: readonly PlannedField[],
  source: unknown,
  path: Path | undefined,
): MaybePromise<Answer> {
  const answer = new NewAnswer();
  const pending: string[] = [];
  try {
    for (const field of fields) {
      const value = executeField(execution, field, source, path);
      answer[field.key] = value;
      if (isPromise(value)) pending.push(field.key);
    }
  } catch (error) {
    if (pending.length === 0) throw error;
    // The other fields may fail too: nobody else would handle it.
    return allResolved(answer, pending).finally(() => {
      throw error;
    });
  }
  return pending.length === 0 ? answer : allResolved(answer, pending);
}

/** Replaces the promises of these fields by what they resolve to. */
function allResolved(answer: Answer, keys: readonly string[]): Promise<Answer> {
  return Promise.all(keys.map((key) => answer[key])).then((values) => {
    for (const [position, key] of keys.entries()) answer[key] = values[position];
    return answer;
  });
}

function executeField(
  execution: Execution,
  field: PlannedField,
  source: unknown,
  parentPath: Path | undefined,
): unknown {
  const { complete, mayBeNull, parentType, key } = field;
  const path = { prev: parentPath, key, typename: parentType.name };
  try {
    const value = resolve(execution, field, source, path);
    const completed = isPromise(value)
      ? value.then((resolved) => complete(execution, field, path, resolved))
      : complete(execution, field, path, value);
    if (!isPromise(completed)) return completed;
    return completed.then(undefined, (error) => execution.fail(error, field, path, mayBeNull));
  } catch (error) {
    return execution.fail(error, field, path, mayBeNull);
  }
}

function resolve(execution: Execution, field: PlannedField, source: unknown, path: Path): unknown {
  const { definition } = field;
  if (!definition.resolve) {
    // Without a resolver a field is a property.
    if (source === null || (typeof source !== 'object' && typeof source !== 'function')) return undefined;
    const value = (source as Record<string, unknown>)[definition.name];
    if (typeof value !== 'function') return value;
  }
  const args = field.argumentsFor(execution.variables);
  const info = execution.infoFor(field, path);
  if (definition.resolve) return definition.resolve(source, args, execution.contextValue, info);
  return (source as Record<string, Method>)[definition.name]!(args, execution.contextValue, info);
}

type Method = (args: object, contextValue: unknown, info: GraphQLResolveInfo) => unknown;

const completions = new WeakMap<GraphQLOutputType, Complete>();

/** @returns always the same function for the same type */
export function completionOf(type: GraphQLOutputType): Complete {
  const known = completions.get(type);
  if (known) return known;
  const complete = isNonNullType(type)
    ? completeNonNull(valueCompletion(type.ofType))
    : completeNullable(valueCompletion(type));
  completions.set(type, complete);
  return complete;
}

const completeNullable =
  (complete: Complete): Complete =>
  (execution, field, path, value) => {
    if (value instanceof Error) throw value;
    return value == null ? null : complete(execution, field, path, value);
  };

const completeNonNull =
  (complete: Complete): Complete =>
  (execution, field, path, value) => {
    if (value instanceof Error) throw value;
    if (value != null) return complete(execution, field, path, value);
    throw new Error(`Cannot return null for non-nullable field ${field.parentType.name}.${field.definition.name}.`);
  };

/** @returns the completion of values that are neither null nor errors */
function valueCompletion(type: GraphQLOutputType): Complete {
  if (isLeafType(type)) return completeLeaf(type);
  if (isListType(type)) return completeList(type.ofType);
  if (isAbstractType(type)) return completeAbstract(type);
  return completeObject(type as GraphQLObjectType);
}

const completeLeaf =
  (type: GraphQLLeafType): Complete =>
  (_execution, _field, _path, value) => {
    const serialized = type.serialize(value);
    if (serialized == null) throw new Error(`${type.name} serialized a value as null.`);
    return serialized;
  };

const completeObject =
  (type: GraphQLObjectType): Complete =>
  (execution, field, path, value) =>
    executeFields(execution, field.fieldsOf(type), value, path);

const completeAbstract =
  (type: GraphQLAbstractType): Complete =>
  (execution, field, path, value) => {
    const name = type.resolveType!(value, execution.contextValue, execution.infoFor(field, path), type);
    if (isPromise(name)) {
      return name.then((resolved) => executeFields(execution, execution.fieldsOf(field, type, resolved), value, path));
    }
    return executeFields(execution, execution.fieldsOf(field, type, name), value, path);
  };

function completeList(itemType: GraphQLOutputType): Complete {
  const complete = completionOf(itemType);
  const mayBeNull = !isNonNullType(itemType);

  function completeItem(execution: Execution, field: PlannedField, path: Path, item: unknown): unknown {
    try {
      const completed = isPromise(item)
        ? item.then((resolved) => complete(execution, field, path, resolved))
        : complete(execution, field, path, item);
      if (!isPromise(completed)) return completed;
      return completed.then(undefined, (error) => execution.fail(error, field, path, mayBeNull));
    } catch (error) {
      return execution.fail(error, field, path, mayBeNull);
    }
  }

  return (execution, field, path, value) => {
    if (!isIterable(value)) {
      throw new Error(`The value of ${field.parentType.name}.${field.definition.name} is not a list.`);
    }
    const items: unknown[] = [];
    try {
      for (const item of value) {
        items.push(completeItem(execution, field, { prev: path, key: items.length, typename: undefined }, item));
      }
    } catch (error) {
      // The items before may fail too, and nobody else would handle it.
      for (const item of items) if (isPromise(item)) item.catch(() => {});
      throw error;
    }
    return items.some(isPromise) ? Promise.all(items) : items;
  };
}

/** Texts are no lists. */
const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
