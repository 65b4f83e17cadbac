/** The web client, with a new student of the demonstration class for each test. */
import { afterEach, beforeEach } from '@jest/globals';
import { type Client, clientOf } from '../support/client.js';
import { StudentDevice } from './pages/student-device.js';
import { useWebClient, type WebClient } from './web-client.js';

export interface NewStudent {
  readonly name: string;
  readonly client: Client;
}

export interface NewStudents {
  readonly web: WebClient;
  /** The student of this test, who has handed in nothing. */
  readonly student: NewStudent;
  /** The assignments that are open. */
  readonly titles: readonly string[];
  another(): Promise<NewStudent>;
  /** A device of its own, signed out. */
  openDevice(): Promise<StudentDevice>;
  /** A device on which the student is signed in. */
  signedIn(path?: string): Promise<StudentDevice>;
}

export function useNewStudents(): NewStudents {
  const web = useWebClient();
  const devices: StudentDevice[] = [];
  let students = 0;
  let student: NewStudent;
  let titles: readonly string[];

  async function another(): Promise<NewStudent> {
    students += 1;
    const name = `Student${students}`;
    const email = `${name.toLowerCase()}@demo.example`;
    const input = { email, password: 'demo-password', displayName: name, timeZone: 'UTC' };
    const { accessToken } = await clientOf(web.url).mutate('signUp', input, 'accessToken');
    const client = clientOf(web.url, accessToken);
    await client.mutate('joinCourse', { joinCode: 'DEMO-2026' });
    return { name, client };
  }

  beforeEach(async () => {
    student = await another();
    titles = await openTitles(student.client);
  });
  afterEach(async () => {
    for (const { page } of devices.splice(0)) await page.context().close();
  });

  async function openDevice(): Promise<StudentDevice> {
    const { page } = await web.openDevice();
    const device = new StudentDevice(page);
    devices.push(device);
    return device;
  }

  return {
    web,
    get student() {
      return student;
    },
    get titles() {
      return titles;
    },
    another,
    openDevice,
    async signedIn(path = '/') {
      const device = await openDevice();
      await device.openAs(student.name, path);
      return device;
    },
  };
}

async function openTitles(client: Client): Promise<string[]> {
  const { courses } = await client.must(
    '{ courses { edges { node { assignments { edges { node { title pointsNow } } } } } } }',
  );
  const assignments: { node: { title: string; pointsNow: number | null } }[] = courses.edges[0].node.assignments.edges;
  return assignments.filter(({ node }) => node.pointsNow !== null).map(({ node }) => node.title);
}
