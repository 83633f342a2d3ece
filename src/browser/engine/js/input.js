
  // ---- what became of the driver's input ---------------------------------------------------------------------------

  // Between the moment an element is confirmed and the moment the driver presses or types, the page can change under it.
  // So the input itself is looked at: what it hits, before the page's own listeners get it. The listeners are there from
  // the document's beginning, since who comes first cannot be hidden from by the others.
  const PRESSES = ['pointerdown', 'mousedown', 'touchstart'];
  const RELEASES = ['pointerup', 'mouseup', 'touchend'];
  const CLICKS = ['click', 'dblclick', 'auxclick', 'contextmenu'];
  const MOVES = ['pointermove', 'mousemove'];
  const TEXTS = ['beforeinput', 'input'];
  const RIGHT = 2;
  const SWALLOWED_FOR = 1000; // ms for the rest of a swallowed press, should nobody ask what became of it
  const FRESH_FOR = 3000; // ms in which a press that nobody announced was meant for the document before

  // What is about to happen, if anything. Its `outcome` is what the driver's side gets to know.
  let watched = null;
  let isAsked = false;
  const born = clock();

  // Told at once where the driver's side listens: the document may be gone before anybody can ask.
  const announce = typeof globalThis.__batchrun_told === 'function' ? globalThis.__batchrun_told : null;
  function tell({ token }, outcome) {
    if (announce) announce(JSON.stringify({ document: identity, token, outcome }));
  }

  function settle(it, outcome) {
    it.outcome = outcome;
    tell(it, outcome);
  }

  function watch(kind, element, query, more) {
    watched = { kind, element, query, token: tokenOf(element), outcome: 'none', ...more };
    if (watched.isBlind) tell(watched, 'hit');
    return { value: null };
  }

  function watchPointer(kind, element, query, at) {
    const point = aim(element, at);
    const hit = point && under(document, ...point);
    // What happens on a frame is told to the frame's own document only.
    return watch(kind, element, query, { isBlind: isFrame(hit) });
  }

  const isFrame = (element) => Boolean(element) && /^(iframe|frame|object|embed)$/.test(localName(element));

  function watchKeys(element) {
    const problem = focusAtEnd(element);
    return problem.code ? problem : watch('keys', element, null, { arrived: 0, isLost: false, isBlind: isFrame(element) });
  }

  // The outcome of what was watched, which is over now.
  function outcome() {
    const it = watched;
    watched = null;
    if (it && it.down) takenByPage(it);
    if (it && it.kind === 'keys') it.isBlind ||= isFrame(deepFocus());
    return !it ? 'none' : it.outcome === 'none' && it.isBlind ? 'hit' : it.outcome;
  }

  function landed(call) {
    return finish({ value: watched && watched.token === call.token ? outcome() : 'none' }, []);
  }

  const isElementNode = (node) => Boolean(node) && node !== window && isElement(node);

  function swallow(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  // The element that is hit if this is its target: the one that was confirmed or, where the page has built that anew
  // meanwhile, what the locator finds now.
  function hitElement(target, { element, query }) {
    if (!isElementNode(target)) return null;
    if (belongsTo(target, element)) return element;
    if (isConnected(element)) return null;
    memo = blankMemo();
    const found = resolve(query);
    return found.length === 1 && belongsTo(target, found[0]) ? found[0] : null;
  }

  const Channel = isNative(window.MessageChannel) ? window.MessageChannel : null;
  // After the page's own listeners, some milliseconds at most.
  function afterwards(act) {
    if (!Channel) return;
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      act();
    };
    port2.postMessage(null);
  }

  function onPress(event, it) {
    const target = composedPath(event)[0];
    if (it.outcome === 'none' || it.outcome === 'hit') {
      const hit = hitElement(target, it);
      if (it.outcome === 'none') {
        settle(it, hit ? 'hit' : { missed: isElementNode(target) ? describe(target) : 'the document' });
        if (!hit) later(() => { if (watched === it) watched = null; }, SWALLOWED_FOR);
      }
      // Later presses of a double click may hit what the first one brought up.
      it.pressed = hit;
      it.press = event;
      it.outlived = false;
      if (hit) afterwards(() => { it.outlived = it.pressed === hit && isConnected(hit); });
    }
    if (it.outcome.missed) swallow(event);
  }

  // Nothing is clicked if the element goes away between press and release. What the page did because of the press is its
  // own business; an element that outlived that went by itself.
  function onRelease(event, it) {
    const isGone = it.pressed && it.outlived && !isConnected(it.pressed);
    if (it.outcome === 'hit' && event.button !== RIGHT && isGone && !it.press.defaultPrevented) settle(it, 'torn');
    if (it.outcome.missed) swallow(event);
  }

  // A key has arrived once it has done its work: one that writes does so in its `keypress`, unless the page took the
  // `keydown` for something else. What became of that is seen at the next event, or when somebody asks.
  function onKey(event, it) {
    takenByPage(it);
    if (event.type === 'keyup') return;
    // What the page does because of a `keydown` is its own business: the element may be gone by the `keypress`.
    if (event.type === 'keydown') it.isLost ||= !isConnected(it.element) && !isAnythingFocused();
    if (it.isLost && announce) swallow(event);
    else if (event.type === 'keydown' && writes(event)) it.down = event;
    else if (event.type === 'keydown' || writes(event)) {
      it.down = null;
      it.arrived += 1;
    }
    settle(it, { arrived: it.arrived, lost: it.isLost });
  }

  function takenByPage(it) {
    if (!it.down || !it.down.defaultPrevented) return;
    it.down = null;
    it.arrived += 1;
    settle(it, { arrived: it.arrived, lost: it.isLost });
  }

  const writes = ({ key, ctrlKey, altKey, metaKey }) => key.length === 1 && !ctrlKey && !altKey && !metaKey;

  function isAnythingFocused() {
    const active = deepFocus();
    return Boolean(active) && active !== documentElement(document) && localName(active) !== 'body';
  }

  function onText(event, it) {
    const target = composedPath(event)[0];
    // Where the page moved the focus while the element is still there, that is where it wants the text.
    if (isElementNode(target) && (isConnected(it.element) || belongsTo(target, it.element))) settle(it, 'hit');
  }

  // A document in which nobody has asked for anything yet: what is pressed there was meant for the one before.
  const isStray = () => announce && window === window.top && !isAsked && clock() - born < FRESH_FOR;

  function hear(types, kind, act) {
    const heard = (event) => {
      // What the page's own scripts dispatch is none of our business.
      if (!event.isTrusted) return;
      if (watched && watched.kind === kind) act(event, watched);
      else if (kind === 'press' && isStray()) swallow(event);
    };
    for (const type of types) listen(window, type, heard, { capture: true, passive: false });
  }

  hear(PRESSES, 'press', onPress);
  hear(RELEASES, 'press', onRelease);
  hear(CLICKS, 'press', (event, it) => { if (it.outcome.missed || it.outcome === 'torn') swallow(event); });
  hear(['keydown', 'keypress', 'keyup'], 'keys', onKey);
  hear(TEXTS, 'text', onText);
  hear(MOVES, 'move', (event, it) => {
    const target = composedPath(event)[0];
    settle(it, hitElement(target, it) ? 'hit' : { missed: isElementNode(target) ? describe(target) : 'the document' });
  });
