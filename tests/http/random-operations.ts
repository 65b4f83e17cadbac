/** Random operations on a schema with every kind of type, and random values for their fields. */
import {
  buildSchema,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  responsePathAsArray,
} from 'graphql';

/** What a test of an operation needs: the resolvers read the values of the world, which is the context. */
export interface World {
  readonly seed: number;
}

const SDL = `
  enum Color { RED GREEN }
  input Filter { least: Int! names: [String!] color: Color = GREEN }
  interface Node { id: ID! name: String next: Node friends: [Node] }
  union Thing = A | B
  type A implements Node {
    id: ID! name: String next: Node friends: [Node]
    number: Int mustNumber: Int! color: Color b: B mustB: B! list: [B!] mustList: [B!]! nested: [[Int!]] thing: Thing
    echo(n: Int = 3, color: Color, filter: Filter): String
  }
  type B implements Node {
    id: ID! name: String next: Node friends: [Node]
    float: Float flags: [Boolean] a: A mustA: A! things: [Thing!]
    echo(n: Int!): String!
  }
  type Query { a: A mustA: A! b: B node: Node things: [Thing] number: Int }
  type Mutation { first: A second: B! third: Int }
`;

const OBJECTS = ['A', 'B'];

/** @returns a number from 0 below 1 that depends on the texts only */
function chance(...parts: readonly unknown[]): number {
  let hash = 2166136261;
  for (const char of parts.join('|')) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

async function later<Value>(ticks: number, value: () => Value): Promise<Value> {
  for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
  return value();
}

/** @returns a schema whose fields have random values, promises and errors, always the same at the same place */
export function randomSchema(): GraphQLSchema {
  const schema = buildSchema(SDL);
  for (const type of Object.values(schema.getTypeMap())) {
    if (isAbstractType(type)) type.resolveType = (value) => ((value as { isA: boolean }).isA ? 'A' : 'B');
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      // Some fields are properties of the object, and some are its methods.
      if (['id', 'name'].includes(field.name)) continue;
      field.resolve = (_source, args, { seed }: World, info) => {
        if (field.name === 'echo') return JSON.stringify([args, info.fieldName, info.parentType.name]);
        return outcomeOf(seed, info, field.type);
      };
    }
  }
  return schema;
}

/** A value, a promise of one, null, or an error: thrown, returned or rejected. */
function outcomeOf(seed: number, info: GraphQLResolveInfo, type: GraphQLOutputType): unknown {
  const place = responsePathAsArray(info.path).join('.');
  const draw = chance(seed, place, 'outcome');
  const error = () => new Error(`the resolver of ${place} failed`);
  const ticks = Math.floor(4 * chance(seed, place, 'ticks'));
  const value = () => valueFor(`${seed} ${place}`, type);
  if (draw < 0.04) throw error();
  if (draw < 0.07) return error();
  if (draw < 0.1) return null;
  if (draw < 0.14) return later(ticks, () => Promise.reject(error()));
  if (draw < 0.17) return later(ticks, () => null);
  return draw < 0.4 ? later(ticks, value) : value();
}

function valueFor(place: string, type: GraphQLOutputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    // Not a list.
    if (chance(place, 'list') < 0.04) return 7;
    // graphql-js handles no rejection of an item if a later item fails at once and the list cannot have null.
    const most = isNonNullType(nullable.ofType) ? 2 : 4;
    const length = Math.floor(most * chance(place, 'length'));
    const items = Array.from({ length }, (_, n) => itemOf(`${place} ${n}`, nullable.ofType));
    return chance(place, 'set') < 0.2 ? new Set(items) : items;
  }
  const { name } = getNamedType(type);
  if (isLeafType(nullable)) return leafOf(place, name);
  return objectOf(place, name);
}

function itemOf(place: string, type: GraphQLOutputType): unknown {
  const draw = chance(place, 'item');
  if (draw < 0.05) return null;
  if (draw < 0.1) return new Error(`the item ${place} failed`);
  if (draw < 0.2) return later(Math.floor(3 * chance(place, 'ticks')), () => valueFor(place, type));
  if (draw < 0.23) return later(0, () => Promise.reject(new Error(`the item ${place} was rejected`)));
  return valueFor(place, type);
}

function leafOf(place: string, name: string): unknown {
  // Cannot be serialized.
  if (chance(place, 'leaf') < 0.04) return { not: 'a leaf' };
  const draw = chance(place, 'value');
  if (name === 'Color') return draw < 0.5 ? 'RED' : 'GREEN';
  if (name === 'Boolean') return draw < 0.5;
  return name === 'Float' ? draw : Math.floor(100 * draw);
}

function objectOf(place: string, name: string): unknown {
  const isA = OBJECTS.includes(name) ? name === 'A' : chance(place, 'type') < 0.5;
  const named = chance(place, 'name');
  return {
    isA,
    id: chance(place, 'id') < 0.03 ? null : place,
    name: named < 0.3 ? (args: object) => later(1, () => JSON.stringify(args)) : named < 0.4 ? undefined : place,
  };
}

const FIELDS: Record<string, readonly (readonly [name: string, type?: string])[]> = {
  Query: [['a', 'A'], ['mustA', 'A'], ['b', 'B'], ['node', 'Node'], ['things', 'Thing'], ['number'], ['__typename']],
  Mutation: [['first', 'A'], ['second', 'B'], ['third']],
  Node: [['id'], ['name'], ['next', 'Node'], ['friends', 'Node'], ['__typename']],
  Thing: [['__typename']],
  A: [
    ['id'],
    ['name'],
    ['next', 'Node'],
    ['friends', 'Node'],
    ['number'],
    ['mustNumber'],
    ['color'],
    ['b', 'B'],
    ['mustB', 'B'],
    ['list', 'B'],
    ['mustList', 'B'],
    ['nested'],
    ['thing', 'Thing'],
    ['echo'],
    ['echo1: echo(n: 1, filter: { least: 2 })'],
    ['echo2: echo(n: $n, filter: $filter)'],
    ['echo3: echo(filter: { least: $must, names: ["x", $text] })'],
    ['__typename'],
  ],
  B: [
    ['id'],
    ['name'],
    ['next', 'Node'],
    ['friends', 'Node'],
    ['float'],
    ['flags'],
    ['a', 'A'],
    ['mustA', 'A'],
    ['things', 'Thing'],
    ['echo1: echo(n: 4)'],
    ['echo2: echo(n: $must)'],
    ['__typename'],
  ],
};
const CONDITIONS: Record<string, readonly string[]> = {
  Node: ['A', 'B', 'Node'],
  Thing: ['A', 'B', 'Node'],
  A: ['A', 'Node', 'Thing'],
  B: ['B', 'Node', 'Thing'],
};
const ALIASES = ['one', 'two', '__proto__', 'constructor'];
const DIRECTIVES = [
  '@include(if: $yes)',
  '@skip(if: $yes)',
  '@include(if: $no)',
  '@skip(if: false)',
  '@include(if: true)',
];
const FRAGMENTS = ['A', 'B', 'Node', 'A'];

/** @returns the text of an operation, which may be invalid: fields of one name may contradict each other */
export function randomOperation(seed: number): string {
  let draws = 0;
  const next = () => chance(seed, draws++);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)]!;
  const directive = () => (next() < 0.15 ? ` ${pick(DIRECTIVES)}` : '');

  /** @param usable fragments with a higher number: no fragment may contain itself */
  function selections(type: string, depth: number, usable: number): string {
    const parts = Array.from({ length: 1 + Math.floor(4 * next()) }, () => selection(type, depth, usable));
    return `{ ${parts.join(' ')} }`;
  }
  function selection(type: string, depth: number, usable: number): string {
    const draw = next();
    const conditions = CONDITIONS[type];
    if (conditions && draw < 0.15 && depth > 0) {
      const on = pick(conditions);
      return `... on ${on}${directive()} ${selections(on, depth - 1, usable)}`;
    }
    if (conditions && draw < 0.25 && usable < FRAGMENTS.length) {
      return `...F${usable + Math.floor(next() * (FRAGMENTS.length - usable))}${directive()}`;
    }
    const [field, below] = pick(FIELDS[type]!);
    if (below && depth === 0) return '__typename';
    const alias = !field.includes(':') && next() < 0.1 ? `${pick(ALIASES)}: ` : '';
    return `${alias}${field}${directive()}${below ? ` ${selections(below, depth - 1, usable)}` : ''}`;
  }

  const isMutation = next() < 0.2;
  const root = selections(isMutation ? 'Mutation' : 'Query', 4, 0);
  const fragments = FRAGMENTS.map((on, n) => `fragment F${n} on ${on} ${selections(on, 2, n + 1)}`);
  const variables = '$yes: Boolean!, $no: Boolean = false, $n: Int, $must: Int!, $text: String = "y", $filter: Filter';
  return `${isMutation ? 'mutation' : 'query'} Random(${variables}) ${root}\n${fragments.join('\n')}`;
}

/** @returns variables for a random operation, as a client sends them */
export function randomVariables(seed: number): Record<string, unknown> {
  const flip = (name: string) => chance(seed, name) < 0.5;
  return {
    yes: flip('yes'),
    must: 5,
    ...(flip('no') && { no: flip('no is') }),
    ...(flip('n') && { n: flip('n is null') ? null : 8 }),
    ...(flip('filter') && { filter: { least: 1, ...(flip('names') && { names: 'z' }) } }),
  };
}
