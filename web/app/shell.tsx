import './shell.css';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useIsOffline } from './api/use-connection';
import { keysOf, type NavigationItem, navigationOf } from './navigation';
import { useOpenCount } from './outbox/outbox-list';
import type { Account } from './session/session';
import { useAccountOrNobody, useSession } from './session/use-session';
import { Button } from './ui/button';
import { Dialog } from './ui/dialog';
import { KeysDialog } from './ui/keys-dialog';
import { NoticeRegion, notify } from './ui/notices';
import { useSingleKeys } from './ui/single-keys';
import { words } from './words/en';

// Neither is needed for the first picture.
const ActNotices = lazy(() => import('./teacher/act-notices'));
const TimeUp = lazy(() => import('./pomodoro/time-up'));

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
      <main id="content" className="shell-main" tabIndex={-1}>
        {children}
      </main>
      <div className="shell-bottom">
        <NoticeRegion>
          {account && <Suspense>{account.role === 'STUDENT' ? <TimeUp key={account.id} /> : <ActNotices />}</Suspense>}
        </NoticeRegion>
        <div className="shell-offline" role="status">
          {isOffline && <p>{words.shell.offline}</p>}
        </div>
      </div>
    </>
  );
}

function Navigation({ account }: { account: Account }) {
  const [location] = useLocation();
  return (
    <nav aria-label={words.shell.mainNavigation}>
      <ul>
        {navigationOf(account).map((item) => (
          <li key={item.href}>
            <Link href={item.href} aria-current={currentOf(item, location)}>
              {item.text}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A page below the link's own address is in its section: "/assignments/1" in that of "/assignments". */
function currentOf({ href, section = sectionOf(href) }: NavigationItem, location: string): 'page' | 'true' | undefined {
  if (href === location) return 'page';
  return section === sectionOf(location) ? 'true' : undefined;
}

const sectionOf = (address: string): string | undefined => address.split('/')[1];

/** The single keys of the account's pages, by a button and by a key. */
function Keys({ account }: { account: Account }) {
  const [areShown, setAreShown] = useState(false);
  useSingleKeys({ '?': () => setAreShown(true) });
  return (
    <>
      <Button look="link" aria-keyshortcuts="?" onClick={() => setAreShown(true)}>
        {words.keys.title}
      </Button>
      {areShown && <KeysDialog keys={keysOf(account)} onClose={() => setAreShown(false)} />}
    </>
  );
}

function AccountMenu({ account }: { account: Account }) {
  const { session } = useSession();
  const [, navigate] = useLocation();
  const { waiting, refused } = useOpenCount();
  const [isAsking, setIsAsking] = useState(false);

  async function signOut() {
    setIsAsking(false);
    try {
      await session.signOut();
      navigate('/sign-in');
      notify(words.shell.signedOut);
    } catch {
      notify(words.shell.notSignedOut, 'warn');
    }
  }

  // What the person was asked about has been sent meanwhile.
  const isAnswered = isAsking && waiting === 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when nothing waits any more
  useEffect(() => {
    if (isAnswered) void signOut();
  }, [isAnswered]);

  return (
    <section className="shell-account" aria-label={words.shell.account}>
      {waiting + refused > 0 && <Link href="/not-sent">{words.outbox.open(waiting, refused)}</Link>}
      <span>{words.shell.signedInAs(account.displayName)}</span>
      <Keys account={account} />
      <Button look="link" onClick={waiting > 0 ? () => setIsAsking(true) : signOut}>
        {words.shell.signOut}
      </Button>
      {isAsking && (
        <Dialog
          title={words.outbox.signOutTitle}
          onClose={() => setIsAsking(false)}
          actions={<Button onClick={signOut}>{words.outbox.signOutAnyway}</Button>}
        >
          <p>{words.outbox.signOutWaiting(waiting)}</p>
        </Dialog>
      )}
    </section>
  );
}
