import { type GraphQLSchema } from 'graphql';
import { largestQuery } from './largest-queries.js';
import type { LargestSchool, Person } from './largest-school.js';
import type { MeasuredCost, WireRequest } from './measured-cost.js';
import { validInputs } from './worst-inputs.js';

export interface NamedRequest extends WireRequest {
  readonly name: string;
}

interface Root {
  readonly operation: 'query' | 'mutation';
  readonly field: string;
  readonly argument: string;
  /** Null: an anonymous client. */
  readonly by: Person | null;
  readonly viewer: string;
  readonly variables: object;
}

export interface SearchOptions {
  /** Operations to try for each root field and each account that may use it. */
  readonly tries: number;
  readonly random: () => number;
}

/**
 * Tries large operations of every root field once each. Returns for each field the one with the most processor time, the
 * one with the most memory, and the one with the most database commands.
 */
export async function searchLargest(
  schema: GraphQLSchema,
  school: LargestSchool,
  { tries, random }: SearchOptions,
  measure: (request: NamedRequest) => Promise<MeasuredCost>,
): Promise<NamedRequest[]> {
  const kept: NamedRequest[] = [];
  for (const root of roots(schema, school)) {
    const best = new Map<string, { cost: number; request: NamedRequest }>();
    for (const query of candidates(schema, root, tries, random)) {
      const request = requestOf(root, query);
      const { cpuMs, memoryMb, commands } = await measure(request);
      for (const [kind, cost] of Object.entries({ 'processor time': cpuMs, memory: memoryMb, commands })) {
        if (cost > (best.get(kind)?.cost ?? -1)) best.set(kind, { cost, request });
      }
    }
    kept.push(...[...best].map(([kind, { request }]) => ({ ...request, name: `${request.name}, most ${kind}` })));
  }
  return kept;
}

/** Generates many more operations than `tries`, and returns those with the highest cost in points. */
function candidates(schema: GraphQLSchema, root: Root, tries: number, random: () => number): string[] {
  const found = new Map<string, number>();
  for (let number = 0; number < tries * CANDIDATES_PER_TRY; number += 1) {
    const query = largestQuery(schema, root, root.viewer, random);
    if (query !== null) found.set(query.text, query.points);
  }
  const byPoints = [...found].sort(([, one], [, other]) => other - one);
  return byPoints.slice(0, tries).map(([text]) => text);
}

const CANDIDATES_PER_TRY = 6;

function roots(schema: GraphQLSchema, school: LargestSchool): Root[] {
  const { teacher, student, courseId, assignmentIds, submissionId } = school;
  const ids: Record<string, string> = {
    student: student.id,
    course: courseId,
    assignment: assignmentIds[0]!,
    submission: submissionId,
  };
  const accounts = [
    { by: student, viewer: 'Student' },
    { by: teacher, viewer: 'Teacher' },
  ];
  const queries = Object.keys(schema.getQueryType()!.getFields()).flatMap((field) =>
    accounts.map((account) => ({
      operation: 'query' as const,
      field,
      argument: field in ids ? `(id: "${ids[field]}")` : '',
      variables: {},
      ...account,
    })),
  );
  const mutations = Object.entries(validInputs(school)).map(([field, { by, input }]) => ({
    operation: 'mutation' as const,
    field,
    argument: '(input: $input)',
    by,
    viewer: by === teacher ? 'Teacher' : 'Student',
    variables: { input },
  }));
  const anonymous = { by: null, viewer: 'Student', variables: {} };
  return [
    ...queries,
    ...mutations,
    { operation: 'mutation', field: 'refreshSession', argument: `(refreshToken: "${'x'.repeat(80)}")`, ...anonymous },
    { operation: 'query', field: '__schema', argument: '', ...anonymous },
  ];
}

function requestOf({ field, by, viewer, variables }: Root, query: string): NamedRequest {
  return {
    name: by === null ? `${field} of an anonymous client` : `${field} of a ${viewer.toLowerCase()}`,
    body: JSON.stringify({ query, variables }),
    ...(by !== null && { token: by.token }),
  };
}
