import { Link, useSearch } from 'wouter';
import { TextField } from '../ui/field';
import { Form, type FormInput } from '../ui/form';
import { Card, Page } from '../ui/page';
import { words } from '../words/en';
import { submitSession } from './submit-session';
import { useSession } from './use-session';

export function SignInPage() {
  // What a link brought, for instance a join code, goes along.
  const search = useSearch();
  const addressed = search === '' ? '' : `?${search}`;
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
              <TextField
                label={words.signIn.email}
                name="email"
                type="email"
                autoComplete="username"
                error={problems.email}
              />
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
          {words.signIn.noAccount} <Link href={`/sign-up${addressed}`}>{words.signIn.signUp}</Link>
        </p>
      </Card>
    </Page>
  );
}
