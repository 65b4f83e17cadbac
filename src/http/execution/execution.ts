/** Part of http/: one execution of a plan: its errors, and what resolvers learn of it. May import graphql only. */
import {
  type ExecutionResult,
  type GraphQLAbstractType,
  type GraphQLError,
  type GraphQLResolveInfo,
  isObjectType,
  locatedError,
} from 'graphql';
import type { Variables } from '../../graphql/variables.js';
import type { Plan, PlannedField } from './plan.js';

/** The place of a value in the answer. */
export interface Path {
  readonly prev: Path | undefined;
  readonly key: string | number;
  readonly typename: string | undefined;
}

/** An object of the answer. */
export type Answer = Record<string, unknown>;

export class Execution {
  private readonly errors: GraphQLError[] = [];
  private readonly nulledPlaces = new Set<Path | undefined>();

  constructor(
    private readonly plan: Plan,
    readonly contextValue: unknown,
    readonly variables: Variables,
  ) {}

  resultOf(data: Answer | null, error?: GraphQLError): ExecutionResult {
    if (error) this.note(error, undefined);
    return this.errors.length === 0 ? { data } : { errors: this.errors, data };
  }

  /** Replaces a value by null. @throws GraphQLError if it must not be null: then the object around it becomes null */
  fail(thrown: unknown, { nodes }: PlannedField, path: Path, mayBeNull: boolean): null {
    const error = locatedError(thrown, nodes, keysOf(path));
    if (!mayBeNull) throw error;
    this.note(error, path);
    return null;
  }

  /** One error for each null: what fails below a place that is null already is not reported. */
  private note(error: GraphQLError, path: Path | undefined): void {
    for (let place = path; place; place = place.prev) if (this.nulledPlaces.has(place)) return;
    if (this.nulledPlaces.has(undefined)) return;
    this.nulledPlaces.add(path);
    this.errors.push(error);
  }

  infoFor({ definition, nodes, parentType }: PlannedField, path: Path): GraphQLResolveInfo {
    return {
      fieldName: definition.name,
      fieldNodes: nodes,
      returnType: definition.type,
      parentType,
      path,
      schema: this.plan.schema,
      fragments: this.plan.fragments,
      rootValue: undefined,
      operation: this.plan.operation,
      variableValues: this.variables as Record<string, unknown>,
    };
  }

  /** @returns the fields of an object of an interface or a union */
  fieldsOf(field: PlannedField, type: GraphQLAbstractType, name: unknown): readonly PlannedField[] {
    const { schema } = this.plan;
    const runtimeType = typeof name === 'string' ? schema.getType(name) : undefined;
    if (!isObjectType(runtimeType) || !schema.isSubType(type, runtimeType)) {
      throw new Error(`An object of ${type.name} has another type.`);
    }
    return field.fieldsOf(runtimeType);
  }
}

export const isPromise = (value: unknown): value is Promise<never> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';

function keysOf(path: Path): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let place: Path | undefined = path; place; place = place.prev) keys.push(place.key);
  return keys.reverse();
}
