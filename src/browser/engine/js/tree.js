
  // ---- the tree, with open shadow roots ----------------------------------------------------------------------------

  // The element that `node` is rendered in: through slots and shadow roots up to the document.
  function around(node) {
    const parent = (isElement(node) && slotOf(node)) || parentNode(node);
    if (!parent) return null;
    const type = nodeType(parent);
    return type === 1 ? parent : type === 11 ? parent.host || null : null;
  }

  // Calls `visit` for each node rendered directly in `element`: its shadow tree, what a slot shows, or its children.
  function eachInside(element, visit) {
    const shadow = shadowOf(element);
    if (!shadow && localName(element) === 'slot' && element.assignedNodes) {
      const assigned = element.assignedNodes();
      if (assigned.length) {
        for (let i = 0; i < assigned.length; i++) visit(assigned[i]);
        return;
      }
    }
    for (let node = firstChild(shadow || element); node; node = nextSibling(node)) visit(node);
  }

  // The root element as a list: a document that has only just begun has none.
  const rootElement = () => [documentElement(document)].filter((root) => root);

  // `scope` and all shadow roots below it (and its own): the trees that selectors have to be tried in.
  function rootsBelow(scope) {
    let roots = memo.roots.get(scope);
    if (roots) return roots;
    roots = [scope];
    const add = (root) => {
      for (const element of select(root, '*')) {
        const shadow = shadowOf(element);
        if (shadow) {
          roots.push(shadow);
          add(shadow);
        }
      }
    };
    const own = isElement(scope) && shadowOf(scope);
    if (own) {
      roots.push(own);
      add(own);
    }
    add(scope);
    memo.roots.set(scope, roots);
    return roots;
  }

  function selectDeep(scope, selector) {
    const roots = rootsBelow(scope);
    if (roots.length === 1) return select(scope, selector);
    const found = [];
    for (const root of roots) found.push(...select(root, selector));
    return inOrder(found);
  }

  // Sorts into document order, a shadow tree coming before its host's children, and drops what is there twice.
  function inOrder(found) {
    if (found.length < 2) return found;
    const once = [...new Set(found)];
    if (rootsBelow(document).length === 1) {
      return once.sort((a, b) => (comparePosition(a, b) & 4 ? -1 : 1));
    }
    if (!memo.order) {
      memo.order = new Map();
      const visit = (parent) => {
        for (let node = firstChild(parent); node; node = nextSibling(node)) {
          if (!isElement(node)) continue;
          memo.order.set(node, memo.order.size);
          const shadow = shadowOf(node);
          if (shadow) visit(shadow);
          visit(node);
        }
      };
      visit(document);
    }
    return once.sort((a, b) => memo.order.get(a) - memo.order.get(b));
  }

  // Whether pressing `node` is pressing `element`: it is it, is inside it, or one is the label of the other.
  function belongsTo(node, element) {
    const control = isLabel(element) ? element.control : null;
    for (let at = isElement(node) ? node : around(node); at; at = around(at)) {
      if (at === element || at === control) return true;
      if (isLabel(at) && at.control === element) return true;
    }
    return false;
  }

  const isLabel = (element) => localName(element) === 'label' && isHtml(element);

  // The control that a label stands for, else the element itself: what is asked of values and states.
  const controlOf = (element) => (isLabel(element) && element.control) || element;

  // A closed `<details>` shows its first summary only.
  function isFoldedAway(parent, child) {
    if (localName(parent) !== 'details' || hasAttribute(parent, 'open')) return false;
    for (let node = firstChild(parent); node; node = nextSibling(node)) {
      if (isElement(node) && localName(node) === 'summary') return node !== child;
    }
    return true;
  }

  // Whether neither the element nor anything around it is `display: none`, folded away or left out by a shadow tree.
  function isRendered(element) {
    let rendered = memo.rendered.get(element);
    if (rendered !== undefined) return rendered;
    const parent = around(element);
    const leftOut = parent && shadowOf(parent) && parentNode(element) === parent;
    rendered = !leftOut && (!parent || (isRendered(parent) && !isFoldedAway(parent, element)))
      && styleOf(element).display !== 'none';
    memo.rendered.set(element, rendered);
    return rendered;
  }
