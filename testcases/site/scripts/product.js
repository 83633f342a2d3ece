/** One article: how many of it, into the cart, and a question to the shop on the quay, which is often busy. */
import "./frame.js";
import "./stepper.js";
import * as basket from "./basket.js";
import { draw } from "./card.js";
import { find } from "./goods.js";
import { later, whileBusy } from "./later.js";
import { euros } from "./money.js";
import { toast } from "./toast.js";

const $ = (selector) => document.querySelector(selector);
const article = await find(new URLSearchParams(location.search).get("id"));
let calls = 0;

function show() {
  document.title = `${article.name} · Harbour Goods`;
  draw($(".product .picture"), article);
  $(".product h1").textContent = article.name;
  $(".product .kind").textContent = article.kind;
  $(".blurb").textContent = article.blurb;
  $("[data-testid='price']").textContent = euros(article.price);
  const stock = $("[data-testid='stock']");
  stock.textContent = article.stock ? `${article.stock} in the warehouse` : "Sold out";
  stock.className = article.stock ? "soft" : "out";
  $("#add").disabled = !article.stock;
  $("#ask").disabled = false;
  $(".product").setAttribute("aria-busy", "false");
}

async function add() {
  const quantity = $("quantity-stepper").value;
  await whileBusy($("#add"), () => later(250));
  basket.add(article.id, quantity);
  await later(400);
  toast(`${quantity} × ${article.name} in your cart`);
}

/** The first call finds the line busy, the second is answered. */
async function askTheShop() {
  $("#answer").textContent = "";
  calls += 1;
  await whileBusy($("#ask"), () => later(350));
  $("#answer").textContent = calls === 1
    ? "The line is busy. Please try again."
    : `Yes, we have ${article.stock ? "some on the quay" : "one left under the counter"}.`;
}

if (article) {
  show();
  $("#add").addEventListener("click", add);
  $("#ask").addEventListener("click", askTheShop);
} else {
  $(".product").hidden = true;
  $("#missing").hidden = false;
}
