/** The goods: pages of static JSON, each fetched once. */
const fetched = new Map();

/** One page of the catalogue as the shop sorted it: `{ page, pages, total, goods }`. */
export function page(number) {
  if (!fetched.has(number)) {
    fetched.set(number, fetch(`catalogue/page-${number}.json`).then((answer) => {
      if (!answer.ok) throw new Error(`The catalogue has no page ${number}.`);
      return answer.json();
    }));
  }
  return fetched.get(number);
}

/** Everything, in the shop's order. */
export async function all() {
  const first = await page(1);
  const others = Array.from({ length: first.pages - 1 }, (_, index) => page(index + 2));
  return [first, ...(await Promise.all(others))].flatMap((one) => one.goods);
}

/** One article, or nothing. */
export const find = async (id) => (await all()).find((article) => article.id === id);
