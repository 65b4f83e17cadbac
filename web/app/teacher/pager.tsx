import { Button } from '../ui/button';
import { words } from '../words/en';

export interface PagerProps {
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
}

/** A button without effect stays focusable, so that the focus is not lost on the last page. */
export const Pager = ({ page, pages, onPage }: PagerProps) => (
  <nav className="toolbar" aria-label={words.pager.label}>
    <Button aria-disabled={page <= 1} onClick={() => page > 1 && onPage(page - 1)}>
      {words.pager.previous}
    </Button>
    <span className="number" role="status">
      {words.pager.position(page, pages)}
    </span>
    <Button aria-disabled={page >= pages} onClick={() => page < pages && onPage(page + 1)}>
      {words.pager.next}
    </Button>
  </nav>
);
