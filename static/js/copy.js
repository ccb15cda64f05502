// A button that copies what stands in a field. Where the clipboard is closed to pages, as without
// HTTPS, the field is selected and the button says which keys copy it. #copied tells it to readers.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.querySelector(button.dataset.copy);
  const words = button.querySelector("span");
  const { done, byHand } = button.dataset;
  const say = (text) => {
    words.textContent = text;
    document.querySelector("#copied").textContent = text;
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      say(done);
    } catch {
      field.focus();
      say(byHand);
    }
  });
}
