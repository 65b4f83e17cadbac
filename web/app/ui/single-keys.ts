import { useLayoutEffect, useRef, useSyncExternalStore } from 'react';

const NAME = 'auraledger-single-keys';
const listeners = new Set<() => void>();

/** Whether single keys act in this browser. People who use speech input switch them off (WCAG 2.1.4). */
function areSingleKeysOn(): boolean {
  try {
    return localStorage.getItem(NAME) !== 'off';
  } catch {
    return true;
  }
}

export function switchSingleKeys(areOn: boolean): void {
  try {
    localStorage.setItem(NAME, areOn ? 'on' : 'off');
  } catch {}
  for (const listener of listeners) listener();
}

export const useSingleKeysOn = (): boolean => useSyncExternalStore(subscribe, areSingleKeysOn);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Keys that act on their own, outside of fields and dialogs. Each also has a visible button. */
export function useSingleKeys(actions: Readonly<Record<string, (() => void) | undefined>>): void {
  const latest = useRef(actions);
  latest.current = actions;
  // Before the page is painted: a person who sees it may press a key at once.
  useLayoutEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || !areSingleKeysOn()) return;
      const { target } = event;
      if (target instanceof Element && target.closest('input, textarea, select, dialog, [contenteditable]')) return;
      // Space and Enter press the button or link that has the focus.
      if ([' ', 'Enter'].includes(event.key) && target instanceof Element && target.closest('button, a, summary'))
        return;
      const act = latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    }
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
