import './pager.css';
import { useRef } from 'react';
import { words } from '../words/en';
import { Button } from './button';

export interface PagerProps {
  /** From 1 on. */
  readonly page: number;
  readonly hasNext: boolean;
  /** How many pages there are; absent: the server does not say. */
  readonly pages?: number;
  /** @param page the one before or the one after this page */
  readonly onPage: (page: number) => void;
}

/**
 * Leads through the pages of a list. Nothing where there is only one. A button without effect stays focusable, so that the
 * focus is not lost on the first and on the last page.
 */
export function Pager({ page, hasNext, pages, onPage }: PagerProps) {
  const nav = useRef<HTMLElement>(null);

  /** The page begins with its first row, not where the last one of the former page was. */
  function turnTo(next: number) {
    onPage(next);
    nav.current?.parentElement?.querySelector('caption')?.scrollIntoView({ block: 'nearest' });
  }

  if (page === 1 && !hasNext) return null;
  return (
    <nav ref={nav} className="pager" aria-label={words.pages.label}>
      <Button aria-disabled={page === 1} onClick={() => page > 1 && turnTo(page - 1)}>
        {words.pages.previous}
      </Button>
      <span className="number" role="status">
        {pages === undefined ? words.pages.page(page) : words.pages.pageOf(page, pages)}
      </span>
      <Button aria-disabled={!hasNext} onClick={() => hasNext && turnTo(page + 1)}>
        {words.pages.next}
      </Button>
    </nav>
  );
}
