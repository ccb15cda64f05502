// A form keeps its key when somebody comes back to it: sent once more, it opens no second visit. The
// page is loaded anew then, with another key in it, but its entry in the history keeps its state.

const field = document.querySelector("input[name=client_key]");

if (field) {
  if (history.state?.clientKey) field.value = history.state.clientKey;
  else history.replaceState({ ...history.state, clientKey: field.value }, "");
}
