/** Checkout: address, delivery, small print; then the payment page in a frame of its own says that it is paid. */
import "./frame.js";
import * as basket from "./basket.js";
import { euros } from "./money.js";
import { keep } from "./orders-kept.js";
import { signedIn } from "./session.js";

const courier = 900;
const $ = (selector) => document.querySelector(selector);
const cart = await basket.priced();

const delivery = () => ($("[name='way']:checked").value === "courier" ? courier : cart.delivery);

function summary() {
  const rows = cart.lines.map(({ article, quantity, sum }) => [`${quantity} × ${article.name}`, euros(sum)]);
  rows.push(["Delivery", delivery() ? euros(delivery()) : "Free"], ["Total", euros(cart.goods + delivery())]);
  $("#summary").replaceChildren(...rows.flatMap(([name, value], index) => {
    const term = document.createElement("dt");
    const amount = document.createElement("dd");
    term.textContent = name;
    amount.textContent = value;
    if (index === rows.length - 1) {
      term.className = amount.className = "grand";
      amount.dataset.testid = "total";
    }
    return [term, amount];
  }));
  const note = basket.gift();
  $(".gift").hidden = !note;
  $(".gift").textContent = note;
}

/** Marks what is missing; true when nothing is. */
function complete() {
  let first;
  for (const field of document.querySelectorAll("[required]")) {
    const missing = !field.value.trim();
    field.toggleAttribute("aria-invalid", false);
    if (missing) field.setAttribute("aria-invalid", "true");
    $(`#${field.id}-error`).textContent = missing ? "Please fill this in." : "";
    if (missing) first ??= field;
  }
  const agreed = $("#agree").checked;
  $("#agree-error").textContent = agreed ? "" : "Please read to the end and agree.";
  first?.focus();
  return !first && agreed;
}

function openPayment() {
  const frame = document.createElement("iframe");
  frame.className = "card-frame";
  frame.id = "card-frame";
  frame.title = "Card payment";
  frame.src = `payment.html?amount=${cart.goods + delivery()}`;
  $("#payment").replaceChildren(frame);
  $("#payment").hidden = false;
  $("#proceed").hidden = true;
  for (const field of document.querySelectorAll(".steps fieldset")) field.disabled = true;
  frame.addEventListener("load", () => frame.scrollIntoView({ block: "nearest" }));
}

function paid() {
  const order = keep({
    goods: cart.lines.map(({ article, quantity }) => (quantity > 1 ? `${article.name} × ${quantity}` : article.name)).join(", "),
    total: cart.goods + delivery(),
  });
  const name = $("#name").value.trim().split(" ")[0];
  basket.empty();
  $("#form").hidden = true;
  $("#thanks").hidden = false;
  $("#thanks h1").textContent = `Thank you, ${name}`;
  $("[data-testid='order-number']").textContent = order.number;
  $("#thanks h1").focus();
}

for (const way of document.querySelectorAll("[name='way']")) way.addEventListener("change", summary);
$("#terms").addEventListener("scroll", ({ target }) => {
  if (target.scrollTop + target.clientHeight >= target.scrollHeight - 4) $("#agree").disabled = false;
});
$(".steps").addEventListener("submit", (event) => {
  event.preventDefault();
  if (complete()) openPayment();
});
addEventListener("message", (event) => {
  if (event.origin === location.origin && event.data === "paid") paid();
});

if (cart.lines.length) {
  $("#name").value = signedIn()?.name ?? "";
  $("#ferry").textContent = cart.delivery ? euros(cart.delivery) : "Free";
  summary();
  $("#form").hidden = false;
} else {
  $("#bare").hidden = false;
}
