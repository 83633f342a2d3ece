
  // ---- near misses -------------------------------------------------------------------------------------------------

  // What the author of a locator that found nothing may have meant. Worked out once, when the wait is over, and
  // bounded, since it is advice and the page may be huge. It never throws and never changes what is answered.
  const NEAR = 3;
  const LOOKED_AT = 2000; // elements
  const FRAMES_LOOKED_AT = 20;
  const NEAR_TIME = 200; // ms for all of it
  let nearUntil = 0;
  const NEAR_TEXT = 60; // texts that are longer are left out, not cut: half a secret would not be masked

  function nearMisses({ query, part: at }) {
    const part = query[at];
    if (!part) return [];
    const found = [];
    nearUntil = clock() + NEAR_TIME;
    const search = (how) => {
      try {
        if (clock() < nearUntil) found.push(...how(query, at, part));
      } catch {
        // Advice that cannot be had is none.
      }
    };
    for (const how of [nearInPage, outsideOfScope, insideFrames, aroundFrame]) search(how);
    for (const how of [ofRole, unseenFrames]) if (!found.length) search(how);
    const best = new Map();
    for (const one of found.sort((a, b) => a.rank - b.rank)) {
      if (!best.has(one.locator)) best.set(one.locator, { ...one, more: 0 });
      else best.get(one.locator).more += 1;
    }
    return [...best.values()].slice(0, NEAR).map(({ element, locator, why, more }) => ({
      description: describe(element) + (more ? ` and ${more} more` : ''), locator, why: why || '',
    }));
  }

  const scopesOf = (query, at) => (at ? resolve(query.slice(0, at)) : [document]);

  function nearInPage(query, at, part) {
    const scopes = scopesOf(query, at);
    if (FILTERS[part.by]) return beforeFilter(scopes, part);
    const pool = poolOf(scopes);
    if (part.by === 'css') {
      // `click = "Sign in"` is CSS as it stands, and meant as a text.
      const isWords = /^[^#.[\]:>+~*()|,]+$/.test(part.value);
      const texts = isWords ? nearTexts(pool, { by: 'text' }, part.value) : [];
      return [...texts.map((one) => ({ ...one, why: 'without `text=` it is a CSS selector' })), ...nearSelectors(scopes, pool, part.value)];
    }
    const form = part.by === 'role' ? part.name : part.text;
    const wanted = form ? form.exact ?? form.contains : part.value;
    return part.by === 'xpath' || wanted === undefined ? [] : nearTexts(pool, part, wanted);
  }

  function poolOf(scopes) {
    const pool = [];
    for (const scope of scopes) if (pool.length < LOOKED_AT) pool.push(...selectDeep(scope, '*').slice(0, LOOKED_AT - pool.length));
    return pool;
  }

  // A filter let nothing through: what it was given.
  function beforeFilter(given, part) {
    const why = (element) => (part.by === 'nth' ? `only ${given.length} ${given.length === 1 ? 'is' : 'are'} there`
      : part.by === 'visible' ? whyHidden(element) : part.by === 'has_text' ? 'another text' : '');
    return given.filter(isElement).slice(0, NEAR).map((element) => ({ element, locator: locatorFor(element), why: why(element), rank: 0 }));
  }

  // How far one text is from another: 0, they differ in case, white space and hyphens at most; 1, one holds the other;
  // else the number of edits and one; Infinity, they have nothing to do with each other.
  function farFrom(wanted, text) {
    const [a, b] = [wanted, text].map((one) => squeeze(one).replace(/[-_]+/g, ''));
    if (!a || !b) return Infinity;
    if (a === b) return 0;
    const [short, long] = a.length < b.length ? [a, b] : [b, a];
    if (short.length > 2 && long.includes(short)) return 1;
    const most = Math.floor(long.length / 3);
    if (long.length - short.length > most) return Infinity;
    let row = [];
    for (let j = 0; j <= b.length; j++) row[j] = j;
    for (let i = 1; i <= a.length; i++) {
      const above = row;
      row = [i];
      for (let j = 1; j <= b.length; j++) {
        row[j] = Math.min(row[j - 1] + 1, above[j] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      }
    }
    return row[b.length] <= most ? row[b.length] + 1 : Infinity;
  }

  // The ways to find an element by a text, the better ones first. Names that only a program knows are no answer to a
  // text that people see.
  const TECHNICAL = new Set(['testid', 'id', 'name']);

  function handlesOf(element, part) {
    const handles = [];
    const add = (kind, text, role) => {
      const clean = normal(text || '');
      if (clean && clean.length <= NEAR_TEXT && (quoted(clean) || kind === 'testid')) handles.push({ kind, text: clean, role });
    };
    for (const label of labelsOf(element)) add('label', labelText(label));
    const role = roleOf(element);
    if (role && role !== 'generic' && role !== 'presentation') add('role', nameOf(element), role);
    let hasText = buttonText(element) !== null;
    if (!SILENT.has(localName(element))) eachInside(element, (node) => { hasText = hasText || (nodeType(node) === 3 && normal(dataOf(node)) !== ''); });
    if (hasText && !(part.by === 'label' && isLabel(element))) add('text', textOf(element));
    for (const name of ['placeholder', 'alt', 'title']) add(name, attribute(element, name));
    if (!TECHNICAL.has(part.by)) return handles;
    add('testid', attribute(element, part.attribute || 'data-testid'));
    for (const name of ['id', 'name']) add(name, attribute(element, name));
    return handles;
  }

  function locatorOf({ kind, text, role }) {
    if (kind === 'role') return `role=${role}[name=${quoted(text)}]`;
    return TECHNICAL.has(kind) ? `${kind}=${text}` : `${kind}=${quoted(text)}`;
  }

  function nearTexts(pool, part, wanted) {
    const kind = part.by === 'link' || part.by === 'partial_link' ? 'text' : part.by;
    const found = [];
    for (const element of pool) {
      if (clock() > nearUntil) break;
      let best = null;
      for (const handle of handlesOf(element, part)) {
        const isSame = handle.kind === kind && (kind !== 'role' || part.role === '*' || handle.role === part.role);
        const rank = 2 * farFrom(wanted, handle.text) + (isSame ? 0 : 1);
        if (rank < Infinity && (!best || rank < best.rank)) best = { element, locator: locatorOf(handle), rank, why: whyPassedOver(element, part, handle) };
      }
      if (best) found.push(best);
    }
    return found;
  }

  // What a role locator has against an element, where its role and name do not tell.
  function whyPassedOver(element, part, handle) {
    if (handle.kind !== 'role' && part.by !== 'role') return whyHidden(element);
    for (const state of Object.keys(STATES)) {
      const wanted = part[state];
      if (wanted === undefined || wanted === null || handle.role !== part.role) continue;
      const actual = STATES[state](element);
      if (String(actual) !== String(wanted)) return `its \`${state}\` is \`${actual}\``;
    }
    return whyHidden(element) || (isExposed(element) ? null : 'is hidden from assistive technology (`aria-hidden`)');
  }

  // Others of the role, where nothing is near by name; hidden ones where there are no others.
  function ofRole(query, at, part) {
    const all = part.by === 'role' ? poolOf(scopesOf(query, at)).filter((element) => roleOf(element) === part.role) : [];
    const exposed = all.filter(isExposed);
    const same = exposed.length ? exposed : all;
    return same.slice(0, NEAR).map((element) => {
      const name = nameOf(element);
      const locator = name && name.length <= NEAR_TEXT && quoted(name) ? locatorOf({ kind: 'role', text: name, role: part.role }) : byPlace(element);
      return { element, locator, rank: 0, why: whyPassedOver(element, part, { kind: 'role', role: part.role }) };
    });
  }

  // A selector cut before each combinator, `#a > b.c` being `#a` and ` > b.c`; null for a list of selectors.
  function compounds(selector) {
    const parts = [''];
    let [depth, mark] = [0, ''];
    for (const [c] of selector.trim().matchAll(/\\.|[\s>+~]+|[^]/g)) {
      const isJoint = !depth && !mark && /^[\s>+~]/.test(c);
      if (isJoint) parts.push('');
      else if (mark) mark = c === mark ? '' : mark;
      else if (c === '"' || c === "'") mark = c;
      else if (c === '[' || c === '(') depth += 1;
      else if (c === ']' || c === ')') depth -= 1;
      else if (!depth && c === ',') return null;
      parts[parts.length - 1] += c;
    }
    return parts;
  }

  // The selector with a tag, id or class that is nearly what it says; else as much of it as finds something.
  function nearSelectors(scopes, pool, selector) {
    const parts = compounds(selector) || [];
    const find = (css) => {
      for (const scope of scopes) for (const element of selectDeep(scope, css)) return element;
      return null;
    };
    let kept = parts.length - 1;
    while (kept > 0 && !find(parts.slice(0, kept).join(''))) kept -= 1;
    if (kept < 0) return [];
    const before = parts.slice(0, kept).join('');
    const [lost, after] = [parts[kept], parts.slice(kept + 1).join('')];
    const found = [];
    // What stands deeper than `>` allows is near, too.
    const add = (compound, rank) => {
      for (const css of new Set([before + compound + after, before + compound.replace(/^[\s>+~]+/, ' ') + after])) {
        const element = clock() < nearUntil && find(css);
        if (element) {
          found.push({ element, locator: css, rank, why: whyHidden(element) });
          return;
        }
      }
    };
    add(lost, 0);
    for (const word of lost.replace(/[[(].*$/s, '').matchAll(/([#.]?)([\w-]+)/g)) {
      for (const { name, rank } of nearNames(pool, word[1], word[2])) {
        add(lost.slice(0, word.index) + word[1] + escapeCss(name) + lost.slice(word.index + word[0].length), rank);
      }
    }
    if (!found.length && kept) found.push({ element: find(before), locator: before, rank: 500, why: `up to here the selector matches, with \`${lost.trim()}\` no more` });
    return found;
  }

  function nearNames(pool, mark, wanted) {
    const names = new Set();
    for (const element of pool) {
      if (mark === '#') names.add(attribute(element, 'id') || '');
      else if (mark === '.') for (const name of words(attribute(element, 'class') || '')) names.add(name);
      else names.add(localName(element));
    }
    const near = [...names].map((name) => ({ name, rank: 2 * farFrom(wanted, name) }));
    return near.filter(({ name, rank }) => name !== wanted && rank < Infinity).sort((a, b) => a.rank - b.rank).slice(0, NEAR);
  }

  // It is there, but not inside of what the parts before it find.
  const COSTLY = new Set(['text', 'role', 'label', 'link', 'partial_link']);

  function outsideOfScope(query, at, part) {
    const isTooMuch = !at || FILTERS[part.by] || (COSTLY.has(part.by) && isHuge());
    const [element] = isTooMuch ? [] : resolve(query.slice(at));
    return element ? [{ element, locator: locatorFor(element), rank: 0, why: 'outside of what the part before finds' }] : [];
  }

  const framesHere = () => selectDeep(document, 'iframe,frame').slice(0, FRAMES_LOOKED_AT);

  function frameLocator(frame) {
    const [id, name] = [attribute(frame, 'id'), attribute(frame, 'name')];
    const css = id ? `${localName(frame)}#${escapeCss(id)}` : name && quoted(name) ? `${localName(frame)}[name=${quoted(name)}]` : byPlace(frame);
    return `frame=${css} >> \u2026`;
  }

  function insideFrames(query) {
    const holds = (frame) => {
      const root = frame.contentDocument && documentElement(frame.contentDocument);
      return root && resolve(query, root).length > 0;
    };
    return framesHere().filter(holds).map((frame) => ({ element: frame, locator: frameLocator(frame), rank: 0, why: 'it is in this frame' }));
  }

  function aroundFrame(query) {
    for (const outer of outerFrames().frames) {
      const [element] = resolve(query, documentElement(outer.document));
      if (element) return [{ element, locator: '', rank: 0, why: 'outside of the frame that was looked into' }];
    }
    return [];
  }

  // Frames of another origin: worth a word only where nothing else is.
  function unseenFrames() {
    const isUnseen = (frame) => {
      try {
        return !frame.contentDocument && whyHidden(frame) === null;
      } catch {
        return false;
      }
    };
    return framesHere().filter(isUnseen).map((frame) => ({ element: frame, locator: frameLocator(frame), rank: 0, why: 'what is in this frame cannot be seen from here' }));
  }
