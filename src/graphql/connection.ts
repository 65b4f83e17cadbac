import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import type { Page, PageRequest, SortOrder } from '../storage/pages.js';
import type { Cursors } from './cursors.js';
import { WholeNumber } from './limits.js';

@ObjectType({ description: 'Paging information, as the Relay specification defines it.' })
export class PageInfo {
  @Field(() => Boolean)
  readonly hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'True if the request had an "after" argument. Connections page forwards only.' })
  readonly hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true })
  readonly startCursor!: string | null;
  @Field(() => String, { nullable: true })
  readonly endCursor!: string | null;
}

export const MAX_PAGE_LENGTH = 100;

/** The arguments of every connection. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { defaultValue: 20 })
  @WholeNumber(1, MAX_PAGE_LENGTH)
  first!: number;
  @Field(() => String, { nullable: true })
  after?: string | null;
}

export interface EdgeOf<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface ConnectionOf<Node> {
  readonly edges: EdgeOf<Node>[];
  readonly pageInfo: PageInfo;
}

/** Creates the edge and connection types of a node, as the Relay cursor connections specification defines them. */
export function connectionTypes<Node extends object>(name: string, node: () => ClassType<Node>) {
  @ObjectType(`${name}Edge`)
  class Edge implements EdgeOf<Node> {
    @Field(() => String)
    readonly cursor!: string;
    @Field(node)
    readonly node!: Node;
  }

  @ObjectType(`${name}Connection`)
  class Connection implements ConnectionOf<Node> {
    @Field(() => [Edge])
    readonly edges!: Edge[];
    @Field(() => PageInfo)
    readonly pageInfo!: PageInfo;
  }
  return Connection;
}

/** The connection of one parent that a cursor is valid for, and the sort order of the values in the cursor. */
export interface CursorScope {
  readonly name: string;
  readonly order: SortOrder;
}

/** @throws BadInput if `after` is not a cursor of this connection */
export function toPageRequest(cursors: Cursors, scope: CursorScope, { first, after }: PageArgs): PageRequest {
  return { first, after: after == null ? null : cursors.open(scope.name, after) };
}

export function toConnection<Row extends object, Node>(
  cursors: Cursors,
  scope: CursorScope,
  { after }: PageArgs,
  { rows, hasNextPage }: Page<Row>,
  toNode: (row: Row, position: number) => Node,
): ConnectionOf<Node> {
  const edges = rows.map((row, position) => {
    const values = () => scope.order.map(([field]) => valueAt(row, field));
    return new LazyEdge(toNode(row, position), () => cursors.seal(scope.name, values()));
  });
  const pageInfo = {
    hasNextPage,
    hasPreviousPage: after != null,
    get startCursor() {
      return edges[0]?.cursor ?? null;
    },
    get endCursor() {
      return edges.at(-1)?.cursor ?? null;
    },
  };
  return { edges, pageInfo };
}

/** Encrypts its cursor only if the query asks for it, and once: all cursors of a row in one answer are equal. */
class LazyEdge<Node> implements EdgeOf<Node> {
  private sealed: string | undefined;

  constructor(
    readonly node: Node,
    private readonly seal: () => string,
  ) {}

  get cursor(): string {
    this.sealed ??= this.seal();
    return this.sealed;
  }
}

/** The value at a dotted path, such as `student.name`. */
const valueAt = (row: object, path: string): unknown =>
  path.split('.').reduce<unknown>((value, field) => Reflect.get(value as object, field), row);
