import { useState } from 'react';
import { CreateCourseDocument } from '../api/generated/teacher';
import { useSend } from '../api/use-send';
import { TextField } from '../ui/field';
import { Form, type FormInput, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { words } from '../words/en';

export function CreateCourse() {
  const send = useSend(CreateCourseDocument);
  /** Another key makes another form, which is empty. */
  const [created, setCreated] = useState(0);

  async function create(input: FormInput) {
    const name = input.text('name');
    if (name.trim() === '') return { fields: { name: words.courses.nameMissing } };
    const { result, failure } = await send({ input: { name } });
    if (failure) return problemsOf(failure);
    notify(words.courses.created(result.course.name, result.course.joinCode ?? ''));
    setCreated(created + 1);
    return null;
  }

  return (
    <Card title={words.courses.create}>
      <Form key={created} submit={words.courses.submit} onSubmit={create}>
        {(problems) => <TextField label={words.courses.newName} name="name" error={problems.name} />}
      </Form>
    </Card>
  );
}
