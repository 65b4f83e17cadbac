import './tabs.css';
import { Link, useLocation } from 'wouter';

interface Tab {
  readonly href: string;
  readonly text: string;
  /** How the addresses of the pages begin that belong to it; absent: it has none. */
  readonly below?: string;
}

/** The views of one page as links: each has its address, works with the back button, and opens in a new tab. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const [location] = useLocation();
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ href, text, below }) => (
        <Link
          key={href}
          href={href}
          aria-current={href === location ? 'page' : below && location.startsWith(below) ? 'true' : undefined}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
