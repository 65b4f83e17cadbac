import './states.css';
import { type ReactNode, useEffect, useState } from 'react';
import { words } from '../words/en';
import { timeOrDate } from '../words/format';
import { Button } from './button';

/** There has never been anything. @param children one sentence of use, and one action */
export const Empty = ({ children }: { children: ReactNode }) => <div className="state">{children}</div>;

/** The filter found none of those that there are. */
export function NoMatch({ text, onClear }: { text: string; onClear: () => void }) {
  return (
    <div className="state">
      <p>{text}</p>
      <Button onClick={onClear}>{words.states.clearFilter}</Button>
    </div>
  );
}

/** What is quicker than this shows no sign of loading, which would only flicker. Milliseconds. */
const LOADING_AFTER_MS = 300;

export function Loading() {
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLate(true), LOADING_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="state" role="status">
      {isLate && <p className="muted">{words.states.loading}…</p>}
    </div>
  );
}

/** Why there is no answer. The same form as Failure in api/, which this folder does not know. */
export interface FailureShown {
  readonly code: string;
  readonly message: string | null;
  readonly requestId: string | null;
}

export function Failed({ failure, onRetry }: { failure: FailureShown; onRetry: () => void }) {
  return (
    <div className="state" role="alert">
      <h2>{words.states.failed}</h2>
      <p>{failure.code === 'OFFLINE' ? words.states.offlineFailed : failure.message}</p>
      {failure.requestId && <p className="small muted">{words.states.requestId(failure.requestId)}</p>}
      <Button onClick={onRetry}>{words.states.retry}</Button>
    </div>
  );
}

/** What is shown is old, because the last try to load it failed. @param at milliseconds since 1970 */
export function AsOf({ at, failure, onRetry }: { at: number; failure: FailureShown; onRetry: () => void }) {
  return (
    <p className="as-of" role="status">
      {failure.code === 'OFFLINE' ? words.states.stale : failure.message} {words.states.asOf(timeOrDate(at))}.{' '}
      <Button look="link" onClick={onRetry}>
        {words.states.retry}
      </Button>
    </p>
  );
}

export interface AnsweredProps<Data> {
  readonly answer: {
    readonly data: Data | null;
    readonly asOf: number | null;
    readonly failure: FailureShown | null;
    retry(): void;
  };
  readonly children: (data: Data) => ReactNode;
}

/** Shows an answer in each of its states: loading, failed, old, there. */
export function Answered<Data>({ answer, children }: AnsweredProps<Data>) {
  const { data, asOf, failure, retry } = answer;
  if (data === null) return failure ? <Failed failure={failure} onRetry={retry} /> : <Loading />;
  return (
    <>
      {failure && asOf !== null && <AsOf at={asOf} failure={failure} onRetry={retry} />}
      {children(data)}
    </>
  );
}

/**
 * Waits for the end of the first try of this visit, with an answer or without. A form keeps what it begins with, so it does
 * not begin with the answer of an earlier visit while a newer one is on its way.
 */
export function Settled({ answer, children }: { answer: { readonly isLoading: boolean }; children: ReactNode }) {
  const [isSettled, setIsSettled] = useState(false);
  if (!isSettled && !answer.isLoading) setIsSettled(true);
  return isSettled ? children : <Loading />;
}
