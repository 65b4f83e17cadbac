import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { JoinCourseDocument } from '../api/generated/student';
import { useRereads } from '../api/use-rereads';
import { useSend } from '../api/use-send';
import { TextField } from '../ui/field';
import { Form, type FormInput, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { Card } from '../ui/page';
import { useIsShown } from '../ui/use-is-shown';
import { words } from '../words/en';

/**
 * @param isFirst the student is in no course yet
 * @param isInvited a teacher's link led here: its field, which has the code, takes the focus
 */
export function JoinCourse({ isFirst, isInvited }: { isFirst: boolean; isInvited: boolean }) {
  const send = useSend(JoinCourseDocument);
  const { ask } = useRereads();
  // A teacher's link has the code in its address.
  const [search, setSearch] = useSearchParams();
  const isShown = useIsShown();
  /** Another key makes another form, which is empty. */
  const [joined, setJoined] = useState(0);

  async function join(input: FormInput) {
    const joinCode = input.text('joinCode');
    if (joinCode.trim() === '') return { fields: { joinCode: words.join.codeMissing } };
    const { result, failure } = await send({ input: { joinCode } });
    if (failure)
      return failure.code === 'REFUSED' ? { fields: { joinCode: failure.message ?? '' } } : problemsOf(failure);
    ask();
    notify(words.join.joined(result.course.name));
    // It would also take the person back to this page.
    if (isShown()) setSearch({}, { replace: true });
    setJoined(joined + 1);
    return null;
  }

  return (
    <Card title={isFirst ? words.join.first : words.join.another}>
      {isFirst && <p>{words.join.firstHint}</p>}
      <Form key={joined} submit={words.join.submit} onSubmit={join}>
        {(problems) => (
          <TextField
            label={words.join.code}
            hint={words.join.codeHint}
            name="joinCode"
            data-takes-focus
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            autoFocus={isInvited}
            defaultValue={joined === 0 ? (search.get('join') ?? '') : ''}
            error={problems.joinCode}
          />
        )}
      </Form>
    </Card>
  );
}
