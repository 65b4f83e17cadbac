import { useRef } from 'react';
import type { Failure } from '../api/failure';
import { type FormProblems, problemsOf } from '../ui/form';
import { words } from '../words/en';

interface Create<Made> {
  /** Whether what has come into the list is the one that was sent. */
  readonly isIt: (listed: Made) => boolean;
  readonly create: () => Promise<{ readonly made: Made } | { readonly failure: Failure }>;
}

/** Failures after which the server may have done it or not. */
const NOT_DEFINITE: readonly Failure['code'][] = ['OFFLINE', 'UNAVAILABLE', 'INTERNAL_SERVER_ERROR'];

/**
 * Creates something by a mutation without a request key, of which the server would do a repeat as well. So each press
 * reads the list first: when the answer to an earlier one was lost, the thing may have come into it since.
 * @param readList reads the list that the thing comes into
 * @param list where the person finds it
 */
export function useCreateOnce<Made extends { readonly id: string }>(
  readList: () => Promise<{ readonly all: { readonly nodes: readonly Made[] } } | { readonly failure: Failure }>,
  list: { readonly href: string; readonly text: string },
): (request: Create<Made>) => Promise<{ readonly made: Made } | { readonly problems: FormProblems }> {
  /** What was in the list before the first press whose answer was lost; null: none was lost. */
  const before = useRef<ReadonlySet<string> | null>(null);

  const problems = (failure: Failure): FormProblems =>
    before.current !== null && NOT_DEFINITE.includes(failure.code)
      ? { message: words.form.mayExist, link: list, requestId: failure.requestId }
      : problemsOf(failure);

  return async ({ isIt, create }) => {
    const now = await readList();
    if ('failure' in now) return { problems: problems(now.failure) };
    const known = before.current ?? new Set(now.all.nodes.map(({ id }) => id));
    const made = now.all.nodes.find((listed) => !known.has(listed.id) && isIt(listed));
    if (made) return { made };
    const created = await create();
    if ('made' in created) return created;
    if (NOT_DEFINITE.includes(created.failure.code)) before.current = known;
    return { problems: problems(created.failure) };
  };
}
