import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { NotFoundPage } from './not-found-page';
import type { Account } from './session/session';
import { SignInPage } from './session/sign-in-page';
import { useAccountOrNobody } from './session/use-session';
import { Shell } from './shell';
import { HomePage } from './student/home-page';
import { StudentLive } from './student/student-live';
import { ErrorBoundary } from './ui/error-boundary';
import { Loading } from './ui/states';

// Everything but the sign-in and the student's home is loaded when it is opened.
const SignUpPage = lazy(() => import('./session/sign-up-page'));
const SettingsPage = lazy(() => import('./settings/settings-page'));
const OutboxPage = lazy(() => import('./outbox/outbox-page'));
const PomodoroPage = lazy(() => import('./pomodoro/pomodoro-page'));
const AssignmentsPage = lazy(() => import('./assignments/assignments-page'));
const AssignmentPage = lazy(() => import('./assignments/assignment-page'));
const LedgerPage = lazy(() => import('./ledger/ledger-page'));
const BadgesPage = lazy(() => import('./badges/badges-page'));
const ProgressPage = lazy(() => import('./progress/progress-page'));
const LeaderboardPage = lazy(() => import('./leaderboard/leaderboard-page'));
const TeacherPages = lazy(() => import('./teacher/teacher-pages'));

export function App() {
  const account = useAccountOrNobody();
  const [location] = useLocation();
  return (
    <Shell>
      <ErrorBoundary address={location}>
        <Suspense fallback={<Loading />}>{account ? <Pages account={account} /> : <PagesForNobody />}</Suspense>
        {account?.role === 'STUDENT' && <StudentLive key={account.id} />}
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
    <Route path="/settings" component={SettingsPage} />
    <Route path="/not-sent" component={OutboxPage} />
    <Route path="/sign-in" component={ToHome} />
    <Route path="/sign-up" component={ToHome} />
    {account.role === 'STUDENT' ? studentRoutes : teacherRoutes}
    <Route component={NotFoundPage} />
  </Switch>
);

/** With what a link brought, for instance a join code. */
function ToHome() {
  const search = useSearch();
  return <Redirect to={search === '' ? '/' : `/?${search}`} replace />;
}

const studentRoutes = (
  <>
    <Route path="/" component={HomePage} />
    <Route path="/focus" component={PomodoroPage} />
    <Route path="/assignments" component={AssignmentsPage} />
    <Route path="/assignments/:id" component={AssignmentPage} />
    <Route path="/ledger" component={LedgerPage} />
    <Route path="/badges" component={BadgesPage} />
    <Route path="/progress/:period" component={ProgressPage} />
    <Route path="/leaderboard/:period" component={LeaderboardPage} />
  </>
);

const teacherRoutes = (
  <Route>
    <TeacherPages notFound={<NotFoundPage />} />
  </Route>
);
