
  // ---- waiting -----------------------------------------------------------------------------------------------------

  const IDLE_LOOK = 50; // ms: for what no observer tells, such as values and layout
  const NO_FRAMES = 250; // ms: on a busy machine frames come late, but not that late
  const SEEN = 20;
  const LATE = 500; // ms: half of what the asker waits beyond the time
  const UNSUITABLE_WAIT = 1000; // ms: an element of the wrong kind may be a placeholder, but not for long

  // Tells when it is worth looking again: after a change, in the frame that shows it; else after 50 ms.
  function watcher() {
    let observer = null;
    let isDirty = false;
    let wake = () => {};
    const observed = new Set();
    const changed = () => {
      isDirty = true;
      wake();
    };
    if (MutationObserver) observer = new MutationObserver(changed);
    const events = [[document, 'readystatechange'], [window, 'load'], [window, 'popstate'], [window, 'hashchange']];
    for (const [target, type] of events) listen(target, type, changed);
    return {
      // `needsFrame`: look in the next frame, changed or not. `cost`: how long the last look took.
      next(needsFrame, left, cost) {
        for (const root of observer ? rootsBelow(document) : []) {
          if (observed.has(root)) continue;
          observed.add(root);
          observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
        }
        return new Promise((resolve) => {
          let isAsked = false;
          let isDone = false;
          const done = () => {
            // A frame that comes after the timer must not touch the wait that follows.
            if (isDone) return;
            isDone = true;
            wake = () => {};
            never(timer);
            isDirty = false;
            resolve();
          };
          // Where a frame is needed nothing else will do, lest a late frame make a moving thing look steady; but a
          // hidden page has none, so a timer comes in any case.
          const idle = Math.max(0, Math.min(Math.max(IDLE_LOOK, 2 * cost), left));
          const frameless = visibilityState(document) === 'hidden' ? IDLE_LOOK : NO_FRAMES;
          const timer = later(done, needsFrame ? frameless : idle);
          wake = () => {
            if (isAsked) return;
            isAsked = true;
            // On a large page that changes all the time, looking takes half of the time at most.
            if (cost > 8 && !needsFrame) later(() => onFrame(done), cost);
            else onFrame(done);
          };
          if (isDirty || needsFrame) wake();
        });
      },
      stop() {
        if (observer) observer.disconnect();
        for (const [target, type] of events) unlisten(target, type, changed);
      },
    };
  }

  // Calls `look` until it answers without a failure or the time is over. A failure may say: `frame`, the next frame
  // has to be seen; `quiet`, it is nothing that stood in the way; `at_once`, waiting is of no use. What is unsuitable for
  // longer than `unsuitableMs` ends it, too.
  async function wait(waitMs, look, unsuitableMs = Infinity) {
    const began = clock();
    const seen = [];
    let foundAt = null;
    const over = (answer) => finish(answer, seen, { found_ms: foundAt, took_ms: clock() - began });
    let watch = null;
    let unsuitableSince = null;
    try {
      for (;;) {
        const at = clock();
        memo = blankMemo();
        const answer = look(at - began);
        const { failure } = answer;
        if (foundAt === null && (answer.element || answer.found)) foundAt = clock() - began;
        if (!failure) return over(answer);
        if (!failure.quiet && seen.length < SEEN && !seen.some((one) => one.what === failure.message)) {
          seen.push({ at_ms: Math.round(at - began), what: failure.message });
        }
        const now = clock();
        if (failure.code !== 'unsuitable') unsuitableSince = null;
        else if (unsuitableSince === null) unsuitableSince = at;
        const isHopeless = failure.at_once || (unsuitableSince !== null && now - unsuitableSince >= unsuitableMs);
        // Looking once may take the frames that stability needs.
        const left = waitMs - (now - began);
        // Where a look takes long, one that ends after the time would come too late for whoever asked.
        const tooLate = Math.max(0, now - at - LATE);
        if (isHopeless || (left <= tooLate && !(failure.quiet && failure.frame))) return over(answer);
        watch = watch || watcher();
        await watch.next(failure.frame, left > 0 ? left : IDLE_LOOK, now - at);
      }
    } finally {
      if (watch) watch.stop();
    }
  }

  // Makes the envelope of what the last look found.
  function finish({ failure, element, at, value }, seen, times = {}) {
    const envelope = { ok: !failure, document: identity, failure: null, seen, element: null, value: value ?? null, ...times };
    if (element && isConnected(element)) envelope.element = inform(element, at);
    if (failure) {
      envelope.failure = {
        code: failure.code, message: failure.message, expected: failure.expected ?? null, actual: failure.actual ?? null,
        candidates: failure.lost ? nearMisses(failure.lost) : (failure.several || []).slice(0, CANDIDATES).map((one) => ({
          description: describeWithText(one), locator: locatorFor(one), why: '',
        })),
        matches: failure.matches ?? (element ? 1 : 0),
      };
    }
    return envelope;
  }

  function inform(element, at) {
    const box = boxOf(element);
    const { frames, foreign } = outerFrames();
    const offset = [0, 0];
    for (const outer of frames) {
      offset[0] += outer.x;
      offset[1] += outer.y;
    }
    return {
      token: tokenOf(element), description: describe(element), point: aim(element, at),
      rect: box && [box.x, box.y, box.width, box.height], offset, foreign,
      frame: localName(element) === 'iframe' || localName(element) === 'frame',
    };
  }

  // ---- what can be asked -------------------------------------------------------------------------------------------

  function one(query) {
    const trace = { query };
    const found = resolve(query, document, trace);
    if (found.length === 1) return { element: found[0] };
    return { failure: found.length ? ambiguous(found) : { ...missing(trace), lost: trace } };
  }

  const ACTS = {
    nothing: () => ({ value: null }),
    keep: () => ({ value: null }),
    guard: (element, then, query, at) => watchPointer('press', element, query, at),
    point: (element, then, query, at) => watchPointer('move', element, query, at),
    type: watchKeys,
    focus: focusAtEnd,
    blur,
    fill: (element, then) => fill(element, then.value),
    select: (element, then) => choose(element, then.choose),
    scroll: (element, then) => scroll(element, then.to),
  };
  // These mean the control also when the locator finds its label.
  const OF_CONTROLS = new Set(['focus', 'blur', 'type', 'fill', 'select']);

  // A new act ends one that is still waiting: its asker has given up, and it must not act later.
  let currentAct = null;

  function act(call) {
    const me = {};
    currentAct = me;
    const needs = new Set(call.needs || []);
    const then = call.then || { do: 'nothing' };
    const at = call.at || null;
    const steadiness = {};
    const scrolling = {};
    return wait(call.wait_ms, () => {
      if (currentAct !== me) return { failure: reason('invalid', 'was superseded by another act', { at_once: true }) };
      const { element: found, failure } = one(call.query);
      if (failure) return { failure };
      const element = OF_CONTROLS.has(then.do) ? controlOf(found) : found;
      const unready = whyUnready(element, { needs, at, steadiness, scrolling });
      if (unready) return { failure: unready, element, at };
      const done = ACTS[then.do](element, then, call.query, at);
      return done.code ? { failure: done, element, at } : { element, at, value: done.value };
    }, UNSUITABLE_WAIT);
  }

  function whyUnready(element, { needs, at, steadiness, scrolling }) {
    if (needs.has('visible')) {
      const hidden = whyHidden(element);
      if (hidden) return reason('hidden', hidden);
    }
    if (needs.has('enabled')) {
      const disabled = whyDisabled(controlOf(element));
      if (disabled) return reason('disabled', disabled);
    }
    if (needs.has('editable')) {
      const fixed = whyNotEditable(controlOf(element));
      if (fixed) return fixed;
    }
    if (needs.has('hit')) {
      // Scrolling comes before the boxes are compared: it moves them.
      const missed = whyMissedAfterScrolling(element, at, scrolling);
      if (missed) return missed;
    }
    if (needs.has('stable') && !isSteady(element, steadiness)) {
      return reason('moving', 'is moving', { frame: true, quiet: !steadiness.moved });
    }
    return null;
  }

  function check(call) {
    return wait(call.wait_ms, () => {
      const trace = { query: call.query };
      const found = resolve(call.query, document, trace);
      const failure = judge(found, call.matchers, trace);
      // Conditions take what there is: nobody wants to know what is near.
      if (failure && !found.length && !call.matchers.any) failure.lost = trace;
      return { failure, element: found.length === 1 ? found[0] : null, found: found.length > 0 };
    });
  }

  const READINGS = {
    text: (element) => ({ value: textOf(element) }),
    value: (element) => {
      const value = valueOf(element);
      return value === null ? unsuitable(`is ${quote(describe(element))}, which has no value`) : { value };
    },
    checked: (element) => {
      const value = checkedOf(controlOf(element));
      return value === null ? unsuitable(`is ${quote(describe(element))}, which cannot be checked`) : { value };
    },
  };

  function read(call) {
    return wait(call.wait_ms, () => {
      const { take: what } = call;
      if (what === 'count' || what === 'texts') {
        const found = resolve(call.query);
        return { value: what === 'count' ? found.length : found.map(textOf) };
      }
      const { element, failure } = one(call.query);
      if (failure) return { failure };
      if (what.attribute !== undefined) return { element, value: attribute(element, what.attribute) };
      const taken = READINGS[what](element);
      return taken.code ? { failure: taken, element } : { element, value: taken.value };
    }, UNSUITABLE_WAIT);
  }

  // ---- the document itself -----------------------------------------------------------------------------------------

  let isContentLoaded = false;
  if (readyState(document) === 'loading') listen(document, 'DOMContentLoaded', () => { isContentLoaded = true; }, { once: true });
  const QUIET = 500; // ms without a new resource

  const navigationTiming = () => performance.getEntriesByType('navigation')[0];

  // `complete` comes just before the load event; its listeners have run once the timing says so.
  function hasLoaded() {
    if (readyState(document) !== 'complete') return false;
    const timing = navigationTiming();
    return !timing || timing.loadEventEnd > 0 || clock() - completeSince() > 100;
  }
  let complete = null;
  const completeSince = () => (complete ??= clock());

  function hasContentLoaded() {
    const state = readyState(document);
    if (state !== 'interactive') return state === 'complete';
    const timing = navigationTiming();
    return isContentLoaded || Boolean(timing && timing.domContentLoadedEventEnd > 0);
  }

  // When the last resource came. The browser's list of them is cut at some length; an observer is not.
  let lastResource = 0;
  let resources = null;
  function quietFor() {
    if (!resources) {
      resources = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) lastResource = Math.max(lastResource, entry.responseEnd);
      });
      resources.observe({ type: 'resource', buffered: true });
      for (const entry of performance.getEntriesByType('resource')) lastResource = Math.max(lastResource, entry.responseEnd);
      const timing = navigationTiming();
      if (timing) lastResource = Math.max(lastResource, timing.loadEventEnd);
    }
    return clock() - lastResource;
  }

  function whyLoading(ready) {
    const state = readyState(document);
    if (ready === 'dom' && !hasContentLoaded()) return mismatch(`is loading (\`${state}\`)`, 'the DOM is ready', state);
    if ((ready === 'load' || ready === 'idle') && !hasLoaded()) return mismatch(`is loading (\`${state}\`)`, 'loaded', state);
    if (ready === 'idle' && quietFor() < QUIET) return mismatch('is still loading resources', 'no new resource for 500 ms', 'new resources');
    return null;
  }

  function whyWrongUrl(test) {
    const url = location.href;
    // `not` must fail when either form is the forbidden one.
    const holds = (inner) => (inner.not ? !holds(inner.not) : passes(inner, url) || passes(inner, url.replace(/#.*$/, '')));
    return holds(test) ? null : mismatch(`has the URL ${quote(url)}`, inWords(test), url);
  }

  function documentIs(call) {
    return wait(call.wait_ms, () => {
      const title = normal(documentTitle(document));
      const failure = (call.ready && whyLoading(call.ready)) || (call.url && whyWrongUrl(call.url))
        || (call.title && textReason(call.title, title, 'the title', normal)) || null;
      const timing = navigationTiming();
      // 0 where the document did not come over HTTP, or the browser does not tell.
      const status = (timing && timing.responseStatus) || null;
      return { failure, value: { url: location.href, title, ready_state: readyState(document), status } };
    });
  }

  // ---- the way in --------------------------------------------------------------------------------------------------

  const CALLS = { act, check, read, document: documentIs, landed };

  // Answers an envelope whatever happens.
  async function answer(call) {
    isAsked = true;
    try {
      if (!CALLS[call.op]) throw new Invalid(`no call is named ${quote(call.op)}`);
      return await CALLS[call.op](call);
    } catch (error) {
      const isInvalid = error instanceof Invalid;
      const message = isInvalid ? error.message : `the engine failed: ${error && error.stack ? cut(error.stack) : error}`;
      return finish({ failure: reason('invalid', message) }, []);
    }
  }

  // For drivers: the element that a token names, or null.
  answer.element = (token) => kept.get(token) || null;
  // The same as the call `landed`, for who cannot know the token yet.
  answer.came = outcome;
  Object.defineProperty(document, KEY, { value: answer });
  return answer;
})()
