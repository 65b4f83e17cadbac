import { useSearch } from 'wouter';
import { TextField } from '../ui/field';
import { words } from '../words/en';

/** The e-mail address with which one signs in. */
export const EmailField = ({ error }: { error: string | undefined }) => (
  <TextField label={words.signIn.email} name="email" type="email" autoComplete="username" error={error} />
);

/** The address of the other page. What a link brought, for instance a join code, goes along. */
export function useAddressWithSearch(path: string): string {
  const search = useSearch();
  return search === '' ? path : `${path}?${search}`;
}
