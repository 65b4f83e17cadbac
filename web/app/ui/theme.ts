export type Theme = 'system' | 'light' | 'dark';

const NAME = 'auraledger-theme';
const THEMES: readonly string[] = ['light', 'dark'] satisfies Theme[];

/** The theme that was chosen in this browser. */
export function chosenTheme(): Theme {
  try {
    const stored = localStorage.getItem(NAME) ?? '';
    return THEMES.includes(stored) ? (stored as Theme) : 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(NAME, theme);
  } catch {}
  applyTheme(theme);
}

/** tokens.css reads the attribute. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}
