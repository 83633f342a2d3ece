/** Signing in. Goes on to the page that asked for it (`?next=`), which must be one of ours. */
import "./frame.js";
import { whileBusy } from "./later.js";
import { signIn } from "./session.js";

const $ = (selector) => document.querySelector(selector);

/** Says what is missing in `field`; true when it is filled in. */
function filled(field, message) {
  const missing = !field.value;
  field.setAttribute("aria-invalid", missing);
  $(`#${field.id}-error`).textContent = missing ? message : "";
  return !missing;
}

function next() {
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  return /^[a-z-]+\.html$/.test(wanted) ? wanted : "index.html";
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const user = $("#user");
  const password = $("#password");
  $(".alert").textContent = "";
  const there = [filled(user, "Please give your user name."), filled(password, "Please give your password.")];
  if (there.includes(false)) {
    $("[aria-invalid='true']").focus();
    return;
  }
  try {
    await whileBusy($("form button"), () => signIn(user.value.trim(), password.value));
    location.assign(next());
  } catch (error) {
    $(".alert").textContent = error.message;
    password.value = "";
    password.focus();
  }
});
