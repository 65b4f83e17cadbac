import './tabs.css';
import { Link, useLocation } from 'wouter';

/** The views of one page as links: each has its address, works with the back button, and opens in a new tab. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { readonly href: string; readonly text: string }[];
}) {
  const [location] = useLocation();
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ href, text }) => (
        <Link key={href} href={href} aria-current={href === location ? 'page' : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}
