import type { SignInLimits } from '../auth/sign-in-limits.js';
import { type Refused, refuse } from '../granting/refusal.js';
import { createAccount } from './create-account.js';
import { type AnonymousRequest, openSession, type SessionDependencies, type SessionOpened } from './sign-in.js';

/**
 * Creates a student's account and signs it in. If the e-mail address is taken, refuses and writes nothing.
 * @throws RateLimited, PasswordsOverloaded
 */
export async function signUp(
  dependencies: SessionDependencies & { readonly limits: Pick<SignInLimits, 'countSignUp' | 'placeOf'> },
  input: {
    readonly email: string;
    readonly password: string;
    readonly displayName: string;
    readonly timeZone: string;
  },
  { clientAddress }: AnonymousRequest,
): Promise<SessionOpened | Refused> {
  const { limits, clock } = dependencies;
  limits.countSignUp(clientAddress);
  const { email, password, displayName, timeZone } = input;
  const account = await createAccount({
    email,
    password,
    displayName,
    timeZone,
    role: 'STUDENT',
    createdAt: clock(),
  });
  if (!account) {
    return refuse('EMAIL_TAKEN', 'This e-mail address already has an account. Sign in, or use another address.');
  }
  return openSession(dependencies, account, limits.placeOf({ email: account.email, clientAddress }));
}
