import { CreateCourseDocument } from '../api/generated/teacher';
import { useSend } from '../api/use-send';
import { ButtonLink } from '../ui/button';
import { TextField } from '../ui/field';
import { Form, type FormInput, type FormProblems, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card, Page } from '../ui/page';
import { words } from '../words/en';
import { paths } from './paths';
import { useGoOn } from './use-go-on';

export default function NewCoursePage() {
  const send = useSend(CreateCourseDocument);
  const goOn = useGoOn();

  async function create(input: FormInput): Promise<FormProblems | null> {
    const name = input.text('name');
    if (name.trim() === '') return { fields: { name: words.newCourse.nameMissing } };
    const { result, failure } = await send({ input: { name } });
    if (failure) return problemsOf(failure);
    goOn(paths.roster(result.course.id));
    notify(words.newCourse.created(result.course.name));
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
