/** @returns the origin of the server, if this line of its output is the one that names the GraphQL endpoint */
export function addressIn(line: string): string | undefined {
  return /^ *GraphQL +(http:\S+)\/graphql$/.exec(line)?.[1];
}
