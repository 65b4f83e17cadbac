/** A form must not bring back what an earlier visit to the page had seen. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type Client } from '../support/client.js';
import { holdRequests } from './held-answers.js';
import { AssignmentPage } from './pages/assignment-page.js';
import { FormOnPage } from './pages/form-on-page.js';
import { Header } from './pages/header.js';
import { pressIfThere } from './pages/press-if-there.js';
import { SettingsPage } from './pages/settings-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { StudentDevice } from './pages/student-device.js';
import { goWithin, useWebClient } from './web-client.js';

const web = useWebClient();

describe('changing an assignment', () => {
  let teacher: Client;
  let courseId: string;
  beforeAll(async () => {
    teacher = await web.apiAs('teacher@demo.example');
    courseId = (await teacher.mutate('createCourse', { name: 'Maps' }, 'course { id }')).course.id;
  });

  /** A device that shows the assignment, and its id. */
  async function opened(title: string) {
    const input = { courseId, title, instructions: 'One.\r\nTwo.', dueDate: '2035-07-03T18:00:00Z' };
    const { assignment } = await teacher.mutate('createAssignment', input, 'assignment { id }');
    const { page } = await web.openDevice({ timezoneId: 'UTC' });
    await page.goto(`/courses/${courseId}/assignments/${assignment.id}`);
    await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
    await new AssignmentPage(page).heading(title).waitFor();
    return { page, id: assignment.id as string };
  }

  const toChange = async (page: Page, title: string) => {
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: `Change ${title}` }).waitFor();
  };
  const stored = async (id: string) =>
    (await teacher.must('query ($id: ID!) { assignment(id: $id) { title instructions dueDate } }', { id })).assignment;

  test('a second change begins with what the first one stored', async () => {
    const { page, id } = await opened('Draw a map');
    await new AssignmentPage(page).change({ due: '2035-07-10T18:00' });
    await new Header(page).notice('Draw a map is changed.').waitFor();
    const held = await holdRequests(page, 'query AssignmentToEdit(');
    await toChange(page, 'Draw a map');
    await held.asked;
    held.release();
    await page.getByLabel('Title').fill('Draw two maps');
    expect(await page.getByLabel('Due').inputValue()).toBe('2035-07-10T18:00');
    await new FormOnPage(page).send('Save changes');
    await new Header(page).notice('Draw two maps is changed.').waitFor();
    expect(await stored(id)).toMatchObject({ title: 'Draw two maps', dueDate: '2035-07-10T18:00:00.000Z' });
    await page.context().close();
  });

  test('a form that began without the server sends only what was changed in it', async () => {
    const { page, id } = await opened('Name the parts');
    await toChange(page, 'Name the parts');
    await page.getByLabel('Title').waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await page.reload();
    await page.getByLabel('Title').fill('Name all parts');
    // Another device changes the rest, and the server can be reached again.
    await teacher.mutate('updateAssignment', {
      assignmentId: id,
      instructions: 'Three.',
      dueDate: '2035-07-10T18:00:00Z',
    });
    await page.unroute('**/graphql');
    await pressIfThere(page, 'Try again');
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
    await new FormOnPage(page).send('Save changes');
    await new Header(page).notice('Name all parts is changed.').waitFor();
    expect(await stored(id)).toEqual({
      title: 'Name all parts',
      instructions: 'Three.',
      dueDate: '2035-07-10T18:00:00.000Z',
    });
    await page.context().close();
  });

  test('a step back in the history from one form to another shows the fields of that one', async () => {
    const { page, id } = await opened('Draw a river');
    await toChange(page, 'Draw a river');
    const input = { courseId, title: 'Draw a road', dueDate: '2035-07-04T18:00:00Z' };
    const { assignment } = await teacher.mutate('createAssignment', input, 'assignment { id }');
    await goWithin(page, `/courses/${courseId}/assignments/${assignment.id}/change`);
    await page.getByRole('heading', { level: 1, name: 'Change Draw a road' }).waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('Draw a road');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Change Draw a river' }).waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('Draw a river');
    await page.getByLabel('Title').fill('Draw two rivers');
    await new FormOnPage(page).send('Save changes');
    await new Header(page).notice('Draw two rivers is changed.').waitFor();
    expect(await stored(id)).toMatchObject({ title: 'Draw two rivers', dueDate: '2035-07-03T18:00:00.000Z' });
    await page.context().close();
  });

  test('a text that was emptied is sent, and a save without a change changes nothing', async () => {
    const { page, id } = await opened('Find north');
    await new AssignmentPage(page).change({ instructions: '' });
    await new Header(page).notice('Find north is changed.').waitFor();
    const emptied = { title: 'Find north', instructions: null, dueDate: '2035-07-03T18:00:00.000Z' };
    expect(await stored(id)).toEqual(emptied);
    await new Header(page).dismiss('Find north is changed.');
    await new AssignmentPage(page).change({});
    await new Header(page).notice('Find north is changed.').waitFor();
    expect(await stored(id)).toEqual(emptied);
    await page.context().close();
  });
});

describe('the settings', () => {
  const profileOf = async (student: Client) =>
    (await student.must('{ me { displayName ... on Student { timeZone } } }')).me;

  test('begin with the time zone that another device has chosen', async () => {
    const ada = await web.apiAs('ada@demo.example');
    const { page } = await web.openDevice();
    const device = new StudentDevice(page);
    await device.openAs('Ada', '/settings');
    await page.getByLabel('Time zone').waitFor();
    await device.header.goTo('Home');
    await ada.mutate('updateProfile', { timeZone: 'Asia/Tokyo' });
    const held = await holdRequests(page, 'query Profile');
    await device.header.goTo('Settings');
    await held.asked;
    held.release();
    const settings = new SettingsPage(page);
    await settings.rename('Ada L.');
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Asia/Tokyo');
    await settings.form.send('Save');
    await device.header.signedInAs('Ada L.').waitFor();
    expect(await profileOf(ada)).toEqual({ displayName: 'Ada L.', timeZone: 'Asia/Tokyo' });
    await page.context().close();
  });

  test('save only what was changed in them, and also what is changed back', async () => {
    const alan = await web.apiAs('alan@demo.example');
    const { page } = await web.openDevice();
    const device = new StudentDevice(page);
    await device.openAs('Alan', '/settings');
    const settings = new SettingsPage(page);
    await settings.rename('Alan T.');
    await alan.mutate('updateProfile', { timeZone: 'Asia/Tokyo' });
    await settings.form.send('Save');
    await device.header.signedInAs('Alan T.').waitFor();
    expect(await profileOf(alan)).toEqual({ displayName: 'Alan T.', timeZone: 'Asia/Tokyo' });
    await settings.rename('Alan');
    await settings.form.send('Save');
    await device.header.signedInAs('Alan').waitFor();
    expect(await profileOf(alan)).toEqual({ displayName: 'Alan', timeZone: 'Asia/Tokyo' });
    await page.context().close();
  });
});
