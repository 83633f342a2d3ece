/** The cart: article ids with their quantities, kept between pages. Listeners hear of each change. */
import { all } from "./goods.js";
import { shelf } from "./shelf.js";

const most = 9;
const freeFrom = 7500;
const ferry = 600;
const listeners = new Set();

const read = () => shelf.read("cart", {});

function write(cart) {
  shelf.write("cart", cart);
  for (const listener of listeners) listener();
}

export const onChange = (listener) => listeners.add(listener);

/** How many things are in it. */
export const count = () => Object.values(read()).reduce((sum, quantity) => sum + quantity, 0);

/** Sets the quantity of an article; none takes it out. */
export function put(id, quantity) {
  const cart = read();
  if (quantity > 0) cart[id] = Math.min(quantity, most);
  else delete cart[id];
  write(cart);
}

export const add = (id, quantity) => put(id, (read()[id] ?? 0) + quantity);

export function empty() {
  shelf.drop("gift");
  write({});
}

export const gift = () => shelf.read("gift", "");

export const setGift = (note) => (note ? shelf.write("gift", note) : shelf.drop("gift"));

/** The cart with articles in the place of ids, and what it costs. Forgets ids that the shop does not know. */
export async function priced() {
  const goods = await all();
  const cart = read();
  for (const id of Object.keys(cart)) if (!goods.some((article) => article.id === id)) put(id, 0);
  const lines = goods
    .filter((article) => cart[article.id])
    .map((article) => ({ article, quantity: cart[article.id], sum: article.price * cart[article.id] }));
  const sum = lines.reduce((total, line) => total + line.sum, 0);
  const delivery = sum >= freeFrom ? 0 : ferry;
  return { lines, goods: sum, delivery, total: sum + delivery };
}

/** Takes over a cart from a link such as `cart.html?with=oil-lamp:1,tar-soap:2`. */
export function takeOver(list) {
  for (const [, id, quantity] of list.matchAll(/([a-z-]+)(?::(\d))?/g)) put(id, Number(quantity ?? 1));
}
