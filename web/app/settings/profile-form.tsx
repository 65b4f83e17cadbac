import { useState } from 'react';
import { type ProfileQuery, UpdateProfileDocument } from '../api/generated/settings';
import { useSend } from '../api/use-send';
import { useSession } from '../session/use-session';
import { CheckboxField, SelectField, TextField } from '../ui/field';
import { changesOf, Form, type FormInput, problemsOf } from '../ui/form';
import { notify } from '../ui/notices';
import { words } from '../words/en';

/** The name, and for students the time zone and whether the leaderboard shows the name. */
export function ProfileForm({ profile }: { profile: ProfileQuery['me'] }) {
  const { session } = useSession();
  const send = useSend(UpdateProfileDocument);
  // Later answers do not change the fields, so what is changed in them is told by what they began with.
  const [before, setBefore] = useState(profile);
  const isStudent = before.__typename === 'Student';

  async function save(input: FormInput) {
    const displayName = input.text('displayName');
    if (displayName.trim() === '') return { fields: { displayName: words.settings.nameMissing } };
    const after = {
      ...before,
      displayName,
      ...(isStudent && {
        timeZone: input.text('timeZone'),
        showOnLeaderboard: input.isChecked('showOnLeaderboard'),
      }),
    };
    const { failure } = await send({ input: changesOf(before, after) });
    if (failure) return problemsOf(failure);
    setBefore(after);
    notify(words.settings.saved);
    // A refresh brings the new name to the header, in all tabs. Without one, the next refresh does.
    session
      .accessToken()
      .then(session.replace)
      .catch(() => {});
    return null;
  }

  return (
    <Form submit={words.settings.save} onSubmit={save}>
      {(problems) => (
        <>
          <TextField
            label={words.settings.name}
            hint={isStudent ? words.settings.nameHint : words.settings.nameOfTeacherHint}
            name="displayName"
            autoComplete="name"
            defaultValue={before.displayName}
            error={problems.displayName}
          />
          {isStudent && (
            <>
              <SelectField
                label={words.settings.timeZone}
                hint={words.settings.timeZoneHint}
                name="timeZone"
                defaultValue={before.timeZone}
                options={zonesWith(before.timeZone).map((zone) => [zone, zone] as const)}
                error={problems.timeZone}
              />
              <CheckboxField
                label={words.settings.onLeaderboard}
                name="showOnLeaderboard"
                defaultChecked={before.showOnLeaderboard}
              />
            </>
          )}
        </>
      )}
    </Form>
  );
}

/** Browsers list neither UTC nor every zone that the server knows. */
const zonesWith = (current: string): string[] =>
  [...new Set([current, 'UTC', ...Intl.supportedValuesOf('timeZone')])].sort();
