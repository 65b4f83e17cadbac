import type { Model, Types } from 'mongoose';
import { READ_TIMEOUT_MS } from './read-timeout.js';

/** Where a page begins and how long it is. With keyset paging, rows inserted between pages cause no skipped rows. */
export interface PageRequest {
  readonly first: number;
  /** The sort values of the row that the page follows; null for the first page. */
  readonly after: readonly unknown[] | null;
}

export interface Page<Row> {
  readonly rows: Row[];
  readonly hasNextPage: boolean;
}

/** The order of a connection. An index has the parent field and then these fields, and the last of them is unique. */
export type SortOrder = readonly (readonly [field: string, direction: 1 | -1])[];

/**
 * Documents in a batch of a cursor. Only a long ledger or 100 full pages have more, so no other read needs a second
 * command (getMore), unless its documents exceed 16 MB, as many long texts do.
 */
export const SINGLE_BATCH = 10_000;

/** Fields that are not read, because they may be large or are not shown. */
export type Excluded = Readonly<Record<string, 0>>;

interface FindOptions {
  readonly projection?: Excluded;
  readonly sort?: Record<string, 1 | -1>;
  readonly limit?: number;
}

/** Finds documents with the driver. mongoose would cast a filter and rows that need no casts. */
export async function findRows<Row extends object>(
  model: Model<Row>,
  filter: object,
  options: FindOptions = {},
): Promise<Row[]> {
  return model.collection
    .find<Row>(filter, { ...options, batchSize: SINGLE_BATCH, maxTimeMS: READ_TIMEOUT_MS })
    .toArray();
}

/** A paged list of the children of a parent. */
export interface Connection {
  readonly parentField: string;
  readonly order: SortOrder;
  /** A further condition on the children. */
  readonly filter?: Record<string, unknown>;
  readonly excluded?: Excluded;
  /** The field that numbers the children. The parent stores the number of its last child. */
  readonly sequenceField?: string;
}

export interface Parent {
  readonly parentId: Types.ObjectId;
  /** Children with a higher number were inserted after the parent was read, and are excluded. If absent, none are. */
  readonly lastSequence?: number;
}

/**
 * Reads the same page of several parents' children, in one command.
 * @returns a page for each parent, in the order of the parents
 */
export async function loadPages<Row>(
  model: Model<Row>,
  connection: Connection,
  parents: readonly Parent[],
  page: PageRequest,
): Promise<Page<Row>[]> {
  const [only] = parents;
  if (only && parents.length === 1) return [await loadPage(model, connection, only, page)];
  const { parentField, order, filter = {}, excluded, sequenceField } = connection;
  const { first, after } = page;
  const pipeline = [
    ...(sequenceField ? [{ $match: { $expr: { $lte: [`$${sequenceField}`, '$$lastSequence'] } } }] : []),
    ...(after || connection.filter ? [{ $match: after ? filterAfter(filter, order, after) : filter }] : []),
    { $sort: Object.fromEntries(order) },
    { $limit: first + 1 },
    ...(excluded ? [{ $project: excluded }] : []),
  ];
  const found = await model.db
    .getClient()
    .db(model.db.name)
    .aggregate<{ position: number; row: Row }>(
      [
        {
          $documents: parents.map(({ parentId, lastSequence = Number.MAX_SAFE_INTEGER }, position) => ({
            parentId,
            lastSequence,
            position,
          })),
        },
        {
          $lookup: {
            from: model.collection.name,
            localField: 'parentId',
            foreignField: parentField,
            ...(sequenceField && { let: { lastSequence: '$lastSequence' } }),
            pipeline,
            as: 'row',
          },
        },
        // mongod unwinds while it looks up: a document with all rows of a page might exceed 16 MB.
        { $unwind: '$row' },
        { $project: { position: 1, row: 1 } },
      ],
      { batchSize: SINGLE_BATCH, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const rowsOf = parents.map((): Row[] => []);
  for (const { position, row } of found) rowsOf[position]!.push(row);
  return rowsOf.map((rows) => toPage(rows, first));
}

async function loadPage<Row>(
  model: Model<Row>,
  { parentField, order, filter, excluded, sequenceField }: Connection,
  { parentId, lastSequence }: Parent,
  { first, after }: PageRequest,
): Promise<Page<Row>> {
  const isKnown = sequenceField !== undefined && lastSequence !== undefined;
  const ofParent = { ...filter, [parentField]: parentId, ...(isKnown && { [sequenceField]: { $lte: lastSequence } }) };
  const rows = await findRows(model, after ? filterAfter(ofParent, order, after) : ofParent, {
    sort: Object.fromEntries(order),
    limit: first + 1,
    ...(excluded && { projection: excluded }),
  });
  return toPage(rows, first);
}

/** Builds a page from up to `first` + 1 rows. The extra row shows that there is another page. */
export function toPage<Row>(rows: Row[], first: number): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}

/**
 * Returns a filter for the rows that follow these sort values. For example, with the order points descending, then _id:
 * rows with fewer points, or with equal points and a higher _id. Each branch of the `$or` repeats the whole filter, so
 * that the planner can scan the index once for each branch and merge the results without a sort.
 * @param after the sort values of a row that matches the filter, or did when it was shown
 */
export function filterAfter(
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

/** Writes the condition on a field with operators, so that another operator can be added. */
function asCondition(condition: unknown): object {
  if (condition === undefined) return {};
  return isOperators(condition) ? condition : { $eq: condition };
}

/** ObjectIds and dates are objects too, but they are values. */
const isOperators = (condition: unknown): condition is object =>
  typeof condition === 'object' && condition !== null && Object.getPrototypeOf(condition) === Object.prototype;
