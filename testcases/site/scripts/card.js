/** An article as a picture, and as a card in a list. */
import { euros } from "./money.js";

/** Puts the article's drawing into `frame`. */
export function draw(frame, article) {
  frame.style.setProperty("--tint", article.tint);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `images/goods.svg#${article.picture}`);
  svg.append(use);
  frame.replaceChildren(svg);
}

/** Where an article has its page. */
export const address = (article) => `product.html?id=${encodeURIComponent(article.id)}`;

/** Fills `list` with a card for each article. */
export function show(list, articles) {
  const template = document.querySelector("#card");
  list.replaceChildren(...articles.map((article) => {
    const card = template.content.firstElementChild.cloneNode(true);
    const link = card.querySelector("a");
    link.href = address(article);
    link.textContent = article.name;
    draw(card.querySelector(".picture"), article);
    card.querySelector(".price").textContent = euros(article.price);
    const kind = card.querySelector(".kind");
    kind.textContent = article.stock ? article.kind : "Sold out";
    kind.classList.toggle("out", !article.stock);
    return card;
  }));
  list.setAttribute("aria-busy", "false");
}
