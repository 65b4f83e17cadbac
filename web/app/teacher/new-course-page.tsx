import { CreateCourseDocument, TaughtCoursesDocument } from '../api/generated/teacher';
import { useReadAll } from '../api/use-all-pages';
import { useSend } from '../api/use-send';
import { ButtonLink } from '../ui/button';
import { TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems } from '../ui/form';
import { notify } from '../ui/notices';
import { Card, Page } from '../ui/page';
import { words } from '../words/en';
import { paths } from './paths';
import { useCreateOnce } from './use-create-once';
import { useGoOn } from './use-go-on';

export default function NewCoursePage() {
  const send = useSend(CreateCourseDocument);
  const createOnce = useCreateOnce<{ readonly id: string; readonly name: string }>(
    useReadAll(TaughtCoursesDocument, {}, ({ courses }) => courses),
    { href: paths.courses, text: words.course.all },
  );
  const goOn = useGoOn();

  async function create(input: FormInput): Promise<FormProblems | null> {
    const name = input.text('name');
    if (name.trim() === '') return { fields: { name: words.newCourse.nameMissing } };
    const created = await createOnce({
      isIt: (course) => course.name === name.trim().normalize('NFC'),
      async create() {
        const { result, failure } = await send({ input: { name } });
        return failure ? { failure } : { made: result.course };
      },
    });
    if ('problems' in created) return created.problems;
    goOn(paths.roster(created.made.id));
    notify(words.newCourse.created(created.made.name));
    return null;
  }

  return (
    <Page title={words.newCourse.title}>
      <Card>
        <Form
          submit={words.newCourse.submit}
          onSubmit={create}
          actions={<ButtonLink href={paths.courses}>{words.newCourse.cancel}</ButtonLink>}
        >
          {(problems) => (
            <TextField
              label={words.newCourse.name}
              hint={words.newCourse.nameHint}
              name="name"
              autoComplete="off"
              error={problems.name}
            />
          )}
        </Form>
      </Card>
    </Page>
  );
}
