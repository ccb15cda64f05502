// Keeps the planner for places without a network. Browsers allow a worker on https and localhost only;
// elsewhere the page works on once it is open, but cannot be loaded again.

const { worker } = document.querySelector("script[data-worker]").dataset;
// Not to be had in a private window: then the page is as good as without.
navigator.serviceWorker?.register(worker).catch(() => {});
