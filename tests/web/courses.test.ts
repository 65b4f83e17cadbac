import { expect, test } from '@jest/globals';
import { CoursesPage } from './pages/courses-page.js';
import { Header } from './pages/header.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();

async function openCourses() {
  const device = await client.openDevice();
  await device.page.goto('/');
  await new SignInPage(device.page).signIn('teacher@demo.example', 'demo-password');
  return { ...device, courses: new CoursesPage(device.page) };
}

test('a teacher sees the courses with their join codes, and creates another one', async () => {
  const { page, courses, complaints } = await openCourses();
  await courses.course('Demo course').getByText('DEMO-2026').waitFor();
  await courses.createCourse('Analytical engines');
  await new Header(page).notice('Analytical engines is created.').waitFor();
  await courses.course('Analytical engines').waitFor();
  expect(await page.getByLabel('Name of the course').inputValue()).toBe('');
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('a name that the server refuses is kept, with its words at the field', async () => {
  const { page, courses } = await openCourses();
  await courses.createCourse('x'.repeat(201));
  await courses.form.problems.waitFor();
  expect(await courses.form.problemAt('Name of the course')).toMatch(/200/);
  expect(await page.getByLabel('Name of the course').inputValue()).toHaveLength(201);
  await page.context().close();
});
