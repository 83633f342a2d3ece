
  // ---- acts --------------------------------------------------------------------------------------------------------

  // Acts answer `{ value }`, or a reason why this element cannot take them.
  const unsuitable = (message, more) => reason('unsuitable', message, more);

  const fire = (element, type) => dispatch(element, new Event(type, { bubbles: true, composed: true }));

  // Controls whose value is not typed: the formats they take, by example.
  const FORMATS = {
    date: '2027-01-31', time: '13:45', month: '2027-01', week: '2027-W05', 'datetime-local': '2027-01-31T13:45', color: '#ff8800',
    range: null,
  };
  const INSTEAD = {
    checkbox: 'use `check` or `uncheck`', radio: 'use `check`', file: 'use `upload`', button: 'use `click`', submit: 'use `click`',
    reset: 'use `click`', image: 'use `click`', hidden: 'nobody can fill it',
  };

  // The setter of the prototype: frameworks put their own on the element to notice scripts, and would ignore the event.
  const setValue = (element, value) => ownProperty(Object.getPrototypeOf(element), 'value').set.call(element, value);

  function fill(element, value) {
    const tag = localName(element);
    if (tag === 'select') return unsuitable('is a select, which is not filled: use `select`');
    if (tag === 'input') {
      if (INSTEAD[element.type]) return unsuitable(`is an input of type \`${element.type}\`, which is not filled: ${INSTEAD[element.type]}`);
      if (element.type in FORMATS) return setInput(element, value);
      if (element.type === 'number' && value.trim() !== '' && Number.isNaN(Number(value))) {
        return unsuitable(`is an input of type \`number\`, which cannot hold ${quote(value)}`, { expected: 'a number such as 12.5', actual: cut(value), at_once: true });
      }
    } else if (tag !== 'textarea' && !(isHtml(element) && isContentEditable(element))) {
      return unsuitable(`is ${quote(describe(element))}, which is not filled: an input, textarea or contenteditable is needed`);
    }
    const focused = takeFocus(element);
    if (focused) return focused;
    if (tag === 'input' || tag === 'textarea') element.select();
    else window.getSelection().selectAllChildren(element);
    if (value !== '') {
      watch('text', element);
      return { value: 'insert' };
    }
    emptySelected(element);
    return { value: 'set' };
  }

  // There is no inserting nothing: what is selected is deleted, with a trusted `input` as a key would make. Editors that
  // do the work themselves listen to `beforeinput`, which the command leaves out.
  function emptySelected(element) {
    const isControl = localName(element) === 'input' || localName(element) === 'textarea';
    if (isControl ? element.value === '' : element.textContent === '') return;
    const before = new InputEvent('beforeinput', { bubbles: true, composed: true, cancelable: true, inputType: 'deleteContentBackward' });
    if (!dispatch(element, before)) return;
    execCommand(document, 'delete');
    if (isControl && element.value !== '') {
      setValue(element, '');
      fire(element, 'input');
      fire(element, 'change');
    }
  }

  function setInput(element, value) {
    const type = element.type;
    const wanted = type === 'color' ? value.trim().toLowerCase() : value.trim();
    const problem = whyNotInFormat(element, type, wanted);
    if (problem) return problem;
    const focused = takeFocus(element);
    if (focused) return focused;
    if (element.value !== wanted) {
      setValue(element, wanted);
      fire(element, 'input');
      fire(element, 'change');
    }
    return { value: 'set' };
  }

  // Tries the value in an input that is in no page, since browsers drop what they do not like without a word.
  function whyNotInFormat(element, type, wanted) {
    const trial = createElement(document, 'input');
    trial.type = type;
    for (const name of ['min', 'max', 'step']) if (type === 'range' && hasAttribute(element, name)) trial[name] = element[name];
    trial.value = wanted;
    const isTaken = type === 'range' ? wanted !== '' && Number(trial.value) === Number(wanted)
      : type === 'color' ? /^#[0-9a-f]{6}$/.test(wanted) : wanted === '' || trial.value !== '';
    if (isTaken) return null;
    const expected = type === 'range'
      ? `a number from ${element.min || 0} to ${element.max || 100} in steps of ${element.step || 1}` : `a value such as ${FORMATS[type]}`;
    return unsuitable(`is an input of type \`${type}\`, which cannot hold ${quote(wanted)}: it takes ${expected}`, { expected, actual: cut(wanted), at_once: true });
  }

  // Gives an element the focus; answers why it did not take it, or null.
  function takeFocus(element) {
    // What is editable is focused as a whole, whichever part of it is meant.
    const editable = isHtml(element) && isContentEditable(element);
    let target = element;
    while (editable && around(target) && isHtml(around(target)) && isContentEditable(around(target))) target = around(target);
    if (isHtml(target)) focusElement(target);
    else target.focus?.(); // SVG has its own
    for (let at = deepFocus(); at; at = around(at)) if (at === target) return null;
    return unsuitable(`is ${quote(describe(element))}, which does not take the focus`);
  }

  function deepFocus() {
    let active = activeElement(document);
    for (let shadow = active && shadowOf(active); shadow && shadow.activeElement; shadow = shadowOf(active)) active = shadow.activeElement;
    return active;
  }

  function focusAtEnd(element) {
    const problem = takeFocus(element);
    if (problem) return problem;
    const tag = localName(element);
    const selection = window.getSelection();
    if (tag === 'textarea' || (tag === 'input' && element.selectionStart !== null)) {
      element.setSelectionRange(element.value.length, element.value.length);
    } else if (tag === 'input') {
      // Numbers and mail addresses refuse to tell or set their caret; moving it works.
      selection.modify?.('move', 'forward', 'lineboundary');
    } else if (isHtml(element) && isContentEditable(element)) {
      selection.selectAllChildren(element);
      selection.collapseToEnd();
    }
    return { value: null };
  }

  function blur(element) {
    for (let at = deepFocus(); at; at = around(at)) if (at === element) (isHtml(deepFocus()) ? blurElement(deepFocus()) : deepFocus().blur());
    return { value: null };
  }

  // Chooses options as a person would: events come only when something changed.
  function choose(list, choices) {
    if (localName(list) !== 'select') {
      return unsuitable(`is ${quote(describe(list))}, not a select: click it, then the option`);
    }
    if (!list.multiple && choices.length !== 1) return unsuitable(`is a select that takes one option, not ${choices.length}`);
    const options = optionsOf(list);
    const chosen = [];
    for (const choice of choices) {
      const option = options.find((one, i) => isChoice(one, i, choice));
      if (!option) return noOption(options, choice);
      if (matches(option, ':disabled')) return reason('disabled', `has the option ${quote(optionLabel(option))}, but it is disabled`);
      chosen.push(option);
    }
    const isChanged = options.some((option) => option.selected !== chosen.includes(option));
    if (isChanged) {
      focusElement(list);
      if (list.multiple) for (const option of options) option.selected = chosen.includes(option);
      else chosen[0].selected = true;
      fire(list, 'input');
      fire(list, 'change');
    }
    return { value: chosen.map(optionLabel) };
  }

  function isChoice(option, index, choice) {
    if ('label' in choice) return optionLabel(option) === normal(String(choice.label));
    if ('value' in choice) return option.value === String(choice.value);
    return index === Number(choice.index);
  }

  function noOption(options, choice) {
    const [kind] = Object.keys(choice);
    const have = options.map((option, i) => (kind === 'index' ? String(i) : kind === 'value' ? option.value : optionLabel(option)));
    const shown = have.length ? have.slice(0, 20).map(quote).join(', ') : 'none';
    return reason('missing', `has no option with the ${kind} ${quote(choice[kind])}; there is ${cut(shown)}`, {
      expected: cut(String(choice[kind])), actual: cut(have.join(', ')),
    });
  }

  function scroll(element, to) {
    const page = element === documentElement(document) || localName(element) === 'body' ? document.scrollingElement || element : element;
    if (to === 'view') {
      const box = boundingRect(element);
      const isWhole = box.top >= 0 && box.left >= 0 && box.bottom <= window.innerHeight && box.right <= window.innerWidth;
      // Inside something that scrolls it may be cut off even so; `nearest` then moves no more than is needed.
      scrollIntoView(element, { block: isWhole ? 'nearest' : 'center', inline: 'nearest', behavior: 'instant' });
    } else {
      const place = to === 'top' ? { top: 0 } : to === 'bottom' ? { top: page.scrollHeight } : { left: to[0], top: to[1] };
      scrollElement(page, { ...place, behavior: 'instant' });
    }
    return { value: null };
  }
