import type { Model, Types } from 'mongoose';
import { READ_WITHIN_MS } from './read-time.js';

/** Where a page begins and how long it is: keyset paging, so that rows inserted meanwhile make none skipped. */
export interface PageRequest {
  readonly first: number;
  /** The sort values of the row that the page comes after; null: from the start. */
  readonly after: readonly unknown[] | null;
}

export interface Page<Row> {
  readonly rows: Row[];
  readonly hasNextPage: boolean;
}

/** The order of a connection: fields that an index has behind the parent's, the last of which is unique. */
export type SortOrder = readonly (readonly [field: string, direction: 1 | -1])[];

/** Documents of a cursor's first batch: all that a request can ask for, so that no second command fetches the rest. */
export const ONE_BATCH = 10_000;

/** A connection of children to their parent. */
export interface Connection {
  readonly parentField: string;
  readonly order: SortOrder;
  /** What else a child must be. */
  readonly filter?: Record<string, unknown>;
  /** A field that may be large, and is left out. */
  readonly without?: string;
  /** The number of a child, which a parent knows of its newest one. */
  readonly numberField?: string;
}

export interface Parent {
  readonly parentId: Types.ObjectId;
  /** Children with a higher number came after the parent was read, and are left out; absent: none are. */
  readonly newest?: number;
}

/**
 * The same page of several parents' children, in one command however many parents there are.
 * @returns a page for each parent, in their order
 */
export async function loadPages<Row>(
  model: Model<Row>,
  connection: Connection,
  parents: readonly Parent[],
  page: PageRequest,
): Promise<Page<Row>[]> {
  const [only] = parents;
  if (only && parents.length === 1) return [await loadPage(model, connection, only, page)];
  const { parentField, order, filter = {}, without, numberField } = connection;
  const { first, after } = page;
  const pipeline = [
    ...(numberField ? [{ $match: { $expr: { $lte: [`$${numberField}`, '$$newest'] } } }] : []),
    ...(after || connection.filter ? [{ $match: after ? behind(filter, order, after) : filter }] : []),
    { $sort: Object.fromEntries(order) },
    { $limit: first + 1 },
    ...(without ? [{ $project: { [without]: 0 } }] : []),
  ];
  const found = await model.db
    .getClient()
    .db(model.db.name)
    .aggregate<{ rows: Row[] }>(
      [
        { $documents: parents.map(({ parentId, newest = Number.MAX_SAFE_INTEGER }) => ({ parentId, newest })) },
        {
          $lookup: {
            from: model.collection.name,
            localField: 'parentId',
            foreignField: parentField,
            ...(numberField && { let: { newest: '$newest' } }),
            pipeline,
            as: 'rows',
          },
        },
        { $project: { rows: 1 } },
      ],
      { batchSize: ONE_BATCH, maxTimeMS: READ_WITHIN_MS },
    )
    .toArray();
  return found.map(({ rows }) => toPage(rows, first));
}

async function loadPage<Row>(
  model: Model<Row>,
  { parentField, order, filter, without, numberField }: Connection,
  { parentId, newest }: Parent,
  { first, after }: PageRequest,
): Promise<Page<Row>> {
  const isKnown = numberField !== undefined && newest !== undefined;
  const ofParent = { ...filter, [parentField]: parentId, ...(isKnown && { [numberField]: { $lte: newest } }) };
  const rows = await model
    .find(after ? behind(ofParent, order, after) : ofParent, without ? { [without]: 0 } : {})
    .sort(Object.fromEntries(order))
    .limit(first + 1)
    .lean<Row[]>();
  return toPage(rows, first);
}

/** One more row than asked for was looked for: it tells whether there is another page. */
export function toPage<Row>(rows: Row[], first: number): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

/**
 * The rows that come after these sort values. Each branch repeats the whole filter, so that the planner can walk the
 * index of the order for each and merge them, without a sort.
 * @param after of a row that the filter selects, or selected when it was shown
 */
export function behind(
  filter: Record<string, unknown>,
  order: SortOrder,
  after: readonly unknown[],
): Record<string, unknown> {
  const branches = order.map(([field, direction], position) => ({
    ...filter,
    ...Object.fromEntries(order.slice(0, position).map(([equal], at) => [equal, after[at]])),
    [field]: { ...asCondition(filter[field]), [direction === 1 ? '$gt' : '$lt']: after[position] },
  }));
  return branches.length === 1 ? branches[0]! : { $or: branches };
}

/** What a filter says of a field, in operators, so that another can stand beside them. */
function asCondition(condition: unknown): object {
  if (condition === undefined) return {};
  return isOperators(condition) ? condition : { $eq: condition };
}

/** Ids and moments are objects too, but values. */
const isOperators = (condition: unknown): condition is object =>
  typeof condition === 'object' && condition !== null && Object.getPrototypeOf(condition) === Object.prototype;
