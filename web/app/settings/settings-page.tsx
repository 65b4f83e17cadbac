import { useState } from 'react';
import { ProfileDocument } from '../api/generated/settings';
import { useAnswer } from '../api/use-answer';
import { useAccount } from '../session/use-session';
import { CheckboxField, SelectField } from '../ui/field';
import { Card, Page } from '../ui/page';
import { usePreference } from '../ui/preference';
import { switchSingleKeys, useSingleKeysOn } from '../ui/single-keys';
import { Answered, Settled } from '../ui/states';
import { chooseTheme, chosenTheme, type Theme } from '../ui/theme';
import { words } from '../words/en';
import { ProfileForm } from './profile-form';

export default function SettingsPage() {
  const { role } = useAccount();
  const answer = useAnswer(ProfileDocument, {});
  return (
    <Page title={words.settings.title}>
      <Card title={words.settings.profile}>
        <Answered answer={answer}>
          {({ me }) => (
            <Settled answer={answer}>
              <ProfileForm profile={me} />
            </Settled>
          )}
        </Answered>
      </Card>
      <Appearance />
      {role === 'STUDENT' && <KeysAndSound />}
    </Page>
  );
}

function Appearance() {
  const [theme, setTheme] = useState(chosenTheme);

  function choose(next: Theme) {
    chooseTheme(next);
    setTheme(next);
  }

  return (
    <Card title={words.settings.appearance}>
      <SelectField
        label={words.settings.theme}
        hint={words.settings.themeHint}
        value={theme}
        onChange={({ target }) => choose(target.value as Theme)}
        options={[
          ['system', words.settings.system],
          ['light', words.settings.light],
          ['dark', words.settings.dark],
        ]}
      />
    </Card>
  );
}

function KeysAndSound() {
  const areKeysOn = useSingleKeysOn();
  const [isSoundOn, setSound] = usePreference('sound', true);
  return (
    <Card title={words.settings.thisBrowser}>
      <CheckboxField
        label={words.settings.keys}
        checked={areKeysOn}
        onChange={({ target }) => switchSingleKeys(target.checked)}
      />
      <CheckboxField
        label={words.settings.sound}
        checked={isSoundOn}
        onChange={({ target }) => setSound(target.checked)}
      />
    </Card>
  );
}
