
  // ---- matchers ----------------------------------------------------------------------------------------------------

  // Says whether `actual` passes a text test, see src/case/matcher.rs. Texts that people read are normalised on both
  // sides; values and attributes are compared as they are.
  function passes(test, actual, shape = (text) => text) {
    const text = shape(actual);
    for (const kind of Object.keys(test)) {
      const wanted = test[kind];
      switch (kind) {
        case 'is': if (text !== shape(String(wanted))) return false; break;
        case 'contains': if (!text.includes(shape(String(wanted)))) return false; break;
        case 'matches': if (!pattern(wanted.pattern, wanted.flags).test(text)) return false; break;
        case 'one_of': if (!wanted.some((one) => text === shape(String(one)))) return false; break;
        // An empty text is no number, though `Number` thinks so.
        case 'min': if (!(text.trim() !== '' && Number(text) >= wanted)) return false; break;
        case 'max': if (!(text.trim() !== '' && Number(text) <= wanted)) return false; break;
        case 'not': if (passes(wanted, actual, shape)) return false; break;
        default: throw new Invalid(`no text test is called ${quote(kind)}`);
      }
    }
    return true;
  }

  // A text test in words; a whole text stands for itself.
  function inWords(test) {
    const said = (text) => `\`${cut(String(text))}\``;
    const parts = Object.keys(test).map((kind) => {
      const wanted = test[kind];
      switch (kind) {
        case 'is': return cut(String(wanted));
        case 'contains': return `containing ${said(wanted)}`;
        case 'matches': return `matching \`/${cut(wanted.pattern)}/${wanted.flags || ''}\``;
        case 'one_of': return `one of ${wanted.map(said).join(', ')}`;
        case 'min': return `at least ${wanted}`;
        case 'max': return `at most ${wanted}`;
        default: return `not ${wanted.is === undefined ? inWords(wanted) : said(wanted.is)}`;
      }
    });
    return parts.join(' and ');
  }

  const mismatch = (message, expected, actual, code = 'mismatch') => reason(code, message, { expected: cut(expected), actual: cut(actual) });

  function textReason(test, actual, what, shape) {
    if (passes(test, actual, shape)) return null;
    return mismatch(`${what} is ${actual === '' ? 'empty' : quote(actual)}`, inWords(test), actual);
  }

  function yesOrNo(is, wanted, yes, no, why, code) {
    if (is === wanted) return null;
    return mismatch(why || `is ${is ? yes : no}`, wanted ? yes : no, is ? yes : no, code);
  }

  function ofText(element, test) {
    const text = textOf(element);
    const found = textReason(test, text, 'the text', normal);
    // A common slip: what is typed into a control is not its text.
    if (found && !text && matches(controlOf(element), 'input,textarea')) {
      const value = valueOf(element);
      found.message += isSecret(controlOf(element)) ? ' (it has a value: use `value`)' : ` (its value is ${value ? quote(value) : 'empty, too'}: use \`value\`)`;
    }
    return found;
  }

  const isSecret = (element) => localName(element) === 'input' && element.type === 'password';

  // The value of what has one, else null. Several chosen options are joined by commas.
  function valueOf(element) {
    const control = controlOf(element);
    if (localName(control) === 'select' && control.multiple) return chosenOptions(control).map((option) => option.value).join(',');
    if (matches(control, 'input,textarea,select,option,button,meter,progress,output,data,li,param')) return String(control.value ?? '');
    return localName(control).includes('-') && control.value !== undefined ? String(control.value) : null;
  }

  const optionsOf = (list) => select(list, 'option');
  const chosenOptions = (list) => optionsOf(list).filter((option) => option.selected);
  const optionLabel = (option) => normal(attribute(option, 'label') || rawText(option));
  const selectedLabels = (list) => chosenOptions(list).map(optionLabel);

  // Matchers of one element: null when it holds, else why not.
  const OF_ONE = {
    visible: (e, wanted) => {
      const hidden = whyHidden(e);
      return yesOrNo(hidden === null, wanted, 'visible', 'hidden', hidden, wanted ? 'hidden' : 'mismatch');
    },
    checked: (e, wanted) => {
      const state = checkedOf(controlOf(e));
      if (state === null) return mismatch(`is ${quote(describe(e))}, which cannot be checked`, wanted ? 'checked' : 'unchecked', 'neither', 'unsuitable');
      return state === wanted ? null : mismatch(`is ${CHECKED[state]}`, CHECKED[wanted], CHECKED[state]);
    },
    enabled: (e, wanted) => {
      const why = whyDisabled(controlOf(e));
      return yesOrNo(why === null, wanted, 'enabled', 'disabled', why, wanted ? 'disabled' : 'mismatch');
    },
    disabled: (e, wanted) => OF_ONE.enabled(e, !wanted),
    editable: (e, wanted) => {
      const why = whyNotEditable(controlOf(e));
      return yesOrNo(why === null, wanted, 'editable', 'not editable', why && why.message, wanted ? why && why.code : 'mismatch');
    },
    focused: (e, wanted) => yesOrNo(hasFocus(controlOf(e)), wanted, 'focused', 'not focused'),
    empty: (e, wanted) => {
      const control = controlOf(e);
      const held = matches(control, 'input,textarea,select') ? control.value : normal(rawText(e));
      return yesOrNo(held === '', wanted, 'empty', 'not empty', held && !isSecret(control) ? `holds ${quote(held)}` : null);
    },
    in_viewport: (e, wanted) => yesOrNo(isInViewport(e), wanted, 'in the viewport', 'outside of the viewport'),
    text: ofText,
    contains: (e, wanted) => ofText(e, { contains: wanted }),
    matches: (e, wanted) => ofText(e, { matches: wanted }),
    value: (e, test) => {
      const value = valueOf(e);
      if (value === null) return mismatch(`is ${quote(describe(e))}, which has no value`, inWords(test), 'no value', 'unsuitable');
      return textReason(test, value, 'the value');
    },
    attribute: (e, tests) => firstReason(Object.keys(tests), (name) => {
      const value = attribute(e, name);
      const test = tests[name];
      if (typeof test === 'boolean') {
        return yesOrNo(value !== null, test, `\`${name}\` present`, `\`${name}\` absent`, `${value === null ? 'has no' : 'has the'} attribute \`${name}\``);
      }
      if (value === null) return mismatch(`has no attribute \`${name}\``, inWords(test), `no \`${name}\``);
      return textReason(test, value, `\`${name}\``);
    }),
    class: (e, wanted) => {
      const missing = [].concat(wanted).filter((name) => !classList(e).contains(name));
      const actual = attribute(e, 'class') || '';
      return missing.length ? mismatch(`has no class ${missing.map(quote).join(', ')}`, [].concat(wanted).join(' '), actual) : null;
    },
    css: (e, tests) => firstReason(Object.keys(tests), (name) => {
      const value = styleOf(e).getPropertyValue(name).trim();
      return textReason(tests[name], value, `\`${name}\``);
    }),
    selected: (e, wanted) => {
      const list = controlOf(e);
      const labels = [].concat(wanted).map((label) => normal(String(label)));
      const expected = labels.join(', ');
      if (localName(list) !== 'select') return mismatch(`is ${quote(describe(e))}, not a select`, expected, 'no select', 'unsuitable');
      const actual = selectedLabels(list);
      if (actual.length === labels.length && labels.every((label, i) => label === actual[i])) return null;
      return mismatch(actual.length ? `has ${actual.map(quote).join(', ')} selected` : 'has nothing selected', expected, actual.join(', '));
    },
  };
  const CHECKED = { true: 'checked', false: 'unchecked', mixed: 'half checked' };

  function hasFocus(element) {
    const root = rootOf(element);
    return (nodeType(root) === 9 ? activeElement(root) : root.activeElement) === element;
  }

  function firstReason(list, judge) {
    for (const one of list) {
      const found = judge(one);
      if (found) return found;
    }
    return null;
  }

  const COMPARE = {
    '==': (a, b) => a === b, '!=': (a, b) => a !== b, '>=': (a, b) => a >= b, '<=': (a, b) => a <= b,
    '>': (a, b) => a > b, '<': (a, b) => a < b,
  };

  // Matchers of all that was found, however many.
  const OF_ALL = {
    detached: (found, wanted) => yesOrNo(!found.length, wanted, 'absent', 'present', found.length ? 'is there' : 'is not there', found.length ? 'mismatch' : 'missing'),
    attached: (found, wanted) => OF_ALL.detached(found, !wanted),
    hidden: (found, wanted) => {
      const seen = found.filter((element) => whyHidden(element) === null);
      const why = seen.length ? (found.length > 1 ? `is visible in ${seen.length} of ${found.length} matches` : 'is visible')
        : found.length ? whyHidden(found[0]) : 'is not there';
      return yesOrNo(!seen.length, wanted, 'hidden', 'visible', why, wanted ? 'mismatch' : found.length ? 'hidden' : 'missing');
    },
    count: (found, { op, n }) => {
      if (!COMPARE[op]) throw new Invalid(`no comparison is called ${quote(op)}`);
      if (COMPARE[op](found.length, n)) return null;
      return mismatch(`has ${found.length} ${found.length === 1 ? 'match' : 'matches'}`, op === '==' ? String(n) : `${op} ${n}`, String(found.length));
    },
    texts: (found, wanted) => {
      const actual = found.map(textOf);
      if (actual.length === wanted.length && wanted.every((text, i) => normal(String(text)) === actual[i])) return null;
      const list = (texts) => JSON.stringify(texts.map((text) => cut(text, 80)));
      return mismatch(`has the texts ${cut(list(actual), 120)}`, list(wanted), list(actual));
    },
  };

  // Judges what was found by matchers; null when all of them hold, at this moment. With `count` or `texts` those of
  // one element must hold of each, with `any` of at least one, else there must be exactly one.
  function judge(found, matchers, trace) {
    const { not, any, ...rest } = matchers;
    // `visible: false` and `attached: false` are `hidden` and `detached` by another name.
    if (rest.visible === false) {
      rest.hidden = true;
      delete rest.visible;
    }
    const single = [];
    for (const name of Object.keys(rest)) {
      if (!OF_ALL[name] && !OF_ONE[name]) throw new Invalid(`no matcher is called ${quote(name)}`);
      if (OF_ONE[name]) {
        single.push(name);
        continue;
      }
      if (name === 'attached' && rest.attached && found.length > 1 && !('count' in rest) && !any) return ambiguous(found);
      const why = OF_ALL[name](found, rest[name]);
      if (why) return why.code === 'missing' ? missing(trace) : why;
    }
    const isMany = 'count' in rest || 'texts' in rest;
    if (single.length && !isMany) {
      if (!found.length) return missing(trace);
      if (found.length > 1 && !any) return ambiguous(found);
    }
    const why = (element) => firstReason(single, (name) => OF_ONE[name](element, rest[name]));
    if (single.length) {
      const first = any ? (found.some((element) => !why(element)) ? null : why(found[0])) : firstReason(found, why);
      if (first) return first;
    }
    return not ? judgeNot(found, not, any || isMany, trace) : null;
  }

  // None of these may hold, and the element must be there.
  function judgeNot(found, matchers, isMany, trace) {
    if (!found.length) return missing(trace);
    return firstReason(Object.keys(matchers), (name) => {
      const wanted = matchers[name];
      if (OF_ALL[name]) return OF_ALL[name](found, wanted) ? null : mismatch(`is what it must not be: ${name}`, `not ${name}`, name);
      if (name === 'not') return judge(found, wanted, trace) ? mismatch('is not what it must be', 'all of `not.not`', 'not all') : null;
      if (!OF_ONE[name]) throw new Invalid(`no matcher is called ${quote(name)}`);
      if (found.length > 1 && !isMany) return ambiguous(found);
      const holding = found.find((element) => !OF_ONE[name](element, wanted));
      return holding ? stillHolds(holding, name, wanted) : null;
    });
  }

  function stillHolds(element, name, wanted) {
    const test = name === 'text' || name === 'value' ? wanted : name === 'contains' || name === 'matches' ? { [name]: wanted } : null;
    if (!test) return mismatch(`is what it must not be: ${name}`, `not ${name}`, name);
    const actual = name === 'value' ? valueOf(element) : textOf(element);
    return mismatch(`the ${name === 'value' ? 'value' : 'text'} is ${quote(actual)}`, inWords({ not: test }), actual);
  }

  function missing(trace) {
    const where = trace.query.length > 1 ? ` (part ${trace.part + 1} of ${trace.query.length} of the locator finds nothing)` : '';
    return reason('missing', `is not there${where}`, { matches: 0 });
  }

  // The candidates are worked out only when it is the answer: that takes a while.
  const ambiguous = (found) => reason('ambiguous', `matches ${found.length} elements`, { matches: found.length, several: found });
