import { useLayoutEffect, useRef } from 'react';

/** Whether the component is still on the page, for instance when an answer comes. */
export function useIsShown(): () => boolean {
  const isShown = useRef(false);
  // The effects of layout also end when the page waits, hidden, until the next one is loaded.
  useLayoutEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);
  return () => isShown.current;
}
