import { type AnyVariables, type TypedDocumentNode, useMutation } from 'urql';
import { type Failure, failureFrom, refusedWith } from './failure';

interface Refusal {
  readonly __typename: 'Refusal';
  readonly message: string;
}

/** What a mutation brought: its payload, or why there is none. */
export type Sent<Result> =
  | { readonly result: Exclude<Result, Refusal>; readonly failure: null }
  | { readonly result: null; readonly failure: Failure };

/**
 * Sends a mutation whose field is selected as "result". Mutations that pay go through the outbox instead, which stores
 * them first.
 */
export function useSend<Result extends object, Variables extends AnyVariables>(
  mutation: TypedDocumentNode<{ result: Result }, Variables>,
): (variables: Variables) => Promise<Sent<Result>> {
  const [, execute] = useMutation(mutation);
  return async (variables) => {
    const { data, error } = await execute(variables);
    if (error || !data) return { result: null, failure: failureFrom(error) };
    const { result } = data;
    return isRefusal(result)
      ? { result: null, failure: refusedWith(result.message) }
      : { result: result as Exclude<Result, Refusal>, failure: null };
  };
}

const isRefusal = (result: object): result is Refusal => '__typename' in result && result.__typename === 'Refusal';
