/** The front page: the first four articles. */
import "./frame.js";
import { show } from "./card.js";
import { page } from "./goods.js";

const first = await page(1);
show(document.querySelector("#fresh"), first.goods.slice(0, 4));
