import { useState } from 'react';

type Name = 'hide-seconds' | 'sound';

/** A choice of the person for this browser. @returns the choice, and the function that changes it */
export function usePreference(name: Name, preset: boolean): readonly [boolean, (is: boolean) => void] {
  const [is, setIs] = useState(() => preferenceOf(name, preset));
  function change(next: boolean) {
    setIs(next);
    try {
      localStorage.setItem(keyOf(name), next ? 'on' : 'off');
    } catch {}
  }
  return [is, change];
}

/** The choice as it is now, also if it was changed on another page. */
export function preferenceOf(name: Name, preset: boolean): boolean {
  try {
    const stored = localStorage.getItem(keyOf(name));
    return stored === null ? preset : stored === 'on';
  } catch {
    return preset;
  }
}

const keyOf = (name: Name): string => `auraledger-${name}`;
