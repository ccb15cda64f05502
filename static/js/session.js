// What a page does whose session has ended, whoever finds it out: it goes to the sign-in page, once.
// A page that still holds unsent photos stays: it prevents `signedout`, says what to do, and asks for
// nothing until it sends `signedin`.

let ended = false;

export const sessionEnded = () => ended;

export function endSession() {
  if (ended) return;
  ended = true;
  if (!document.body.dispatchEvent(new CustomEvent("signedout", { cancelable: true }))) return;
  location.assign(
    `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`,
  );
}

document.body.addEventListener("signedin", () => {
  ended = false;
});

// Pieces that htmx asks for again and again: the first refusal is the last.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (ended && event.detail.requestConfig.verb === "get") event.preventDefault();
});
document.body.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401) return;
  event.preventDefault();
  endSession();
});
