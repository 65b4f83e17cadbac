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
}

/**
 * The same page of several parents' children, in one command however many parents there are.
 * @returns a page for each parent, in their order
 */
export async function loadPages<Row>(
  model: Model<Row>,
  { parentField, order, filter }: Connection,
  parents: readonly Types.ObjectId[],
  { first, after }: PageRequest,
): Promise<Page<Row>[]> {
  const sort = Object.fromEntries(order);
  const ofParent = (parent: unknown) => ({ ...filter, [parentField]: parent });
  const [only] = parents;
  if (parents.length === 1) {
    const rows = await model
      .find(after ? behind(ofParent(only), order, after) : ofParent(only))
      .sort(sort)
      .limit(first + 1)
      .lean<Row[]>();
    return [toPage(rows, first)];
  }
  const pipeline = [
    ...(after ? [{ $match: behind(filter ?? {}, order, after) }] : []),
    ...(after || !filter ? [] : [{ $match: filter }]),
    { $sort: sort },
    { $limit: first + 1 },
  ];
  const found = await model.db
    .getClient()
    .db(model.db.name)
    .aggregate<{ _id: Types.ObjectId; rows: Row[] }>(
      [
        { $documents: parents.map((_id) => ({ _id })) },
        {
          $lookup: {
            from: model.collection.name,
            localField: '_id',
            foreignField: parentField,
            pipeline,
            as: 'rows',
          },
        },
      ],
      { batchSize: ONE_BATCH, maxTimeMS: READ_WITHIN_MS },
    )
    .toArray();
  const rowsOf = new Map(found.map(({ _id, rows }) => [_id.toHexString(), rows]));
  return parents.map((parent) => toPage(rowsOf.get(parent.toHexString()) ?? [], first));
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
