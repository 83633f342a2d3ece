/**
 * `<quantity-stepper label value min max>`: a number with a button on either side, in an open shadow root.
 * Fires `change` (which leaves the shadow root) when the value has become another.
 */
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: inline-flex; border: 1.5px solid var(--edge); border-radius: 99px; background: var(--card); overflow: hidden; }
  button { width: 2.6rem; min-height: 2.6rem; border: 0; background: none; color: inherit; font: 600 1.2rem/1 inherit; cursor: pointer; }
  button:hover:not(:disabled) { background: var(--sunk); }
  button:disabled { opacity: 0.35; cursor: not-allowed; }
  input { width: 2.4rem; border: 0; background: none; color: inherit; font: inherit; text-align: center; font-variant-numeric: tabular-nums; }
  :focus-visible { outline: 3px solid var(--buoy); outline-offset: -3px; border-radius: 99px; }
`);

class QuantityStepper extends HTMLElement {
  #input = document.createElement("input");
  #less = this.#button("less", "−", "One less", -1);
  #more = this.#button("more", "+", "One more", 1);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    this.#input.inputMode = "numeric";
    this.#input.className = "value";
    this.#input.addEventListener("change", (event) => {
      event.stopPropagation();
      this.#become(Math.trunc(Number(this.#input.value)) || this.min);
    });
    root.append(this.#less, this.#input, this.#more);
  }

  connectedCallback() {
    this.#input.setAttribute("aria-label", this.getAttribute("label") ?? "Quantity");
    this.#show(Number(this.getAttribute("value") ?? this.min));
  }

  get min() { return Number(this.getAttribute("min") ?? 0); }
  get max() { return Number(this.getAttribute("max") ?? Infinity); }
  get value() { return Number(this.getAttribute("value")); }

  #button(name, sign, label, change) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = name;
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => this.#become(this.value + change));
    return button;
  }

  #become(wanted) {
    const value = Math.min(Math.max(wanted, this.min), this.max);
    const changed = value !== this.value;
    this.#show(value);
    if (changed) this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #show(value) {
    this.setAttribute("value", value);
    this.#input.value = value;
    this.#less.disabled = value <= this.min;
    this.#more.disabled = value >= this.max;
  }
}

customElements.define("quantity-stepper", QuantityStepper);
