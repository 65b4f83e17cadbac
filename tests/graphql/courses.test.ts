/** Which courses a viewer lists: their own, whatever others there are, and for an admin all. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createSchool, type Person, type School } from '../http/school.js';
import { type Data, useServer } from '../support/client.js';

const server = useServer();

let school: School;
let ofBoth: Person;
let ofOne: Person;
let ofNone: Person;

beforeAll(async () => {
  school = await createSchool(server);
  ofBoth = await school.student(school.course, school.otherCourse);
  ofOne = await school.student(school.otherCourse);
  ofNone = await school.student();
});

async function listed(viewer: Person): Promise<string[]> {
  const { courses }: Data = await viewer.must('{ courses(first: 100) { edges { node { id } } } }');
  return courses.edges.map(({ node }: Data) => node.id);
}

describe('the courses of', () => {
  const own = () => school.course.id;
  const other = () => school.otherCourse.id;

  test.each<[string, () => Person, () => string[]]>([
    ['a teacher are those that the teacher teaches', () => school.teacher, () => [own()]],
    ['another teacher are others', () => school.otherTeacher, () => [other()]],
    ['an admin are all', () => school.admin, () => [own(), other()]],
    ['a student are those that the student takes', () => ofOne, () => [other()]],
    ['a student of two are both', () => ofBoth, () => [own(), other()]],
    ['a student of none are none', () => ofNone, () => []],
  ])('%s', async (_, viewer, expected) => {
    expect(await listed(viewer())).toEqual(expected().sort());
  });
});

test('a student lists the same courses in its profile, and a teacher sees there only what it teaches', async () => {
  const query = 'query ($id: ID!) { student(id: $id) { courses { id } } }';
  const shownTo = async (viewer: Person) => {
    const { student }: Data = await viewer.must(query, { id: ofBoth.id });
    return student.courses.map(({ id }: Data) => id).sort();
  };
  expect(await shownTo(ofBoth)).toEqual([school.course.id, school.otherCourse.id].sort());
  expect(await shownTo(school.teacher)).toEqual([school.course.id]);
  expect(await shownTo(school.otherTeacher)).toEqual([school.otherCourse.id]);
});
