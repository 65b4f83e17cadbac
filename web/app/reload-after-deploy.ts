const NAME = 'auraledger-reloaded-at';

/** Reloading does not help where the server cannot be reached. Milliseconds. */
const ONCE_PER_MS = 60_000;

/** A tab from before a deploy asks for chunks that are gone. Its next load gets the new ones. */
export function reloadAfterDeploy(): void {
  window.addEventListener('vite:preloadError', () => {
    const last = Number(sessionStorage.getItem(NAME) ?? 0);
    if (performance.timeOrigin + performance.now() - last < ONCE_PER_MS) return;
    sessionStorage.setItem(NAME, String(performance.timeOrigin + performance.now()));
    window.location.reload();
  });
}
