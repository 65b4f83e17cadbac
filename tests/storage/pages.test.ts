import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mongoose, { Types } from 'mongoose';
import { type Connection, filterAfter, loadPages, type Parent } from '../../src/storage/pages.js';
import { commandsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';

useDatabase({ prepare: false });

interface Row {
  readonly _id: Types.ObjectId;
  /** A row may be a child of several parents. */
  readonly parents: Types.ObjectId[];
  readonly points: number;
  readonly group: number;
}

const RowModel = mongoose.model<Row>(
  'Row',
  new mongoose.Schema<Row>(
    { _id: Types.ObjectId, parents: [Types.ObjectId], points: Number, group: Number },
    { collection: 'rows', versionKey: false },
  ),
);

const parents = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];

const connections: { readonly name: string; readonly connection: Connection }[] = [
  { name: 'by id', connection: { parentField: 'parents', order: [['_id', 1]] } },
  {
    name: 'ascending',
    connection: {
      parentField: 'parents',
      order: [
        ['points', 1],
        ['_id', 1],
      ],
    },
  },
  {
    name: 'descending',
    connection: {
      parentField: 'parents',
      order: [
        ['points', -1],
        ['_id', -1],
      ],
    },
  },
  {
    name: 'descending, ties ascending, with a filter',
    connection: {
      parentField: 'parents',
      order: [
        ['points', -1],
        ['_id', 1],
      ],
      filter: { points: { $gt: 1 } },
    },
  },
  {
    name: 'by three fields',
    connection: {
      parentField: 'parents',
      order: [
        ['group', 1],
        ['points', -1],
        ['_id', 1],
      ],
    },
  },
];

const anyRows = fc.array(
  fc.record({
    parents: fc.subarray(parents),
    points: fc.integer({ min: 0, max: 3 }),
    group: fc.integer({ min: 0, max: 1 }),
  }),
  { maxLength: 14 },
);

async function store(rows: readonly Omit<Row, '_id'>[]): Promise<Row[]> {
  const stored = rows.map((row) => ({ _id: new Types.ObjectId(), ...row }));
  if (stored.length > 0) await RowModel.collection.insertMany(stored);
  return stored;
}

beforeEach(async () => {
  await RowModel.collection.deleteMany({});
});

/** Returns the sort values of a row. */
const valuesOf = (row: Row, { order }: Connection) => order.map(([field]) => row[field as '_id' | 'points' | 'group']);

/** The only filter in these connections is points > 1. */
const isSelected = ({ points }: Row, { filter }: Connection) => filter === undefined || points > 1;

/** Computes the children of a parent in order, independently of the database. */
function childrenOf(parent: Types.ObjectId, rows: readonly Row[], connection: Connection): Row[] {
  const compare = (one: Row, other: Row): number => {
    for (const [field, direction] of connection.order) {
      const [a, b] = [one, other].map((row) => String(row[field as keyof Row]));
      if (a !== b) return a! < b! ? -direction : direction;
    }
    return 0;
  };
  return rows
    .filter((row) => row.parents.some((id) => id.equals(parent)))
    .filter((row) => isSelected(row, connection))
    .sort(compare);
}

describe.each(connections)('a connection $name', ({ connection }) => {
  test('returns each child of a parent once and in order, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.integer({ min: 1, max: 4 }), async (input, first) => {
        await RowModel.collection.deleteMany({});
        const children = childrenOf(parents[0]!, await store(input), connection);
        const seen: Row[] = [];
        let after: readonly unknown[] | null = null;
        for (;;) {
          const [page] = await loadPages(RowModel, connection, [{ parentId: parents[0]! }], { first, after });
          seen.push(...page!.rows);
          expect(page!.hasNextPage).toBe(seen.length < children.length);
          if (!page!.hasNextPage) break;
          after = valuesOf(page!.rows.at(-1)!, connection);
        }
        expect(seen).toEqual(children);
      }),
      { numRuns: 20 },
    );
  });

  test('returns the same pages for several parents together as for each alone, from any row', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.nat(13), fc.integer({ min: 1, max: 4 }), async (input, which, first) => {
        await RowModel.collection.deleteMany({});
        const rows = await store(input);
        const last = rows.filter((row) => isSelected(row, connection))[which];
        const page = { first, after: last ? valuesOf(last, connection) : null };
        const asked = [...parents, new Types.ObjectId(), parents[0]!].map((parentId) => ({ parentId }));
        const together = await loadPages(RowModel, connection, asked, page);
        const alone = await Promise.all(asked.map((parent) => loadPages(RowModel, connection, [parent], page)));
        expect(together).toEqual(alone.flat());
      }),
      { numRuns: 20 },
    );
  });

  test('sends one command, however many parents there are', async () => {
    const [row] = await store([{ parents, points: 2, group: 0 }]);
    for (const asked of [parents.slice(0, 1), parents]) {
      for (const after of [null, valuesOf(row!, connection)]) {
        const { reads } = await commandsOf(() =>
          loadPages(
            RowModel,
            connection,
            asked.map((parentId) => ({ parentId })),
            { first: 2, after },
          ),
        );
        expect(reads).toHaveLength(1);
      }
    }
  });
});

test('children with a higher number than the last that the parent stores are excluded, for one parent and for several', async () => {
  const connection: Connection = { parentField: 'parents', order: [['points', -1]], sequenceField: 'points' };
  await store([1, 2, 3].map((points) => ({ parents, points, group: 0 })));
  const asked = [{ lastSequence: 2 }, { lastSequence: 1 }, {}].map((limit, each) => ({
    parentId: parents[each]!,
    ...limit,
  }));
  const page = { first: 2, after: null };
  const together = await loadPages(RowModel, connection, asked, page);
  const points = (pages: typeof together) => pages.map(({ rows }) => rows.map((row) => row.points));
  expect(points(together)).toEqual([[2, 1], [1], [3, 2]]);
  expect(together.map(({ hasNextPage }) => hasNextPage)).toEqual([false, false, true]);
  const alone = await Promise.all(asked.map((parent) => loadPages(RowModel, connection, [parent], page)));
  expect(alone.flat()).toEqual(together);
  const [nextPage] = await loadPages(RowModel, connection, asked.slice(0, 1), { first: 2, after: [2] });
  expect(points([nextPage!])).toEqual([[1]]);
});

test('the rows of a page may have more than 16 MB, the maximum of a document, alone and together with another page', async () => {
  const connection: Connection = { parentField: 'parents', order: [['points', 1]] };
  const text = 'x'.repeat(6_000_000);
  const [large, empty] = parents.map((parentId) => ({ parentId })) as [Parent, Parent];
  await store([1, 2, 3].map((points) => ({ parents: [large.parentId], points, group: 0, text })));
  const page = { first: 3, after: null };
  for (const asked of [[large], [empty, large]]) {
    const found = await loadPages(RowModel, connection, asked, page);
    expect(found.flatMap(({ rows }) => rows.map(({ points }) => points))).toEqual([1, 2, 3]);
  }
});

describe('filterAfter', () => {
  test('returns one branch for each field of the order, each with the whole filter', () => {
    const filter = { course: 'c', points: { $gt: 0 } };
    const order = [
      ['points', -1],
      ['_id', 1],
    ] as const;
    expect(filterAfter(filter, order, [50, 'x'])).toEqual({
      $or: [
        { course: 'c', points: { $gt: 0, $lt: 50 } },
        { course: 'c', points: 50, _id: { $gt: 'x' } },
      ],
    });
  });

  test('returns a plain range if the order has one field', () => {
    expect(filterAfter({ course: 'c' }, [['_id', 1]], ['x'])).toEqual({ course: 'c', _id: { $gt: 'x' } });
  });

  test.each([
    { what: 'a value', value: 7 },
    { what: 'null', value: null },
    { what: 'an id', value: new Types.ObjectId() },
    { what: 'a date', value: new Date(0) },
  ])('keeps the condition of the filter on a field of the order: $what', ({ value }) => {
    expect(filterAfter({ points: value }, [['points', 1]], [3])).toEqual({ points: { $eq: value, $gt: 3 } });
  });
});
