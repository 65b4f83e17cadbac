/**
 * Part of http/: what graphql-js computes anew whenever it executes an operation, although it depends on the document
 * alone. See docs/adr/0026-known-operations.md. May import graphql only.
 */
import {
  type ASTNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type VariableNode,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import type { Variables } from '../../graphql/variables.js';
import { type Complete, completionOf } from './execute.js';

/** The weight of a field with one node and no arguments, or of a list of fields. The unit is in known-operations.ts. */
const FIELD_WEIGHT = 3;

/** One place of an operation in objects of one type. */
export class PlannedField {
  readonly weight: number;
  readonly complete: Complete;
  readonly mayBeNull: boolean;
  /** null if they depend on variables. */
  readonly #arguments: object | null;
  /** The fields below, by the type of the object that has them. They are planned when the first such object is found. */
  #below: Map<GraphQLObjectType, readonly PlannedField[]> | undefined;

  constructor(
    private readonly plan: Plan,
    /** The name in the answer. */
    readonly key: string,
    readonly parentType: GraphQLObjectType,
    readonly definition: GraphQLField<unknown, unknown>,
    /** More than one if the document asks for the field several times, perhaps with different fields below. */
    readonly nodes: readonly FieldNode[],
  ) {
    this.complete = completionOf(definition.type);
    this.mayBeNull = !isNonNullType(definition.type);
    const [node] = nodes as [FieldNode];
    const inArguments = node.arguments?.flatMap(nodesIn) ?? [];
    this.#arguments = inArguments.some(isVariable) ? null : Object.freeze(getArgumentValues(definition, node, {}));
    // A literal in the arguments may be a long list, and each plan has its value once more.
    this.weight = FIELD_WEIGHT + nodes.length + (this.#arguments ? inArguments.length : 0);
  }

  argumentsFor(variables: Variables): object {
    return this.#arguments ?? getArgumentValues(this.definition, this.nodes[0]!, variables);
  }

  /** @returns the fields to execute on an object of this type */
  fieldsOf(type: GraphQLObjectType): readonly PlannedField[] {
    const known = this.#below?.get(type);
    if (known) return known;
    const { schema, fragments, conditions } = this.plan;
    const fields = this.plan.add(type, collectSubfields(schema, fragments, conditions, type, this.nodes));
    this.#below ??= new Map();
    this.#below.set(type, fields);
    return fields;
  }
}

/** @returns the names of the variables below a node */
export const variablesIn = (root: ASTNode): string[] =>
  nodesIn(root)
    .filter(isVariable)
    .map(({ name }) => name.value);

const isVariable = (node: ASTNode): node is VariableNode => node.kind === Kind.VARIABLE;

function nodesIn(root: ASTNode): ASTNode[] {
  const nodes: ASTNode[] = [];
  visit(root, { enter: (node) => void nodes.push(node) });
  return nodes;
}

export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/** How one operation is executed, for one combination of the variables that its directives depend on. */
export class Plan {
  readonly fields: readonly PlannedField[];

  /**
   * @param fragments all of the document, by their names
   * @param operation of a valid document
   * @param conditions the values of the variables in @skip and @include
   * @param onAdded is called with the weight that is added whenever the plan grows
   */
  constructor(
    readonly schema: GraphQLSchema,
    readonly fragments: Fragments,
    readonly operation: OperationDefinitionNode,
    readonly conditions: Variables,
    private readonly onAdded: (weight: number) => void,
  ) {
    const rootType = schema.getRootType(operation.operation)!;
    this.fields = this.add(
      rootType,
      collectFields(schema, fragments, { ...conditions }, rootType, operation.selectionSet),
    );
  }

  add(type: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): readonly PlannedField[] {
    const fields = [...collected].map(
      ([key, nodes]) => new PlannedField(this, key, type, definitionOf(this.schema, type, nodes[0]!), nodes),
    );
    this.onAdded(fields.reduce((sum, { weight }) => sum + weight, FIELD_WEIGHT));
    return fields;
  }
}

const META_FIELDS = new Map([SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]));

function definitionOf(schema: GraphQLSchema, type: GraphQLObjectType, { name }: FieldNode): PlannedField['definition'] {
  if (name.value === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  const field = (type === schema.getQueryType() && META_FIELDS.get(name.value)) || type.getFields()[name.value];
  if (!field) throw new Error('the document is not valid: a field does not exist');
  return field;
}
