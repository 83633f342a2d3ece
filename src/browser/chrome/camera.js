// In the isolated world of a page that is filmed: what has changed in it, and in which frames it draws that. A change tells
// the time of its frame when it happens; whoever asks later only learns of a later one.
globalThis.__batchrun_film = (() => {
  // Frames within a page are a part of its picture, but nobody asks them.
  if (window !== window.top) return null;

  const FRAMES = 100; // that are kept of those between two looks
  const FRAMELESS = 250; // ms: a page that nobody sees draws none

  let frames = [];
  let isPending = false;
  let isSeen = false;
  let hasMutated = true;
  let waiting = [];

  // `seen`: most probably it is something that can be seen.
  function changed(seen) {
    isSeen ||= seen;
    if (isPending) return;
    isPending = true;
    requestAnimationFrame((began) => {
      isPending = false;
      // The first one shows what the look before has found; of the others the newest matter.
      if (frames.length >= FRAMES) frames.splice(1, 1);
      frames.push([performance.timeOrigin + began, isSeen]);
      isSeen = false;
      for (const done of waiting.splice(0)) done();
    });
  }

  function news() {
    const paint = performance.getEntriesByType('paint')[0]?.startTime;
    return {
      document: performance.timeOrigin,
      painted: paint === undefined ? null : performance.timeOrigin + paint,
      frames: frames.splice(0),
      pending: isPending,
    };
  }

  const observer = new MutationObserver(() => {
    hasMutated = true;
    changed(true);
  });
  // A document is not drawn before its time because it is filmed. Most often all of it has been by then.
  function watch() {
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    changed(false);
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', watch, { once: true });
  else watch();
  // What changes how a page looks, or may, and is no mutation; `load` is that of pictures and styles, not of the document.
  const EVENTS = { input: true, load: true, scroll: true, focusin: false, focusout: false, keydown: false, mousedown: false,
    mouseover: false, mouseup: false };
  for (const [type, seen] of Object.entries(EVENTS)) {
    const happened = ({ target }) => changed(seen && !(type === 'load' && target === document));
    window.addEventListener(type, happened, { capture: true, passive: true });
  }

  return {
    // What is new since the last look. `due`: 1, something has changed, noticed or not; 2, and only the next frame is sure to
    // show it. The markup is there, up to a length, if it may have changed.
    look(due, most) {
      if (due === 2 || (due === 1 && frames.length === 0)) changed(false);
      if (most === 0 || !hasMutated) return { ...news(), markup: null };
      hasMutated = document.readyState === 'loading';
      // A document that has only begun is empty: what was there before it is not what the step left.
      return { ...news(), markup: document.documentElement?.outerHTML.slice(0, most) ?? '' };
    },
    // What is new once the page has begun to draw what has changed.
    async drawn() {
      if (isPending) {
        await new Promise((done) => {
          waiting.push(done);
          setTimeout(done, FRAMELESS);
        });
      }
      return news();
    },
  };
})();
