// Between the browser and the planner: everything comes from the network, and from what was kept where
// that does not answer. The site puts FILES, PAGE and KEPT before this (portal.pages.planner).

// @ts-nocheck A worker has other globals than a page.

/* global FILES, PAGE, KEPT */
const WAIT_MS = 4000; // under a bridge a network is often there and does not answer

const late = () =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error("no answer")), WAIT_MS);
  });

const kept = async (address, problem) => {
  const found = await caches.match(address, { cacheName: KEPT });
  if (!found) throw problem;
  return found;
};

addEventListener("install", (event) => {
  const whole = async () => {
    const cache = await caches.open(KEPT);
    await cache.addAll(
      [PAGE, ...FILES].map((address) => new Request(address, { cache: "reload" })),
    );
    await self.skipWaiting();
  };
  event.waitUntil(whole());
});

addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith("planner-") && name !== KEPT).map((name) =>
        caches.delete(name)
      ),
    );
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  const instead = request.mode === "navigate"
    ? PAGE
    : FILES.find((file) => file === address.pathname);
  if (!instead) return;
  event.respondWith(
    Promise.race([fetch(request), late()]).catch((problem) => kept(instead, problem)),
  );
});
