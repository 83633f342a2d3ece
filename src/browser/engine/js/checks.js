
  // ---- what must hold of an element --------------------------------------------------------------------------------

  // A reason why something is not (yet) so, see `NotReady` in mod.rs.
  const reason = (code, message, more) => ({ code, message, ...more });

  const hasArea = (rect) => rect.width > 0 && rect.height > 0;

  // The box of an element that can be seen, in the viewport of its document; null without one. An element without an
  // area of its own (`display: contents`, a wrapper of positioned children) has that of the first child that has one.
  function boxOf(element) {
    const style = styleOf(element);
    if (style.display !== 'contents') {
      if (element.checkVisibility && !element.checkVisibility()) return null;
      const rect = boundingRect(element);
      if (hasArea(rect)) return style.visibility === 'visible' ? rect : null;
      if (style.display === 'none' || style.overflowX !== 'visible' || style.overflowY !== 'visible') return null;
    } else if (!isRendered(element)) return null;
    let box = null;
    eachInside(element, (node) => {
      if (box) return;
      const type = nodeType(node);
      if (type === 1) box = boxOf(node);
      else if (type === 3 && style.visibility === 'visible' && normal(dataOf(node))) {
        const range = createRange(document);
        range.selectNode(node);
        const rect = range.getBoundingClientRect();
        if (hasArea(rect)) box = rect;
      }
    });
    return box;
  }

  // Says why an element cannot be seen; null when it can.
  function whyHidden(element) {
    const tag = localName(element);
    if ((tag === 'option' || tag === 'optgroup') && isHtml(element)) {
      const list = closest(element, 'select');
      if (list) {
        if (styleOf(element).display === 'none') return 'is hidden (`display: none`)';
        return whyHidden(list) && `is hidden with its select, which ${whyHidden(list)}`;
      }
    }
    if (boxOf(element)) return null;
    if (!isRendered(element)) {
      for (let at = element; at; at = around(at)) {
        if (styleOf(at).display === 'none' && (!around(at) || isRendered(around(at)))) {
          return at === element ? 'is hidden (`display: none`)' : `is hidden by ${quote(describe(at))} (\`display: none\`)`;
        }
      }
      return 'is hidden (not rendered)';
    }
    const visibility = styleOf(element).visibility;
    if (visibility !== 'visible') return `is hidden (\`visibility: ${visibility}\`)`;
    return 'is hidden (it has no size)';
  }

  // Inputs that take no text. `Fill` says what to do with them instead.
  const WRITABLE = 'input,textarea,[contenteditable]:not([contenteditable=false])';

  function whyNotEditable(element) {
    const disabled = whyDisabled(element);
    if (disabled) return reason('disabled', disabled);
    if (localName(element) === 'select') return null;
    if (!matches(element, WRITABLE) && !(isHtml(element) && isContentEditable(element))) {
      return reason('unsuitable', `is ${quote(describe(element))}, which cannot be written to: an input, textarea or contenteditable is needed`);
    }
    if (matches(element, 'input,textarea') && element.readOnly) return reason('readonly', 'is readonly');
    if (attribute(element, 'aria-readonly') === 'true') return reason('readonly', 'is readonly (`aria-readonly`)');
    return null;
  }

  // ---- where to press ----------------------------------------------------------------------------------------------

  // The point to press, in the viewport of the element's document: `at` from its corner, else its middle. A link
  // broken over two lines has its middle outside of itself, so its first line's is taken.
  function aim(element, at) {
    const box = boxOf(element);
    if (!box) return null;
    if (at) return [box.x + at[0], box.y + at[1]];
    const lines = clientRects(element);
    let rect = box;
    if (lines.length > 1) for (let i = lines.length - 1; i >= 0; i--) if (lines[i].width > 1 && lines[i].height > 1) rect = lines[i];
    return [rect.x + rect.width / 2, rect.y + rect.height / 2];
  }

  // The innermost element under a point, through open shadow roots.
  function under(root, x, y) {
    let found = elementFromPoint(root, x, y);
    for (;;) {
      const shadow = found && shadowOf(found);
      const inner = shadow && shadow.elementFromPoint(x, y);
      if (!inner || inner === found || rootOf(inner) !== shadow) return found;
      found = inner;
    }
  }

  // The frames around this document, innermost first, as far as scripts may see: `[{ frame, document, x, y }]`, x and
  // y being where the frame's content lies in its document's viewport. `foreign`: more frames lie beyond.
  function outerFrames() {
    const frames = [];
    let foreign = false;
    for (let view = window; view !== view.parent; view = view.parent) {
      let frame = null;
      try {
        frame = view.frameElement;
      } catch {
        // Another origin: as good as null.
      }
      if (!frame) {
        foreign = true;
        break;
      }
      const rect = boundingRect(frame);
      const style = frame.ownerDocument.defaultView.getComputedStyle(frame);
      frames.push({
        frame,
        document: frame.ownerDocument,
        x: rect.x + clientLeft(frame) + parseFloat(style.paddingLeft || 0),
        y: rect.y + clientTop(frame) + parseFloat(style.paddingTop || 0),
      });
    }
    return { frames, foreign };
  }

  function isInView(view, x, y) {
    return x >= 0 && y >= 0 && x < view.innerWidth && y < view.innerHeight;
  }

  // Says why the pointer at the point would not reach the element as things stand; null when it would.
  function whyMissed(element, at) {
    const point = aim(element, at);
    if (!point) return reason('hidden', whyHidden(element) || 'is hidden (it has no size)');
    let [x, y] = point;
    if (!isInView(window, x, y)) return reason('outside', 'lies outside of the viewport');
    const hit = under(document, x, y);
    if (!hit) return reason('outside', 'cannot be reached by the pointer');
    if (!belongsTo(hit, element)) return coveredBy(hit, element);
    for (const outer of outerFrames().frames) {
      x += outer.x;
      y += outer.y;
      if (!isInView(outer.document.defaultView, x, y)) return reason('outside', 'lies outside of the viewport, with its frame');
      const above = under(outer.document, x, y);
      if (above !== outer.frame) return reason('covered', `is in a frame that is covered by ${quote(above ? describe(above) : 'nothing')} there`);
    }
    return null;
  }

  function coveredBy(hit, element) {
    if (styleOf(element).pointerEvents === 'none') return reason('covered', 'lets the pointer through (`pointer-events: none`)');
    for (let at = around(element); at; at = around(at)) {
      if (at === hit) return reason('covered', `is not where it is pressed: the pointer there reaches only ${quote(describe(hit))} around it`);
    }
    return reason('covered', `is covered by ${quote(describe(hit))}`);
  }

  const SCROLL_AGAIN = 250; // ms: a page must not be scrolled to and fro at each look

  // As `whyMissed`, but scrolls the element into view first, by turns to the middle and the edges, so that sticky parts
  // of the page can be avoided. `scrolling` remembers between looks what was tried.
  function whyMissedAfterScrolling(element, at, scrolling) {
    const missed = whyMissed(element, at);
    const now = clock();
    if (!missed || (scrolling.element === element && now - scrolling.at < SCROLL_AGAIN)) return missed;
    scrolling.element = element;
    scrolling.at = now;
    for (const place of ['center', 'end', 'start', 'nearest']) {
      scrollIntoView(element, { block: place, inline: place === 'nearest' ? place : 'center', behavior: 'instant' });
      if (!whyMissed(element, at)) return null;
    }
    const point = aim(element, at);
    if (point) {
      // An element larger than the viewport, pressed near its end.
      window.scrollBy({ left: point[0] - window.innerWidth / 2, top: point[1] - window.innerHeight / 2, behavior: 'instant' });
      if (!whyMissed(element, at)) return null;
    }
    scrollIntoView(element, { block: 'center', inline: 'center', behavior: 'instant' });
    return whyMissed(element, at);
  }

  // Whether any part of an element lies in the viewport and is not cut off by something that scrolls.
  function isInViewport(element) {
    const box = boxOf(element);
    if (!box) return false;
    let { left, top, right, bottom } = box;
    const clip = (rect) => {
      left = Math.max(left, rect.left);
      top = Math.max(top, rect.top);
      right = Math.min(right, rect.right);
      bottom = Math.min(bottom, rect.bottom);
    };
    clip({ left: 0, top: 0, right: window.innerWidth, bottom: window.innerHeight });
    for (let at = styleOf(element).position === 'fixed' ? null : around(element); at; at = around(at)) {
      const style = styleOf(at);
      if (at === documentElement(document) || localName(at) === 'body') break;
      if (style.overflowX !== 'visible' || style.overflowY !== 'visible') clip(boundingRect(at));
      if (style.position === 'fixed') break;
    }
    let [x, y] = [0, 0];
    for (const outer of outerFrames().frames) {
      x += outer.x;
      y += outer.y;
      const view = outer.document.defaultView;
      clip({ left: -x, top: -y, right: view.innerWidth - x, bottom: view.innerHeight - y });
    }
    return right > left && bottom > top;
  }

  // ---- stability ---------------------------------------------------------------------------------------------------

  // Whether the box stays the same from frame to frame. `track` is kept between looks. The look at once counts as the
  // first frame, so a resting page costs one frame only; while anything is animated, or once it has moved, two frames
  // more must agree, since an animation that was just started shows no movement in its first frame. The box decides, not the element: pages
  // that build an element anew at the same place each few milliseconds are stable, too.
  function isSteady(element, track) {
    const box = boxOf(element);
    const place = box && [box.x, box.y, box.width, box.height].join(' ');
    if (place !== track.place) {
      // A first measurement is no movement.
      track.moved = track.moved || track.place !== undefined;
      track.place = place;
      track.same = 0;
      return false;
    }
    track.same += 1;
    return track.same >= (track.moved || isAnimated() ? 2 : 1);
  }

  function isAnimated() {
    for (const animation of animationsOf(document)) {
      if (animation.playState === 'running' || animation.pending) return true;
    }
    return false;
  }
