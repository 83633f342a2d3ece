
  // ---- locators ----------------------------------------------------------------------------------------------------

  // What the case asked for can never work: told at once, not waited for.
  class Invalid {
    constructor(message) {
      this.message = message;
    }
  }

  const byAttribute = (scope, name, form) => {
    const test = textTest(form);
    return selectDeep(scope, `[${escapeCss(name)}]`).filter((element) => test(normal(attribute(element, name))));
  };

  const withValue = (scope, name, value) => selectDeep(scope, `[${name}="${escapeCss(value)}"]`);

  function findByCss(scope, selector) {
    try {
      return selectDeep(scope, selector);
    } catch (error) {
      if (error && error.name === 'SyntaxError') throw new Invalid(`${quote(selector)} is not a valid CSS selector`);
      throw error;
    }
  }

  const SNAPSHOT = 7; // XPathResult.ORDERED_NODE_SNAPSHOT_TYPE

  function findByXPath(scope, expression) {
    // Inside an element a path that starts at the root would leave it: `//a` is taken as `.//a`.
    const path = isElement(scope) ? expression.replace(/^(\s*\(*\s*)\//, '$1./') : expression;
    let result;
    try {
      result = evaluateXPath(document, path, scope, null, SNAPSHOT, null);
    } catch (error) {
      throw new Invalid(`${quote(expression)} is not an XPath that finds elements (${error.name})`);
    }
    const found = [];
    for (let i = 0; i < result.snapshotLength; i++) {
      const node = result.snapshotItem(i);
      if (!isElement(node)) throw new Invalid(`${quote(expression)} finds ${quote(node.nodeName)}, not an element`);
      found.push(node);
    }
    return found;
  }

  const LABELABLE = new Set(['button', 'input', 'meter', 'output', 'progress', 'select', 'textarea']);

  // A control by any of its labels: native ones, aria-labelledby, aria-label.
  function findByLabel(scope, form) {
    const test = textTest(form);
    const found = [];
    const add = (element) => {
      if (!found.includes(element) && isBelow(element, scope)) found.push(element);
    };
    for (const label of selectDeep(document, 'label')) {
      const control = label.control;
      if (control && test(normal(labelText(label)))) add(control);
    }
    for (const element of selectDeep(scope, '[aria-label],[aria-labelledby]')) {
      const isControl = LABELABLE.has(localName(element)) || WIDGETS.has(roleOf(element))
        || localName(element).includes('-') || matches(element, '[contenteditable],[tabindex]');
      if (!isControl) continue;
      const names = [attribute(element, 'aria-label') || ''];
      names.push(referenced(element).map((target) => labelText(target)).join(' '));
      if (names.some((name) => normal(name) && test(normal(name)))) add(element);
    }
    return inOrder(found);
  }

  // A label's text without what the controls in it hold: `<label>Country <select>…` reads "Country".
  function labelText(label) {
    let text = '';
    eachInside(label, (node) => {
      const type = nodeType(node);
      if (type === 3) text += dataOf(node);
      else if (type === 1 && !LABELABLE.has(localName(node)) && !SILENT.has(localName(node))) {
        if (isRendered(node) || !isRendered(label)) text += localName(node) === 'br' || BLOCK.has(localName(node)) ? ` ${labelText(node)} ` : labelText(node);
      }
    });
    return text;
  }
  const BLOCK = new Set(['div', 'p', 'li', 'ul', 'dd', 'dt']);

  function isBelow(element, scope) {
    if (nodeType(scope) === 9) return true;
    for (let at = element; at; at = parentNode(at) || at.host) if (at === scope) return at !== element;
    return false;
  }

  // Finds inside one scope. A link's text is compared as WebDriver does: case-sensitive.
  const FINDERS = {
    css: (scope, part) => findByCss(scope, part.value),
    xpath: (scope, part) => findByXPath(scope, part.value),
    text: (scope, part) => findByText(scope, part.text),
    role: findByRole,
    label: (scope, part) => findByLabel(scope, part.text),
    placeholder: (scope, part) => byAttribute(scope, 'placeholder', part.text),
    alt: (scope, part) => byAttribute(scope, 'alt', part.text),
    title: (scope, part) => byAttribute(scope, 'title', part.text),
    testid: (scope, part) => byAttribute(scope, part.attribute, part.text),
    id: (scope, part) => withValue(scope, 'id', part.value),
    name: (scope, part) => withValue(scope, 'name', part.value),
    link: (scope, part) => selectDeep(scope, 'a').filter((link) => textOf(link) === normal(part.text.exact)),
    partial_link: (scope, part) => selectDeep(scope, 'a').filter((link) => textOf(link).includes(normal(part.text.contains))),
  };

  // Narrows what was found so far.
  const FILTERS = {
    parent: (found) => inOrder(found.map((element) => {
      const parent = parentNode(element);
      return parent && (isElement(parent) ? parent : parent.host);
    }).filter((parent) => parent)),
    nth: (found, part) => found.slice(part.index < 0 ? found.length + part.index : part.index).slice(0, 1)
      .filter(() => part.index >= -found.length),
    visible: (found) => found.filter((element) => whyHidden(element) === null),
    has: (found, part) => found.filter((element) => resolve(part.query, element).length > 0),
    has_text: (found, part) => {
      const test = textTest(part.text);
      return found.filter((element) => test(textOf(element)));
    },
  };

  // All elements that a query finds, in document order. `trace.part` is the first part that found nothing.
  function resolve(query, from = document, trace = {}) {
    let found = [from];
    if (!query.length) return rootElement();
    for (let i = 0; i < query.length; i++) {
      const part = query[i];
      if (FINDERS[part.by]) {
        const all = [];
        for (const scope of found) all.push(...FINDERS[part.by](scope, part));
        found = found.length > 1 ? inOrder(all) : all;
      } else if (FILTERS[part.by]) {
        if (found[0] === document) found = rootElement();
        found = FILTERS[part.by](found, part);
      } else {
        throw new Invalid(`no kind of locator is called ${quote(part.by)}`);
      }
      if (!found.length) {
        trace.part = i;
        return found;
      }
    }
    return found;
  }

  // ---- locators for elements ---------------------------------------------------------------------------------------

  const CANDIDATES = 10;
  const HUGE = 5000; // elements

  // Whether finding by text or role takes so long that advice must do without: whoever asked does not wait for ever.
  const isHuge = () => (memo.huge ??= select(document, '*').length > HUGE);

  // A text in the quotes that it does not hold itself, with `${` kept from being a variable; null if it holds both.
  // Single ones come first: a locator stands in a string of TOML, mostly between double quotes.
  function quoted(text) {
    const mark = text.includes("'") ? (text.includes('"') ? null : '"') : "'";
    return mark && mark + text.split('${').join('$${') + mark;
  }

  // A locator in the syntax of case files that finds only this element: by its text, else by what a person sees or
  // an author meant to stay, else by its place.
  function locatorFor(element) {
    const finds = (query) => {
      const found = resolve(query);
      return found.length === 1 && found[0] === element;
    };
    const text = textOf(element);
    if (!isHuge() && text && text.length <= 60 && quoted(text) && finds([{ by: 'text', text: { exact: text } }])) return `text=${quoted(text)}`;
    for (const name of ['data-testid', 'id']) {
      const value = attribute(element, name);
      const css = value && (name === 'id' ? `#${escapeCss(value)}` : `[${name}='${escapeCss(value)}']`);
      if (css && finds([{ by: 'css', value: css }])) return css;
    }
    const role = roleOf(element);
    const name = role && role !== 'generic' && role !== 'presentation' ? nameOf(element) : '';
    if (!isHuge() && name && name.length <= 60 && quoted(name) && finds([{ by: 'role', role, name: { exact: name } }])) {
      return `role=${role}[name=${quoted(name)}]`;
    }
    for (const attr of ['name', 'placeholder', 'aria-label', 'href', 'value']) {
      const value = attr === 'value' && !/^(radio|checkbox)$/.test(element.type) ? null : attribute(element, attr);
      const css = value && `${localName(element)}[${attr}='${escapeCss(value)}']`;
      if (css && css.length <= 100 && finds([{ by: 'css', value: css }])) return css;
    }
    return byPlace(element);
  }

  // The shortest path of tags and places, upwards from the element, that is unique in its tree.
  function byPlace(element) {
    const root = rootOf(element);
    let path = '';
    for (let at = element; at && isElement(at); at = parentNode(at)) {
      const id = attribute(at, 'id');
      const isAnchor = id && select(root, `#${escapeCss(id)}`).length === 1;
      const step = isAnchor ? `#${escapeCss(id)}` : placeAmong(at);
      path = path ? `${step} > ${path}` : step;
      if (isAnchor || selectDeep(root, path).length === 1) break;
    }
    return nodeType(root) === 11 && root.host ? `${locatorFor(root.host)} >> ${path}` : path;
  }

  function placeAmong(element) {
    const tag = escapeCss(localName(element));
    let place = 1;
    let isAlone = true;
    for (let at = element.previousElementSibling; at; at = at.previousElementSibling) {
      if (localName(at) === localName(element)) place += 1;
    }
    for (let at = element.nextElementSibling; at; at = at.nextElementSibling) {
      if (localName(at) === localName(element)) isAlone = false;
    }
    return place === 1 && isAlone ? tag : `${tag}:nth-of-type(${place})`;
  }
