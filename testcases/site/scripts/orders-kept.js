/** Orders made in this browser, on top of those that the shop knows. */
import { shelf } from "./shelf.js";

/** Newest first. */
export const kept = () => shelf.read("orders", []);

/** Keeps an order under a number of its own and returns it. */
export function keep({ goods, total }) {
  const order = {
    number: `HG-${2000 + Math.floor(Math.random() * 8000)}`,
    date: new Date().toISOString().slice(0, 10),
    goods,
    status: "On its way",
    total,
  };
  shelf.write("orders", [order, ...kept()]);
  return order;
}
