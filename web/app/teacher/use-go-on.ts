import { useLocation } from 'wouter';
import { useRereads } from '../api/use-rereads';
import { useIsShown } from '../ui/use-is-shown';

/**
 * Goes to the next page when something is done. Who has gone elsewhere meanwhile stays there, with what is written there;
 * that page is asked again.
 */
export function useGoOn(): (path: string) => void {
  const [, navigate] = useLocation();
  const { ask } = useRereads();
  const isShown = useIsShown();
  return (path) => (isShown() ? navigate(path) : ask());
}
