/** The catalogue: what is looked for stands in the address, so that back, forward and a shared link work. */
import "./frame.js";
import { show } from "./card.js";
import { all, page } from "./goods.js";

const perPage = 8;
const pause = 200;
const $ = (selector) => document.querySelector(selector);
const search = $("#search");
const order = $("#order");
const stock = $("#stock");

const orders = {
  price: (a, b) => a.price - b.price,
  dearest: (a, b) => b.price - a.price,
  name: (a, b) => a.name.localeCompare(b.name),
};

/** What the address asks for. */
function asked() {
  const query = new URLSearchParams(location.search);
  return {
    q: query.get("q") ?? "",
    kind: query.get("kind") ?? "",
    sort: query.get("sort") ?? "",
    stock: query.has("stock"),
    page: Math.max(1, Math.trunc(Number(query.get("page"))) || 1),
  };
}

/** Changes the address (a new search begins on page 1) and shows what it now asks for. */
function ask(change, how = "pushState") {
  const wanted = { ...asked(), page: 1, ...change };
  const query = new URLSearchParams();
  if (wanted.q) query.set("q", wanted.q);
  if (wanted.kind) query.set("kind", wanted.kind);
  if (wanted.sort) query.set("sort", wanted.sort);
  if (wanted.stock) query.set("stock", "in");
  if (wanted.page > 1) query.set("page", wanted.page);
  history[how](null, "", `catalogue.html${query.size ? `?${query}` : ""}`);
  return refresh();
}

/** One page of what is asked for. The shop's own order comes page by page, anything else is picked from all. */
async function pick({ q, kind, sort, stock, page: number }) {
  if (!q && !kind && !sort && !stock) {
    const first = await page(1);
    return number <= first.pages ? page(number) : first;
  }
  const word = q.trim().toLowerCase();
  const goods = (await all()).filter((article) => (!word || article.name.toLowerCase().includes(word))
    && (!kind || article.kind === kind)
    && (!stock || article.stock > 0));
  if (orders[sort]) goods.sort(orders[sort]);
  const pages = Math.max(1, Math.ceil(goods.length / perPage));
  const here = Math.min(number, pages);
  return { page: here, pages, total: goods.length, goods: goods.slice((here - 1) * perPage, here * perPage) };
}

function tell({ total, page: number, pages }, q) {
  const goods = total === 1 ? "1 article" : `${total} articles`;
  return `${goods}${q ? ` for “${q}”` : ""}${pages > 1 ? `, page ${number} of ${pages}` : ""}`;
}

function pager({ page: number, pages }) {
  const button = (text, to, label) => {
    const it = document.createElement("button");
    it.type = "button";
    it.textContent = text;
    if (label) it.setAttribute("aria-label", label);
    if (to === number) it.setAttribute("aria-current", "page");
    it.disabled = to < 1 || to > pages;
    it.addEventListener("click", async () => {
      await ask({ page: to });
      scrollTo({ top: 0 });
      $(".pages [aria-current]").focus({ preventScroll: true });
    });
    return it;
  };
  const numbers = Array.from({ length: pages }, (_, index) => button(`${index + 1}`, index + 1, `Page ${index + 1}`));
  const nav = $(".pages");
  nav.hidden = pages < 2;
  nav.replaceChildren(button("Previous", number - 1), ...numbers, button("Next", number + 1));
}

function kinds(names, chosen) {
  $(".kinds").replaceChildren(...names.map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name || "Everything";
    button.setAttribute("aria-pressed", name === chosen);
    button.addEventListener("click", async () => {
      await ask({ kind: name });
      $(".kinds [aria-pressed='true']").focus();
    });
    return button;
  }));
}

let turns = 0;

async function refresh() {
  const turn = ++turns;
  const wanted = asked();
  if (search !== document.activeElement) search.value = wanted.q;
  order.value = wanted.sort;
  stock.checked = wanted.stock;
  const found = await pick(wanted);
  const names = ["", ...new Set((await all()).map((article) => article.kind))];
  if (turn !== turns) return;     // something else was asked for meanwhile
  kinds(names, wanted.kind);
  show($("#goods"), found.goods);
  $("#nothing").hidden = found.total > 0;
  pager(found);
  $(".found").textContent = found.total ? tell(found, wanted.q) : `Nothing found for “${wanted.q}”`;
}

let typed;
search.addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => ask({ q: search.value.trim() }, "replaceState"), pause);
});
$(".filters").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typed);
  ask({ q: search.value.trim() });
});
order.addEventListener("change", () => ask({ sort: order.value }));
stock.addEventListener("change", () => ask({ stock: stock.checked }));
$("#everything").addEventListener("click", () => {
  search.value = "";
  ask({ q: "", kind: "", stock: false });
});
addEventListener("popstate", refresh);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    search.focus();
  }
});
await refresh();
