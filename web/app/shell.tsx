import './shell.css';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useIsOffline } from './api/use-connection';
import { navigationOf } from './navigation';
import type { Account } from './session/session';
import { useAccountOrNobody, useSession } from './session/use-session';
import { Button } from './ui/button';
import { NoticeRegion, notify } from './ui/notices';
import { words } from './words/en';

/** What is around every page: the skip link, the header with the navigation, and the places of notices. */
export function Shell({ children }: { children: ReactNode }) {
  const account = useAccountOrNobody();
  const isOffline = useIsOffline();
  return (
    <>
      <a className="skip" href="#content">
        {words.shell.skip}
      </a>
      <header className="shell-header">
        <div className="shell-bar">
          <span className="shell-name">{words.appName}</span>
          {account && <Navigation account={account} />}
          {account && <AccountMenu account={account} />}
        </div>
      </header>
      <div className="shell-offline" role="status">
        {isOffline && <p>{words.shell.offline}</p>}
      </div>
      <main id="content" className="shell-main" tabIndex={-1}>
        {children}
      </main>
      <NoticeRegion />
    </>
  );
}

function Navigation({ account }: { account: Account }) {
  const [location] = useLocation();
  return (
    <nav aria-label={words.shell.mainNavigation}>
      <ul>
        {navigationOf(account).map(({ href, text }) => (
          <li key={href}>
            <Link href={href} aria-current={href === location ? 'page' : undefined}>
              {text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function AccountMenu({ account }: { account: Account }) {
  const { session } = useSession();
  const [, navigate] = useLocation();

  async function signOut() {
    try {
      await session.signOut();
      navigate('/sign-in');
      notify(words.shell.signedOut);
    } catch {
      notify(words.shell.notSignedOut, 'warn');
    }
  }

  return (
    <section className="shell-account" aria-label={words.shell.account}>
      <span>{words.shell.signedInAs(account.displayName)}</span>
      <Button look="link" onClick={signOut}>
        {words.shell.signOut}
      </Button>
    </section>
  );
}
