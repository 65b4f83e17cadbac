import { failureFrom } from '../api/failure';
import { type FormProblems, problemsOf } from '../ui/form';
import type { Opened, Session } from './session';
import { NotOpened } from './session-server';

/** Opens a session unless a field has a problem already. @returns what is wrong, for the form */
export async function submitSession(
  session: Session,
  fields: Readonly<Record<string, string>>,
  open: () => Promise<Opened>,
): Promise<FormProblems | null> {
  if (Object.keys(fields).length > 0) return { fields };
  try {
    await session.open(open);
    return null;
  } catch (error) {
    return problemsOf(error instanceof NotOpened ? error.failure : failureFrom(error));
  }
}
