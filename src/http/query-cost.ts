/** Part of http/: what an operation may cost at most. May import graphql. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getVariableValues,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql';

/** How long a list is reckoned to be whose length nobody asks for: badges, courses, lines of a reward. */
const TYPICAL_LIST = 5;
const LONGEST_PAGE = 100;
const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/**
 * How many fields an operation may make the server resolve. Pages are as long as they are asked to be, in the query, by
 * a variable or by default: a limit that knows literals only is none.
 * @param asked a document that is valid
 */
export function costOf({ schema, document, operation, variables }: Asked): number {
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
  // Variables that do not fit are refused before anything is resolved.
  if (!coerced) return 0;
  const root = schema.getRootType(operation.operation);
  return root ? new Reckoning(schema, document, coerced).ofSelections(root, operation.selectionSet) : 0;
}

class Reckoning {
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Each is reckoned once: fragments that spread others twice would double the work with each. */
  private readonly ofFragments = new Map<string, number>();

  constructor(
    private readonly schema: GraphQLSchema,
    document: DocumentNode,
    private readonly variables: Record<string, unknown>,
  ) {
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    this.fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  /** @param pageLength of the connection that these are selected of, if it is one */
  ofSelections(type: GraphQLNamedType, { selections }: SelectionSetNode, pageLength?: number): number {
    return selections.reduce((sum, selection) => sum + this.ofSelection(type, selection, pageLength), 0);
  }

  private ofSelection(type: GraphQLNamedType, selection: SelectionNode, pageLength?: number): number {
    switch (selection.kind) {
      case Kind.FIELD:
        return this.ofField(type, selection, pageLength);
      case Kind.INLINE_FRAGMENT: {
        const narrowed = selection.typeCondition && this.schema.getType(selection.typeCondition.name.value);
        return this.ofSelections(narrowed ?? type, selection.selectionSet, pageLength);
      }
      case Kind.FRAGMENT_SPREAD:
        return this.ofFragment(selection.name.value, pageLength);
    }
  }

  private ofFragment(name: string, pageLength?: number): number {
    const key = `${name} ${pageLength}`;
    const known = this.ofFragments.get(key);
    if (known !== undefined) return known;
    const fragment = this.fragments.get(name);
    const type = fragment && this.schema.getType(fragment.typeCondition.name.value);
    const cost = type ? this.ofSelections(type, fragment.selectionSet, pageLength) : 0;
    this.ofFragments.set(key, cost);
    return cost;
  }

  private ofField(type: GraphQLNamedType, node: FieldNode, pageLength?: number): number {
    const hasFields = isObjectType(type) || isInterfaceType(type);
    const field = hasFields ? type.getFields()[node.name.value] : undefined;
    // What has no definition here is introspection, which has a limit of its own.
    if (!field || !node.selectionSet) return 1;
    const items = isListType(getNullableType(field.type)) ? this.lengthOf(field, node, pageLength) : 1;
    const first = this.argument(field, node, 'first');
    const ownPage = typeof first === 'number' ? between(1, first, LONGEST_PAGE) : undefined;
    return 1 + items * this.ofSelections(getNamedType(field.type), node.selectionSet, ownPage);
  }

  private lengthOf(field: GraphQLField<unknown, unknown>, node: FieldNode, pageLength = TYPICAL_LIST): number {
    const [from, to] = [this.argument(field, node, 'from'), this.argument(field, node, 'to')];
    if (typeof from !== 'string' || typeof to !== 'string') return pageLength;
    return between(1, (Date.parse(to) - Date.parse(from)) / DAY_MS + 1, MOST_DAYS);
  }

  private argument(field: GraphQLField<unknown, unknown>, node: FieldNode, name: string): unknown {
    const argument = field.args.find((candidate) => candidate.name === name);
    if (!argument) return undefined;
    const given = node.arguments?.find((candidate) => candidate.name.value === name);
    return valueFromAST(given?.value, argument.type, this.variables) ?? argument.defaultValue;
  }
}

const between = (least: number, value: number, most: number): number => Math.min(Math.max(least, value), most);
