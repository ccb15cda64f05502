// A page that waits for one photo shows it by itself: where news concerns it, it asks whether the photo is ready.

const waits = document.querySelector("[data-reload]");

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.querySelector("[data-reload]")) return;
  // Neither what somebody types nor what they mark in the photo may be lost.
  const typing = document.activeElement?.closest("form") ||
    document.querySelector("[data-measuring]");
  if (!typing) location.reload();
}

if (waits) {
  waits.addEventListener("concerned", look);
  document.body.addEventListener("working", look);
}
