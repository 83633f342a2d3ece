/** The cart's page. */
import "./frame.js";
import "./stepper.js";
import * as basket from "./basket.js";
import { address, draw } from "./card.js";
import { euros } from "./money.js";

const $ = (selector) => document.querySelector(selector);
const testid = (name) => $(`[data-testid='${name}']`);

function line({ article, quantity, sum }) {
  const item = $("#line").content.firstElementChild.cloneNode(true);
  const link = item.querySelector("a");
  link.href = address(article);
  link.textContent = article.name;
  draw(item.querySelector(".picture"), article);
  item.querySelector(".sum").textContent = euros(sum);
  const stepper = item.querySelector("quantity-stepper");
  stepper.setAttribute("label", `Quantity of ${article.name}`);
  stepper.setAttribute("value", quantity);
  stepper.addEventListener("change", async () => {
    basket.put(article.id, stepper.value);
    item.querySelector(".sum").textContent = euros(article.price * stepper.value);
    totals(await basket.priced());
  });
  const remove = item.querySelector(".acts > button");
  remove.setAttribute("aria-label", `Remove ${article.name}`);
  remove.addEventListener("click", () => {
    basket.put(article.id, 0);
    refresh();
  });
  return item;
}

function totals({ goods, delivery, total }) {
  testid("goods-total").textContent = euros(goods);
  testid("delivery").textContent = delivery ? euros(delivery) : "Free";
  testid("total").textContent = euros(total);
  const note = basket.gift();
  testid("gift").hidden = !note;
  testid("gift").textContent = note;
  $("#gift").textContent = note ? "Change the gift note" : "Add a gift note";
}

async function refresh() {
  const cart = await basket.priced();
  $("#full").hidden = !cart.lines.length;
  $("#bare").hidden = cart.lines.length > 0;
  $("#lines").replaceChildren(...cart.lines.map(line));
  totals(cart);
  $("main").setAttribute("aria-busy", "false");
}

$("#empty").addEventListener("click", () => {
  if (!confirm("Take everything out of the cart?")) return;
  basket.empty();
  refresh();
});

$("#gift").addEventListener("click", async () => {
  const note = prompt("What shall we write on the card?", basket.gift());
  if (note === null) return;
  basket.setGift(note.trim());
  totals(await basket.priced());
});

const handed = new URLSearchParams(location.search).get("with");
if (handed) {
  basket.takeOver(handed);
  history.replaceState(null, "", "cart.html");
}
await refresh();
