/**
 * The service worker: the page opens without a network. It never answers for the API. The build puts this version's
 * files into it, so each version has a cache of its own. A new version takes over when all tabs of the old one are
 * closed; what people have stored is in IndexedDB and stays.
 */
const { version, files } = __BUILD__;
const CACHE = `auraledger-${version}`;
const OTHERS = /^\/(graphql|graphiql|health|metrics)(\/|$)/;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(files.map((file) => new Request(file, { cache: 'no-cache' })))),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) => {
      const old = names.filter((name) => name.startsWith('auraledger-') && name !== CACHE);
      return Promise.all(old.map((name) => caches.delete(name)));
    }),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || OTHERS.test(pathname)) return;
  const kept = (path) => caches.open(CACHE).then((cache) => cache.match(path, { ignoreVary: true }));
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(async () => (await kept('/')) ?? Response.error()));
  } else if (files.includes(pathname)) {
    event.respondWith(kept(pathname).then((response) => response ?? fetch(request)));
  }
});
