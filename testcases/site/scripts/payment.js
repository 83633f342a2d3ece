/** The payment page, shown in a frame of the checkout. It takes a card, asks the bank where it must, and says `paid`. */
import "./theme.js";
import { later, whileBusy } from "./later.js";
import { euros } from "./money.js";

const $ = (selector) => document.querySelector(selector);
const button = $("#pay");

/** The check digit of ISO/IEC 7812. */
function plausible(digits) {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return /^\d{16}$/.test(digits) && sum % 10 === 0;
}

function wrong() {
  if (!plausible($("#number").value.replaceAll(" ", ""))) return ["#number", "This card number is not valid."];
  if (!/^(0[1-9]|1[0-2])\s*\/\s*\d\d$/.test($("#expiry").value.trim())) return ["#expiry", "Please write the expiry as MM / YY."];
  if (!/^\d{3}$/.test($("#code").value)) return ["#code", "The security code has three digits."];
  return null;
}

function askTheBank() {
  const frame = document.createElement("iframe");
  frame.className = "bank";
  frame.id = "bank";
  frame.title = "Your bank";
  frame.src = "bank.html";
  $("form").replaceChildren(frame);
}

const done = () => parent.postMessage("paid", location.origin);

button.textContent = `Pay ${euros(Number(new URLSearchParams(location.search).get("amount")) || 0)}`;
$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = wrong();
  for (const field of document.querySelectorAll("input")) field.setAttribute("aria-invalid", `#${field.id}` === problem?.[0]);
  $(".error").textContent = problem?.[1] ?? "";
  if (problem) {
    $(problem[0]).focus();
    return;
  }
  await whileBusy(button, () => later(500));
  if ($("#number").value.startsWith("4000")) askTheBank();
  else done();
});
addEventListener("message", (event) => {
  if (event.origin === location.origin && event.data === "confirmed") done();
});
