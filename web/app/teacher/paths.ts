/** The addresses of the teacher's pages. teacher-pages.tsx has the routes. */
export const paths = {
  courses: '/',
  newCourse: '/courses/new',
  roster: (courseId: string) => `/courses/${courseId}`,
  student: (courseId: string, studentId: string) => `/courses/${courseId}/students/${studentId}`,
  assignments: (courseId: string) => `/courses/${courseId}/assignments`,
  newAssignment: (courseId: string) => `/courses/${courseId}/assignments/new`,
  assignment: (courseId: string, assignmentId: string) => `/courses/${courseId}/assignments/${assignmentId}`,
  changeAssignment: (courseId: string, assignmentId: string) =>
    `/courses/${courseId}/assignments/${assignmentId}/change`,
  submission: (courseId: string, assignmentId: string, submissionId: string) =>
    `/courses/${courseId}/assignments/${assignmentId}/submissions/${submissionId}`,
  feed: (courseId: string) => `/courses/${courseId}/live`,
  charts: (courseId: string) => `/courses/${courseId}/charts`,
} as const;
