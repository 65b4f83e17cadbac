/** Reads lists that come in pages, to their ends. Knows no React. */

export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

type MaybeConnection<Node> = Connection<Node> | null | undefined;

/** The server sends up to 100 of a list at once. Of a list longer than this many pages, only these are read. */
const MOST_PAGES = 20;

/**
 * Reads a list to its end.
 * @param first its first page; null: there is no list
 * @param next asks for the page after a cursor
 * @returns its nodes, and whether they are all
 */
export async function allNodes<Node>(
  first: MaybeConnection<Node>,
  next: (after: string) => Promise<MaybeConnection<Node>>,
): Promise<{ nodes: Node[]; isWhole: boolean }> {
  const nodes: Node[] = [];
  let page = first;
  for (let count = 1; ; count += 1) {
    nodes.push(...(page?.edges ?? []).map(({ node }) => node));
    const after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    if (!after) return { nodes, isWhole: true };
    if (count === MOST_PAGES) return { nodes, isWhole: false };
    page = await next(after);
  }
}

/** The same list in one page with all that `allNodes` reads. */
export async function inOnePage<Node, Page extends Connection<Node>>(
  first: Page & Connection<Node>,
  next: (after: string) => Promise<MaybeConnection<Node>>,
): Promise<Page> {
  if (!first.pageInfo.hasNextPage) return first;
  const { nodes } = await allNodes<Node>(first, next);
  return { ...first, edges: nodes.map((node) => ({ node })) };
}
