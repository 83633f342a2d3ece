/** The network of a shop that has none: an answer that takes its time. */
export const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Shows on `button` that something is under way, and keeps it from being pressed twice. */
export async function whileBusy(button, work) {
  button.disabled = true;
  button.classList.add("busy");
  try {
    return await work();
  } finally {
    button.disabled = false;
    button.classList.remove("busy");
  }
}
