/** The bank's page, in a frame of the payment page: confirms with the one code it knows. */
import "./theme.js";
import { later, whileBusy } from "./later.js";

const code = document.querySelector("#code");
const button = document.querySelector("button");

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const right = code.value.trim() === "1911";
  await whileBusy(button, () => later(300));
  code.setAttribute("aria-invalid", !right);
  document.querySelector(".error").textContent = right ? "" : "This is not the code we sent you.";
  if (right) parent.postMessage("confirmed", location.origin);
});

// Before somebody listens, confirming would only load the page anew.
button.disabled = false;
