import './page.css';
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react';
import { words } from '../words/en';

export interface PageProps {
  /** The h1, and the title of the browser tab. */
  readonly title: string;
  /** Buttons beside the title. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

let isFirstPage = true;

/** The frame of every page. After a navigation its heading has the focus, so that screen readers say where one is. */
export function Page({ title, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${words.appName}`;
  }, [title]);
  // Before the page is painted: later it would take the focus away from a field that a key has opened.
  useLayoutEffect(() => {
    // The browser itself announces the first page.
    if (!isFirstPage) heading.current?.focus();
    isFirstPage = false;
  }, []);
  return (
    <div className="page">
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions}
      </div>
      {children}
    </div>
  );
}

/**
 * A surface. Its heading (h2), if it has one, names it as a region.
 * @param takesFocus the heading has the focus after what the card has replaced: see keep-focus.ts
 */
export function Card({ title, takesFocus, children }: { title?: string; takesFocus?: boolean; children: ReactNode }) {
  const id = useId();
  if (title === undefined) return <div className="card">{children}</div>;
  return (
    <section className="card" aria-labelledby={id}>
      <h2 id={id} data-takes-focus={takesFocus}>
        {title}
      </h2>
      {children}
    </section>
  );
}

/** Two thirds and one third; one column on small screens. */
export const Columns = ({ children }: { children: ReactNode }) => <div className="columns">{children}</div>;

/** What stands in one of the columns, below each other. */
export const Column = ({ children }: { children: ReactNode }) => <div className="column">{children}</div>;
