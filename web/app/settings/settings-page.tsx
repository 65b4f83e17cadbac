import { useState } from 'react';
import { SelectField } from '../ui/field';
import { Card, Page } from '../ui/page';
import { chooseTheme, chosenTheme, type Theme } from '../ui/theme';
import { words } from '../words/en';

export default function SettingsPage() {
  const [theme, setTheme] = useState(chosenTheme);

  function choose(next: Theme) {
    chooseTheme(next);
    setTheme(next);
  }

  return (
    <Page title={words.settings.title}>
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
    </Page>
  );
}
