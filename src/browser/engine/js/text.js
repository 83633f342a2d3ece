
  // ---- texts -------------------------------------------------------------------------------------------------------

  // Icon fonts use private-use characters; zero-width spaces, soft hyphens and the like only guide line breaking.
  const UNSEEN = /[\p{Co}\u200b\u00ad\u2060\ufeff]+/gu;
  const normal = (text) => text.replace(UNSEEN, '').replace(/\s+/g, ' ').trim();
  // A form in which texts can be ruled out whatever white space the layout puts in.
  const squeeze = (text) => text.replace(/[\s\p{Co}\u200b\u00ad\u2060\ufeff]+/gu, '').toLowerCase();

  // Elements whose children are never shown as text. The text in a textarea is its value, not its text.
  const SILENT = new Set(['script', 'style', 'noscript', 'template', 'head', 'title', 'datalist', 'textarea', 'iframe',
    'video', 'audio', 'canvas']);

  // The text on a button made of an input, which is its value; null for other elements.
  function buttonText(element) {
    if (localName(element) !== 'input') return null;
    const type = element.type;
    if (type === 'image') return attribute(element, 'alt') || '';
    if (type !== 'button' && type !== 'submit' && type !== 'reset') return null;
    if (hasAttribute(element, 'value')) return element.value;
    return type === 'submit' ? 'Submit' : type === 'reset' ? 'Reset' : '';
  }

  // All text below an element, hidden parts too, not normalised.
  function rawText(element) {
    let text = memo.raw.get(element);
    if (text !== undefined) return text;
    const button = buttonText(element);
    text = button || '';
    if (button === null && !SILENT.has(localName(element))) {
      eachInside(element, (node) => {
        const type = nodeType(node);
        if (type === 3) text += dataOf(node);
        else if (type === 1) text += localName(node) === 'br' ? ' ' : rawText(node);
      });
    }
    memo.raw.set(element, text);
    return text;
  }

  // The text of an element that is shown, with white space where the layout has a gap, not normalised.
  // Not `innerText`: that applies `text-transform` and knows nothing of shadow roots.
  function shownText(element, style) {
    let text = memo.shown.get(element);
    if (text !== undefined) return text;
    const button = buttonText(element);
    text = button || '';
    if (button === null && !SILENT.has(localName(element))) {
      const isSeen = style.visibility === 'visible';
      eachInside(element, (node) => {
        const type = nodeType(node);
        if (type === 3 && isSeen) text += dataOf(node);
        else if (type === 1) {
          if (localName(node) === 'br') text += ' ';
          else {
            const inner = styleOf(node);
            const display = inner.display;
            if (display === 'none' || isFoldedAway(element, node)) return;
            const part = shownText(node, inner);
            text += display === 'inline' || display === 'contents' ? part : ' ' + part + ' ';
          }
        }
      });
    }
    memo.shown.set(element, text);
    return text;
  }

  // The text of an element: what is shown of it; all of it where nothing of it is shown.
  function textOf(element) {
    if (!isRendered(element)) return normal(rawText(element));
    const style = styleOf(element);
    const text = normal(shownText(element, style));
    return text || style.visibility === 'visible' ? text : normal(rawText(element));
  }

  // Patterns come without `g` and `y`: a test must not depend on the one before it.
  function pattern(source, flags) {
    try {
      return new RegExp(source, (flags || '').replace(/[gy]/g, ''));
    } catch (error) {
      throw new Invalid(`the pattern \`/${source}/${flags || ''}\` is invalid: ${error.message}`);
    }
  }

  // A test for one of the three text forms of locators. The text it gets is normalised.
  function textTest(form) {
    if (form.pattern !== undefined) {
      const wanted = pattern(form.pattern, form.flags);
      return (text) => wanted.test(text);
    }
    if (form.exact !== undefined) {
      const wanted = normal(form.exact);
      return (text) => text === wanted;
    }
    const wanted = normal(form.contains).toLowerCase();
    return (text) => text.toLowerCase().includes(wanted);
  }

  // The smallest elements inside `scope` with that text.
  function findByText(scope, form) {
    const test = textTest(form);
    // What an element does not hold, nothing inside it holds: whole branches are ruled out. Patterns have anchors.
    const needle = form.pattern === undefined ? squeeze(form.exact ?? form.contains) : null;
    const found = [];
    const visit = (node) => {
      if (!isElement(node) || SILENT.has(localName(node))) return false;
      if (needle !== null && !squeeze(rawText(node)).includes(needle)) return false;
      let isInside = false;
      eachInside(node, (child) => {
        if (visit(child)) isInside = true;
      });
      if (isInside) return true;
      if (!test(textOf(node))) return false;
      found.push(node);
      return true;
    };
    if (isElement(scope)) eachInside(scope, visit);
    else for (const root of rootElement()) visit(root);
    return found;
  }

  const LONGEST = 200;
  const cut = (text, longest = LONGEST) => (text.length > longest ? text.slice(0, longest - 1) + '\u2026' : text);
  const quote = (text) => '`' + cut(String(text), 80) + '`';

  // An element's start tag with what tells it apart. Values of controls stay out: they may be secrets.
  const TELLING = ['id', 'class', 'name', 'type', 'role', 'href', 'placeholder', 'aria-label', 'title', 'for', 'src',
    'data-testid'];
  function describe(element) {
    let tag = '<' + localName(element);
    for (const name of TELLING) {
      const value = attribute(element, name);
      if (value && tag.length < 100) tag += ` ${name}="${cut(value, 40)}"`;
    }
    return tag + '>';
  }

  function describeWithText(element) {
    const text = textOf(element);
    return describe(element) + (text ? `${cut(text, 40)}</${localName(element)}>` : '');
  }
