/** What every page has: the header with who is signed in and what is in the cart, the footer, the corner for toasts. */
import * as basket from "./basket.js";
import { signedIn, signOut } from "./session.js";
import { shelf } from "./shelf.js";
import * as theme from "./theme.js";

function header() {
  const top = document.querySelector(".top");
  top.innerHTML = `
    <div>
      <a class="brand" href="index.html"><img src="favicon.svg" alt="" width="32" height="32">Harbour Goods</a>
      <a class="basket" href="cart.html">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9h16l-1.6 9.5a2 2 0 0 1-2 1.5H7.6a2 2 0 0 1-2-1.5zM8 9c0-7 8-7 8 0"/></svg>
        <span>Cart</span> <span class="badge" data-testid="cart-count"></span>
      </a>
      <button type="button" class="menu" aria-expanded="false" aria-controls="menu">Menu</button>
      <nav id="menu" aria-label="Main"><a href="catalogue.html">Catalogue</a><a href="orders.html">Orders</a><span class="who"></span></nav>
    </div>`;
  const here = location.pathname.split("/").pop();
  for (const link of top.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === here) link.setAttribute("aria-current", "page");
  }
  const menu = top.querySelector(".menu");
  menu.addEventListener("click", () => {
    const open = top.querySelector("nav").classList.toggle("open");
    menu.setAttribute("aria-expanded", open);
  });
  const who = top.querySelector(".who");
  const session = signedIn();
  if (session) {
    const name = document.createElement("span");
    name.dataset.testid = "signed-in";
    name.textContent = session.name;
    const out = document.createElement("button");
    out.type = "button";
    out.className = "quiet";
    out.textContent = "Sign out";
    out.addEventListener("click", () => {
      signOut();
      location.assign("index.html");
    });
    who.append(name, out);
  } else {
    const link = document.createElement("a");
    link.href = "sign-in.html";
    link.textContent = "Sign in";
    who.append(link);
  }
  const badge = top.querySelector(".badge");
  const counted = () => { badge.textContent = basket.count() || ""; };
  basket.onChange(counted);
  counted();
}

function notice() {
  if (shelf.read("notice-seen")) return;
  const bar = document.createElement("aside");
  bar.className = "notice";
  bar.setAttribute("aria-label", "Notice");
  bar.dataset.testid = "notice";
  bar.innerHTML = "<span>Free ferry delivery above €75.</span> <button type=\"button\">Dismiss</button>";
  bar.querySelector("button").addEventListener("click", () => {
    shelf.write("notice-seen", true);
    bar.remove();
  });
  document.querySelector(".top").before(bar);
}

function footer() {
  const foot = document.querySelector(".foot");
  foot.innerHTML = `
    <div><span>Harbour Goods, on the quay since 1911. A demonstration: nothing is sold here.</span>
    <button type="button" class="quiet" aria-pressed="false">Dark theme</button></div>`;
  const button = foot.querySelector("button");
  button.setAttribute("aria-pressed", theme.isDark());
  button.addEventListener("click", () => {
    theme.choose(theme.isDark() ? "light" : "dark");
    button.setAttribute("aria-pressed", theme.isDark());
  });
}

header();
notice();
footer();
document.body.insertAdjacentHTML("afterbegin", "<a class=\"skip\" href=\"#content\">Skip to the content</a>");
document.body.insertAdjacentHTML("beforeend", "<div class=\"toasts\" role=\"status\" aria-live=\"polite\"></div>");
