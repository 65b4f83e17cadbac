/** Where in a document a value stands that graphql-js has refused. Documents have no locations, and messages no names. */
import { type ASTNode, BREAK, type DocumentNode, type GraphQLError, Kind, type ValueNode, visit } from 'graphql';

/** Characters. The longest path of the schema has 22, and an index. */
const MAX_PLACE_LENGTH = 64;

const places = new WeakMap<ASTNode, string>();

/** Notes the places of the refused values, for `placeOfValue`. */
export function noteValuePlaces(document: DocumentNode, errors: readonly GraphQLError[]): void {
  for (const { nodes: [node] = [] } of errors) {
    const place = node ? placeIn(document, node) : '';
    // A name that the client made up may be long: an error repeats little of what it sent.
    if (node && place.length <= MAX_PLACE_LENGTH) places.set(node, place);
  }
}

/** @returns the dotted path from the argument to the value, for example input.dueDate; '' for other problems */
export const placeOfValue = ({ nodes: [node] = [] }: GraphQLError): string => (node && places.get(node)) ?? '';

/**
 * @returns the path from an argument that the execution refused to the only variable in it, for example .plannedMinutes;
 *   '' if it has several, because graphql-js does not say which one is null
 */
export function placeOfOnlyVariable({ nodes: [value] = [] }: GraphQLError): string {
  const variables: ASTNode[] = [];
  if (value) {
    visit(value, {
      Variable(node) {
        variables.push(node);
      },
    });
  }
  const [variable] = variables;
  return value && variable && variables.length === 1 ? placeIn(value, variable) : '';
}

function placeIn(root: ASTNode, wanted: ASTNode): string {
  let place = '';
  visit(root, {
    enter(node, _key, parent, _path, ancestors) {
      if (node !== wanted) return undefined;
      const around = [...ancestors, parent, node].filter((each): each is ASTNode => !!each && 'kind' in each);
      place = around.map((each, position) => stepInto(each, around[position + 1])).join('');
      return BREAK;
    },
  });
  return place;
}

function stepInto(node: ASTNode, next: ASTNode | undefined): string {
  switch (node.kind) {
    case Kind.ARGUMENT:
      return node.name.value;
    case Kind.VARIABLE_DEFINITION:
      return node.variable.name.value;
    case Kind.OBJECT_FIELD:
      return `.${node.name.value}`;
    case Kind.LIST:
      return next ? `[${node.values.indexOf(next as ValueNode)}]` : '';
    default:
      return '';
  }
}
