import './page-buttons.css';
import { words } from '../words/en';
import { Button } from './button';

export interface PageButtonsProps {
  readonly page: number;
  readonly hasNext: boolean;
  readonly onPrevious: () => void;
  readonly onNext: () => void;
}

/** Leads through the pages of a list. Nothing where there is only one. */
export function PageButtons({ page, hasNext, onPrevious, onNext }: PageButtonsProps) {
  if (page === 1 && !hasNext) return null;
  return (
    <nav className="page-buttons" aria-label={words.pages.label}>
      <Button disabled={page === 1} onClick={onPrevious}>
        {words.pages.newer}
      </Button>
      <span role="status">{words.pages.page(page)}</span>
      <Button disabled={!hasNext} onClick={onNext}>
        {words.pages.older}
      </Button>
    </nav>
  );
}
