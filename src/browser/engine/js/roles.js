
  // ---- roles and accessible names (WAI-ARIA 1.2, HTML-AAM, accname 1.2) --------------------------------------------

  const words = (text) => text.split(/\s+/).filter((word) => word);
  const ROLES = new Set(words(`alert alertdialog application article banner blockquote button caption cell checkbox code
    columnheader combobox complementary contentinfo definition deletion dialog directory document emphasis feed figure
    form generic grid gridcell group heading img image insertion link list listbox listitem log main mark marquee math
    menu menubar menuitem menuitemcheckbox menuitemradio meter navigation none note option paragraph presentation
    progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox separator slider spinbutton
    status strong subscript suggestion superscript switch tab table tablist tabpanel term textbox time timer toolbar
    tooltip tree treegrid treeitem`));
  const NAMED_BY_CONTENT = new Set(words(`button cell checkbox columnheader gridcell heading link menuitem
    menuitemcheckbox menuitemradio option radio row rowheader switch tab tooltip treeitem`));
  const NEVER_NAMED = new Set(words(`caption code deletion emphasis generic insertion mark none paragraph presentation
    strong subscript suggestion superscript`));
  const WIDGETS = new Set(words(`button checkbox combobox link listbox menuitem menuitemcheckbox menuitemradio option
    radio scrollbar searchbox slider spinbutton switch tab textbox treeitem radiogroup progressbar meter`));
  const GLOBAL_ARIA = ['label', 'labelledby', 'describedby', 'live', 'atomic', 'busy', 'controls', 'current', 'details',
    'flowto', 'keyshortcuts', 'owns', 'relevant', 'roledescription'].map((name) => `[aria-${name}]`).join(',');
  const FOCUSABLE = `a[href],area[href],button:enabled,input:enabled:not([type=hidden]),select:enabled,
    textarea:enabled,summary,iframe,[tabindex],[contenteditable]:not([contenteditable=false])`;
  const SECTIONS = 'article,aside,main,nav,section,[role=article],[role=complementary],[role=main],[role=navigation],[role=region]';

  const INPUT_ROLES = {
    button: 'button', submit: 'button', reset: 'button', image: 'button', file: 'button', checkbox: 'checkbox',
    radio: 'radio', range: 'slider', number: 'spinbutton', search: 'searchbox', hidden: null,
  };
  const isNamed = (element) => hasAttribute(element, 'aria-label') || hasAttribute(element, 'aria-labelledby');
  const hasList = (element) => hasAttribute(element, 'list') && element.list;
  const inGrid = (element) => {
    const table = closest(element, 'table');
    return table && /^(grid|treegrid)$/.test(attribute(table, 'role') || '');
  };
  const constant = (role, tags) => words(tags).map((tag) => [tag, () => role]);
  // What an element is by its tag. Passwords, dates and such have no role in HTML-AAM; they are found as text boxes.
  const BY_TAG = new Map([
    ...constant('article', 'article'), ...constant('complementary', 'aside'), ...constant('blockquote', 'blockquote'),
    ...constant('button', 'button summary'), ...constant('caption', 'caption'), ...constant('code', 'code'),
    ...constant('listbox', 'datalist'), ...constant('definition', 'dd'), ...constant('deletion', 'del s'),
    ...constant('group', 'details fieldset optgroup address hgroup'), ...constant('term', 'dfn dt'),
    ...constant('dialog', 'dialog'), ...constant('emphasis', 'em'), ...constant('figure', 'figure'),
    ...constant('heading', 'h1 h2 h3 h4 h5 h6'), ...constant('separator', 'hr'), ...constant('document', 'html'),
    ...constant('insertion', 'ins'), ...constant('listitem', 'li'), ...constant('main', 'main'),
    ...constant('mark', 'mark'), ...constant('math', 'math'), ...constant('list', 'menu ol ul'),
    ...constant('meter', 'meter'), ...constant('navigation', 'nav'), ...constant('option', 'option'),
    ...constant('status', 'output'), ...constant('paragraph', 'p'), ...constant('progressbar', 'progress'),
    ...constant('search', 'search'), ...constant('strong', 'strong'), ...constant('subscript', 'sub'),
    ...constant('superscript', 'sup'), ...constant('img', 'svg'), ...constant('table', 'table'),
    ...constant('rowgroup', 'tbody tfoot thead'), ...constant('textbox', 'textarea'), ...constant('time', 'time'),
    ...constant('row', 'tr'), ...constant('generic', 'div span b i u small bdi bdo data pre q samp'),
    ['a', (e) => (hasAttribute(e, 'href') ? 'link' : 'generic')],
    ['area', (e) => (hasAttribute(e, 'href') ? 'link' : null)],
    ['header', (e) => (closest(e, SECTIONS) ? 'generic' : 'banner')],
    ['footer', (e) => (closest(e, SECTIONS) ? 'generic' : 'contentinfo')],
    ['form', (e) => (isNamed(e) || hasAttribute(e, 'title') ? 'form' : null)],
    ['section', (e) => (isNamed(e) || hasAttribute(e, 'title') ? 'region' : 'generic')],
    ['img', (e) => (attribute(e, 'alt') === '' && !isNamed(e) && !hasAttribute(e, 'title') ? 'presentation' : 'img')],
    ['input', (e) => {
      const role = INPUT_ROLES[e.type];
      return role === undefined ? (hasList(e) ? 'combobox' : 'textbox') : role === 'searchbox' && hasList(e) ? 'combobox' : role;
    }],
    ['select', (e) => (e.multiple || e.size > 1 ? 'listbox' : 'combobox')],
    ['td', (e) => (inGrid(e) ? 'gridcell' : 'cell')],
    ['th', (e) => {
      const scope = attribute(e, 'scope');
      if (scope === 'row' || scope === 'rowgroup') return 'rowheader';
      if (scope === 'col' || scope === 'colgroup') return 'columnheader';
      // Without a scope a header that heads its row beside data cells is a row's.
      let next = e.nextElementSibling;
      return next && localName(next) === 'td' && !e.previousElementSibling ? 'rowheader' : 'columnheader';
    }],
  ]);
  // Parts of a table or list that is presentational are so, too.
  const OWNER = new Map([...constant('table', 'tbody tfoot thead tr td th caption'), ...constant('ul,ol,menu', 'li')]);

  function roleOf(element) {
    let role = memo.roles.get(element);
    if (role === undefined) memo.roles.set(element, (role = computeRole(element)));
    return role;
  }

  function computeRole(element) {
    const explicit = attribute(element, 'role');
    if (explicit) {
      for (const word of words(explicit.toLowerCase())) {
        if (!ROLES.has(word)) continue;
        // A thing that can be focused or says something of itself is not presentational whatever it claims.
        if ((word === 'none' || word === 'presentation') && matches(element, `${FOCUSABLE},${GLOBAL_ARIA}`)) break;
        return word === 'image' ? 'img' : word === 'none' ? 'presentation' : word;
      }
    }
    const tag = localName(element);
    const byTag = BY_TAG.get(tag);
    if (!byTag) return null;
    const owner = OWNER.get(tag);
    if (owner) {
      const parent = closest(element, owner());
      if (parent && /^\s*(none|presentation)\b/i.test(attribute(parent, 'role') || '')) return 'presentation';
    }
    return byTag(element);
  }

  // Whether assistive technology sees it: rendered, not `visibility: hidden`, nothing around it `aria-hidden`.
  function isExposed(element) {
    const isSaid = (at) => {
      let said = memo.exposed.get(at);
      if (said === undefined) {
        const parent = around(at);
        said = attribute(at, 'aria-hidden') !== 'true' && (!parent || isSaid(parent));
        memo.exposed.set(at, said);
      }
      return said;
    };
    return isSaid(element) && isRendered(element) && styleOf(element).visibility === 'visible';
  }

  function nameOf(element) {
    return NEVER_NAMED.has(roleOf(element)) ? '' : normal(naming(element, 'own', { visited: new Set(), counts: false }));
  }

  // Step 2 of accname. `way` says why the element is looked at: `own` for its own name, `reference` by aria-labelledby,
  // `label` by a native label, `content` as part of another's name. `walk.counts`: hidden parts count, too, since what
  // was referenced is itself hidden.
  function naming(element, way, walk) {
    if (walk.visited.has(element)) return '';
    if (way !== 'own' && !walk.counts && !isExposed(element)) return '';
    walk.visited.add(element);
    if (!walk.referenced) {
      const names = referenced(element).map((target) => {
        // An element may refer to itself to add to its own label; otherwise it is no part of its own name.
        const inner = { visited: new Set(target === element ? [] : [element]), counts: !isExposed(target), referenced: true };
        return naming(target, 'reference', inner);
      });
      const name = normal(names.join(' '));
      if (name) return name;
    }
    if (way !== 'own') {
      const value = embeddedValue(element);
      if (value !== null) return value;
    }
    const label = normal(attribute(element, 'aria-label') || '');
    if (label) return label;
    const native = nativeName(element, walk);
    if (normal(native)) return native;
    if (way !== 'own' || NAMED_BY_CONTENT.has(roleOf(element))) {
      const content = contentName(element, walk);
      if (normal(content)) return content;
    }
    return attribute(element, 'title') || (way === 'own' && attribute(element, 'placeholder')) || '';
  }

  function referenced(element) {
    const ids = attribute(element, 'aria-labelledby');
    if (!ids) return [];
    const root = rootOf(element);
    return words(ids).map((id) => select(root, '#' + escapeCss(id))[0]).filter((target) => target);
  }

  // What a control inside a label or button contributes: its value.
  function embeddedValue(element) {
    switch (roleOf(element)) {
      case 'textbox':
      case 'searchbox':
        return element.value !== undefined ? element.value : rawText(element);
      case 'combobox':
      case 'listbox': {
        if (localName(element) === 'select') return selectedLabels(element).join(' ');
        if (localName(element) === 'input') return element.value;
        const chosen = select(element, '[role=option][aria-selected=true]');
        return chosen.map((option) => rawText(option)).join(' ');
      }
      case 'slider':
      case 'spinbutton':
      case 'progressbar':
      case 'meter':
      case 'scrollbar':
        return attribute(element, 'aria-valuetext') ?? attribute(element, 'aria-valuenow') ?? String(element.value ?? '');
      default:
        return null;
    }
  }

  const childOf = (element, tag) => {
    for (let node = firstChild(element); node; node = nextSibling(node)) {
      if (isElement(node) && localName(node) === tag) return node;
    }
    return null;
  };

  const CHILD_THAT_NAMES = { fieldset: 'legend', figure: 'figcaption', table: 'caption' };

  // Step 2E: what the host language has for names.
  function nativeName(element, walk) {
    const tag = localName(element);
    if (tag === 'input' && element.type === 'image') {
      return attribute(element, 'alt') || attribute(element, 'title') || 'Submit';
    }
    const button = buttonText(element);
    if (button) return button;
    const labels = labelsOf(element);
    if (labels.length) return labels.map((label) => naming(label, 'label', walk)).join(' ');
    if (tag === 'img' || tag === 'area') return attribute(element, 'alt') || '';
    if (tag === 'optgroup' || tag === 'track') return attribute(element, 'label') || '';
    if (tag === 'option') return attribute(element, 'label') || '';
    if (tag === 'svg') {
      const title = childOf(element, 'title');
      return title ? title.textContent : '';
    }
    const child = CHILD_THAT_NAMES[tag] && childOf(element, CHILD_THAT_NAMES[tag]);
    return child ? naming(child, 'label', walk) : '';
  }

  // The labels of a control. `element.labels` walks the whole tree each time, so all are sorted out once a look.
  function labelsOf(element) {
    if (!memo.labels) {
      memo.labels = new Map();
      for (const label of selectDeep(document, 'label')) {
        const control = label.control;
        if (control) memo.labels.set(control, [...(memo.labels.get(control) || []), label]);
      }
    }
    return memo.labels.get(element) || [];
  }

  // Step 2F: the name from content, with what style sheets put before and after it.
  function contentName(element, walk) {
    let name = generated(element, '::before');
    eachInside(element, (node) => {
      const type = nodeType(node);
      if (type === 3) name += dataOf(node);
      else if (type === 1) {
        const part = localName(node) === 'br' ? ' ' : SILENT.has(localName(node)) && localName(node) !== 'textarea'
          ? '' : naming(node, 'content', walk);
        name += styleOf(node).display === 'inline' ? part : ` ${part} `;
      }
    });
    return name + generated(element, '::after');
  }

  function generated(element, which) {
    const style = styleOf(element, which);
    const content = style.content;
    if (!content || !content.includes('"') || style.display === 'none') return '';
    // After a slash stands the alternative text, which is what counts.
    const parts = content.replace(/^.*" \/ (?=")/, '').match(/"(?:[^"\\]|\\.)*"/g) || [];
    const text = parts.map((part) => part.slice(1, -1).replace(/\\(.)/g, '$1')).join('');
    return style.display === 'inline' ? text : ` ${text} `;
  }

  // ---- states ------------------------------------------------------------------------------------------------------

  // true, false or 'mixed' of what can be checked; null of anything else.
  function checkedOf(element) {
    if (localName(element) === 'input' && (element.type === 'checkbox' || element.type === 'radio')) {
      return element.indeterminate && element.type === 'checkbox' ? 'mixed' : element.checked;
    }
    if (!/^(checkbox|radio|switch|menuitemcheckbox|menuitemradio|option|treeitem)$/.test(roleOf(element) || '')) return null;
    const state = attribute(element, 'aria-checked');
    if (state === null && /^(option|treeitem)$/.test(roleOf(element))) return null;
    return state === 'mixed' ? 'mixed' : state === 'true';
  }

  // Says why it is disabled, or null. A thing inside a disabled button is as dead as the button.
  function whyDisabled(element) {
    const control = closest(element, 'button,input,select,textarea,option,optgroup') || element;
    if (matches(control, ':disabled')) {
      if (hasAttribute(control, 'disabled')) return 'is disabled';
      const by = closest(control, 'fieldset[disabled],select[disabled],optgroup[disabled]');
      return by ? `is disabled by ${quote(describe(by))}` : 'is disabled';
    }
    for (let at = element; at; at = around(at)) {
      const said = attribute(at, 'aria-disabled');
      if (said === 'true') return at === element ? 'is disabled (`aria-disabled`)' : `is disabled (\`aria-disabled\`) by ${quote(describe(at))}`;
      if (said === 'false') return null;
    }
    return null;
  }

  const STATES = {
    level: (e) => attribute(e, 'aria-level') ?? (/^h[1-6]$/.test(localName(e)) ? localName(e)[1] : roleOf(e) === 'heading' ? '2' : null),
    checked: (e) => checkedOf(e) ?? false,
    pressed: (e) => attribute(e, 'aria-pressed') ?? false,
    selected: (e) => (localName(e) === 'option' ? e.selected : attribute(e, 'aria-selected') === 'true'),
    expanded: (e) => {
      if (localName(e) === 'details') return hasAttribute(e, 'open');
      const folder = localName(e) === 'summary' && closest(e, 'details');
      return folder ? hasAttribute(folder, 'open') : attribute(e, 'aria-expanded');
    },
    disabled: (e) => whyDisabled(e) !== null,
  };

  function findByRole(scope, part) {
    const role = part.role === 'none' ? 'presentation' : part.role === 'image' ? 'img' : part.role;
    const test = part.name && textTest(part.name);
    return selectDeep(scope, '*').filter((element) => {
      const its = roleOf(element);
      if (role === '*' ? its === null || its === 'generic' || its === 'presentation' : its !== role) return false;
      if (!isExposed(element)) return false;
      for (const state of Object.keys(STATES)) {
        const wanted = part[state];
        if (wanted !== undefined && wanted !== null && String(STATES[state](element)) !== String(wanted)) return false;
      }
      return !test || test(nameOf(element));
    });
  }
