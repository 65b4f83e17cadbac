import type { ReactNode } from 'react';
import { Route, Switch } from 'wouter';
import AssignmentPage from './assignment-page';
import AssignmentsPage from './assignments-page';
import ChangeAssignmentPage from './change-assignment-page';
import ClassChartsPage from './class-charts-page';
import ClassFeedPage from './class-feed-page';
import CoursesPage from './courses-page';
import NewAssignmentPage from './new-assignment-page';
import NewCoursePage from './new-course-page';
import RosterPage from './roster-page';
import StudentPage from './student-page';
import SubmissionPage from './submission-page';

/** The pages of a teacher and of an admin, in one chunk. @param notFound what any other address shows */
export default function TeacherPages({ notFound }: { notFound: ReactNode }) {
  return (
    <Switch>
      <Route path="/" component={CoursesPage} />
      <Route path="/courses/new" component={NewCoursePage} />
      <Route path="/courses/:courseId" component={RosterPage} />
      <Route path="/courses/:courseId/students/:studentId" component={StudentPage} />
      <Route path="/courses/:courseId/assignments" component={AssignmentsPage} />
      <Route path="/courses/:courseId/assignments/new" component={NewAssignmentPage} />
      <Route path="/courses/:courseId/assignments/:assignmentId" component={AssignmentPage} />
      <Route path="/courses/:courseId/assignments/:assignmentId/change" component={ChangeAssignmentPage} />
      <Route path="/courses/:courseId/assignments/:assignmentId/submissions/:submissionId" component={SubmissionPage} />
      <Route path="/courses/:courseId/live" component={ClassFeedPage} />
      <Route path="/courses/:courseId/charts" component={ClassChartsPage} />
      <Route>{notFound}</Route>
    </Switch>
  );
}
