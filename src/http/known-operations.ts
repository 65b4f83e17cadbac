/**
 * Part of http/: the documents that clients send again and again, and the plans of their operations. May import graphql.
 */
import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import type { Variables } from '../graphql/variables.js';
import { type Fragments, Plan, variablesIn } from './execution/plan.js';

/**
 * What all documents and plans may weigh. The unit is a character of a document, which takes at most about 110 bytes
 * once it is parsed: 44 MB in all. A school's clients have some hundred documents of a thousand characters.
 */
const MAX_WEIGHT = 400_000;
/** The weight of a document besides its characters. */
const DOCUMENT_WEIGHT = 10;

interface KnownDocument {
  readonly text: string;
  readonly document: DocumentNode;
  /** The names of the variables in @skip and @include. */
  readonly conditions: readonly string[];
  readonly fragments: Fragments;
  readonly plans: Map<string, Plan>;
  weight: number;
}

/** An operation of a known document. */
export interface KnownOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** @param variables coerced */
  planFor(variables: Variables): Plan;
}

/** Forgets the documents that were not used for the longest time. */
export class KnownOperations {
  /** By their texts, the least recently used one first. */
  readonly #documents = new Map<string, KnownDocument>();
  #weight = 0;

  constructor(readonly schema: GraphQLSchema) {}

  /** What all documents and plans weigh. */
  get weight(): number {
    return this.#weight;
  }

  /** @param document valid, and within the limits of a query */
  add(text: string, document: DocumentNode): void {
    if (this.#documents.has(text)) return;
    const conditions = conditionsIn(document);
    const fragments = fragmentsOf(document);
    const known = { text, document, conditions, fragments, plans: new Map<string, Plan>(), weight: 0 };
    this.#documents.set(text, known);
    this.#addWeight(known, DOCUMENT_WEIGHT + text.length);
  }

  /** @returns null if the document is not known, or has no such operation, or the operation is a subscription */
  lookUp(text: string, operationName: string | null | undefined): KnownOperation | null {
    const known = this.#documents.get(text);
    if (!known) return null;
    this.#documents.delete(text);
    this.#documents.set(text, known);
    const operation = getOperationAST(known.document, operationName || undefined);
    if (!operation || operation.operation === 'subscription') return null;
    return { document: known.document, operation, planFor: (variables) => this.#planOf(known, operation, variables) };
  }

  #planOf(known: KnownDocument, operation: OperationDefinitionNode, variables: Variables): Plan {
    const given = known.conditions.filter((name) => Object.hasOwn(variables, name));
    const conditions = Object.fromEntries(given.map((name) => [name, variables[name]]));
    const key = JSON.stringify([operation.name?.value, conditions]);
    const found = known.plans.get(key);
    if (found) return found;
    const plan = new Plan(this.schema, known.fragments, operation, conditions, (weight) =>
      this.#addWeight(known, weight),
    );
    known.plans.set(key, plan);
    // The conditions are in the key, with their names: a stranger may send another combination of them each time.
    this.#addWeight(known, key.length);
    return plan;
  }

  #addWeight(known: KnownDocument, weight: number): void {
    // A plan may still grow while it is executed, after its document was forgotten.
    if (this.#documents.get(known.text) !== known) return;
    known.weight += weight;
    this.#weight += weight;
    for (const [text, oldest] of this.#documents) {
      if (this.#weight <= MAX_WEIGHT) break;
      this.#documents.delete(text);
      this.#weight -= oldest.weight;
    }
  }
}

const fragmentsOf = ({ definitions }: DocumentNode): Fragments =>
  Object.fromEntries(
    definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );

function conditionsIn(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    enter(node) {
      if (node.kind === Kind.DIRECTIVE) for (const name of variablesIn(node)) names.add(name);
    },
  });
  return [...names];
}
