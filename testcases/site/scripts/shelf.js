/** What the browser keeps between pages: JSON values in localStorage under names of our own. */
export const shelf = {
  read(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`harbour.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  write(name, value) {
    localStorage.setItem(`harbour.${name}`, JSON.stringify(value));
  },
  drop(name) {
    localStorage.removeItem(`harbour.${name}`);
  },
};
