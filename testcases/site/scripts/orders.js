/** The orders of whoever is signed in: sorted, filtered, a few at a time. */
import "./frame.js";
import { later, whileBusy } from "./later.js";
import { euros } from "./money.js";
import { kept } from "./orders-kept.js";
import { signedIn } from "./session.js";

const atATime = 6;
const $ = (selector) => document.querySelector(selector);
const table = $("table");
const state = $("#state");
const sorted = { by: "date", descending: true };
let orders = [];
let shown = atATime;

function row(order) {
  const line = document.createElement("tr");
  const cells = [order.number, new Date(order.date).toLocaleDateString("en-GB", { dateStyle: "medium", timeZone: "UTC" }), order.goods];
  for (const text of cells) line.insertCell().textContent = text;
  const status = document.createElement("span");
  status.className = `state ${order.status.toLowerCase().replaceAll(" ", "-")}`;
  status.textContent = order.status;
  line.insertCell().append(status);
  line.insertCell().textContent = euros(order.total);
  line.lastElementChild.className = "number";
  return line;
}

function show() {
  const direction = sorted.descending ? -1 : 1;
  const chosen = orders
    .filter((order) => !state.value || order.status === state.value)
    .sort((a, b) => direction * (a[sorted.by] < b[sorted.by] ? -1 : Number(a[sorted.by] > b[sorted.by])));
  table.tBodies[0].replaceChildren(...chosen.slice(0, shown).map(row));
  table.setAttribute("aria-busy", "false");
  $("#more").hidden = chosen.length <= shown;
  $("[data-testid='shown']").textContent = `${Math.min(shown, chosen.length)} of ${chosen.length} orders`;
}

async function start({ user }) {
  const answer = await fetch(`orders/${user}.json`);
  orders = [...kept(), ...(answer.ok ? await answer.json() : [])];
  show();
}

for (const button of table.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const again = sorted.by === button.dataset.by;
    sorted.descending = again ? !sorted.descending : true;
    sorted.by = button.dataset.by;
    for (const head of table.querySelectorAll("th")) head.removeAttribute("aria-sort");
    button.closest("th").setAttribute("aria-sort", sorted.descending ? "descending" : "ascending");
    show();
  });
}
state.addEventListener("change", () => {
  shown = atATime;
  show();
});
$("#more").addEventListener("click", async () => {
  table.setAttribute("aria-busy", "true");
  await whileBusy($("#more"), () => later(250));
  shown += atATime;
  show();
});

const session = signedIn();
if (session) await start(session);
else location.replace("sign-in.html?next=orders.html");
