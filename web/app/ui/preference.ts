import { useState } from 'react';

/** A choice of the person for this browser. @returns the choice, and the function that changes it */
export function usePreference(
  name: 'hide-seconds' | 'sound',
  preset: boolean,
): readonly [boolean, (is: boolean) => void] {
  const key = `auraledger-${name}`;
  const [is, setIs] = useState(() => load(key) ?? preset);
  function change(next: boolean) {
    setIs(next);
    try {
      localStorage.setItem(key, next ? 'on' : 'off');
    } catch {}
  }
  return [is, change];
}

function load(key: string): boolean | null {
  try {
    const stored = localStorage.getItem(key);
    return stored === null ? null : stored === 'on';
  } catch {
    return null;
  }
}
