import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { NotFoundPage } from './not-found-page';
import type { Account } from './session/session';
import { SignInPage } from './session/sign-in-page';
import { useAccountOrNobody } from './session/use-session';
import { Shell } from './shell';
import { HomePage } from './student/home-page';
import { ErrorBoundary } from './ui/error-boundary';
import { Loading } from './ui/states';

// Everything but the sign-in and the student's home is loaded when it is opened.
const SignUpPage = lazy(() => import('./session/sign-up-page'));
const SettingsPage = lazy(() => import('./settings/settings-page'));
const OutboxPage = lazy(() => import('./outbox/outbox-page'));
const CoursesPage = lazy(() => import('./teacher/courses-page'));

export function App() {
  const account = useAccountOrNobody();
  const [location] = useLocation();
  return (
    <Shell>
      <ErrorBoundary address={location}>
        <Suspense fallback={<Loading />}>{account ? <Pages account={account} /> : <PagesForNobody />}</Suspense>
      </ErrorBoundary>
    </Shell>
  );
}

/** Every address shows the sign-in, and the page itself after it. */
const PagesForNobody = () => (
  <Switch>
    <Route path="/sign-up" component={SignUpPage} />
    <Route component={SignInPage} />
  </Switch>
);

const Pages = ({ account }: { account: Account }) => (
  <Switch>
    <Route path="/" component={account.role === 'STUDENT' ? HomePage : CoursesPage} />
    <Route path="/settings" component={SettingsPage} />
    <Route path="/not-sent" component={OutboxPage} />
    <Route path="/sign-in">
      <Redirect to="/" replace />
    </Route>
    <Route path="/sign-up">
      <Redirect to="/" replace />
    </Route>
    <Route component={NotFoundPage} />
  </Switch>
);
