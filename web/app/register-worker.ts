/** Only the built page has a worker: in development it would serve old files. Browsers without it work online. */
export function registerWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  window.addEventListener('load', () => {
    navigator.serviceWorker.register(workerAddress() as string, { updateViaCache: 'none' }).catch(() => {});
  });
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (address: string) => string },
  ): { createScriptURL(address: string): unknown };
}

/** The content security policy lets scripts be loaded through this policy only, and the policy knows one address. */
function workerAddress(): unknown {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  if (!trustedTypes) return '/sw.js';
  const policy = trustedTypes.createPolicy('worker', { createScriptURL: () => '/sw.js' });
  return policy.createScriptURL('/sw.js');
}
