import { useRef } from 'react';
import type { AnswerState } from './use-answer';

/** Shows the answer for the former variables until there is one for the new ones: the page does not blink. */
export function useSteadyAnswer<Data>(answer: AnswerState<Data>): AnswerState<Data> {
  const former = useRef<Pick<AnswerState<Data>, 'data' | 'asOf'> | null>(null);
  if (answer.data !== null) former.current = { data: answer.data, asOf: answer.asOf };
  // A failure must not pass for the new answer.
  return answer.data === null && answer.failure === null && former.current ? { ...answer, ...former.current } : answer;
}
