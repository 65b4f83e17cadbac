import { Link } from 'wouter';
import { TextField } from '../ui/field';
import { Form, type FormInput } from '../ui/form';
import { Card, Page } from '../ui/page';
import { words } from '../words/en';
import { EmailField, useAddressWithSearch } from './account-fields';
import { submitSession } from './submit-session';
import { useSession } from './use-session';

export function SignInPage() {
  const signUpAddress = useAddressWithSearch('/sign-up');
  const { session, gate } = useSession();

  function signIn(input: FormInput) {
    const [email, password] = [input.text('email'), input.text('password')];
    const fields = {
      ...(email === '' && { email: words.signIn.emailMissing }),
      ...(password === '' && { password: words.signIn.passwordMissing }),
    };
    return submitSession(session, fields, () => gate.signIn({ email, password }));
  }

  return (
    <Page title={words.signIn.title}>
      <Card>
        <Form submit={words.signIn.submit} onSubmit={signIn}>
          {(problems) => (
            <>
              <EmailField error={problems.email} />
              <TextField
                label={words.signIn.password}
                name="password"
                type="password"
                autoComplete="current-password"
                error={problems.password}
              />
            </>
          )}
        </Form>
        <p>
          {words.signIn.noAccount} <Link href={signUpAddress}>{words.signIn.signUp}</Link>
        </p>
      </Card>
    </Page>
  );
}
