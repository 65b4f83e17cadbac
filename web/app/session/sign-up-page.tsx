import { Link } from 'wouter';
import { TextField } from '../ui/field';
import { Form, type FormInput } from '../ui/form';
import { Card, Page } from '../ui/page';
import { words } from '../words/en';
import { EmailField, useAddressWithSearch } from './account-fields';
import { submitSession } from './submit-session';
import { useSession } from './use-session';

const SHORTEST_PASSWORD = 8;

export default function SignUpPage() {
  const signInAddress = useAddressWithSearch('/sign-in');
  const { session, gate } = useSession();

  function signUp(input: FormInput) {
    const [displayName, email, password] = [input.text('displayName'), input.text('email'), input.text('password')];
    const fields = {
      ...(displayName.trim() === '' && { displayName: words.signUp.displayNameMissing }),
      ...(email === '' && { email: words.signUp.emailMissing }),
      ...(password.length < SHORTEST_PASSWORD && { password: words.signUp.passwordShort }),
    };
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return submitSession(session, fields, () => gate.signUp({ displayName, email, password, timeZone }));
  }

  return (
    <Page title={words.signUp.title}>
      <Card>
        <Form submit={words.signUp.submit} onSubmit={signUp}>
          {(problems) => (
            <>
              <TextField
                label={words.signUp.displayName}
                hint={words.signUp.displayNameHint}
                name="displayName"
                autoComplete="name"
                error={problems.displayName}
              />
              <EmailField error={problems.email} />
              <TextField
                label={words.signUp.password}
                hint={words.signUp.passwordHint}
                name="password"
                type="password"
                autoComplete="new-password"
                error={problems.password}
              />
            </>
          )}
        </Form>
        <p>
          {words.signUp.haveAccount} <Link href={signInAddress}>{words.signUp.signIn}</Link>
        </p>
      </Card>
    </Page>
  );
}
