// Who held which slot, and when: one row for each slot, one bar for each attempt, on a canvas, so that ten thousand are no
// trouble. Bars are drawn when they change; what is chosen lies on a second canvas above them.
'use strict';

function timeline(room, { open, title }) {
  const GUTTER = 30;
  const AXIS = 18;
  const HINT = 'Point at a bar, or choose one by the arrow keys; a click or Enter opens its case.';
  // What should be seen is painted last: where there are many, bars lie on each other.
  const LAYERS = ['passed', 'skipped', 'interrupted', 'running', 'errored', 'failed'];
  const plot = make('div', { class: 'plot' });
  const below = make('canvas');
  const above = make('canvas', { class: 'above' });
  const told = make('p', { class: 'told', id: 'timeline-told', textContent: HINT });
  let bars = [];
  let rows = [];
  let end = 1;
  let step = 17;
  let chosen = null;
  let size = { width: 0, height: 0 };
  below.tabIndex = 0;
  below.setAttribute('role', 'application');
  below.setAttribute('aria-describedby', 'timeline-told');
  plot.append(below, above);
  room.replaceChildren(told, plot);

  const left = (at) => GUTTER + (at / end) * (size.width - GUTTER - 1);
  const rowOf = (bar) => rows.findIndex((row) => row.slot === bar[0]);

  // Bars are lists: slot, beginning, length, job, attempt, verdict.
  function show(all, now) {
    bars = all;
    // What ran has another bar now.
    if (chosen) chosen = all.find((bar) => bar[3] === chosen[3] && bar[4] === chosen[4]) || null;
    end = Math.max(1, now, all.reduce((most, [, from, took]) => Math.max(most, from + took), 0));
    const slots = new Map();
    for (const bar of all) {
      if (!slots.has(bar[0])) slots.set(bar[0], []);
      slots.get(bar[0]).push(bar);
    }
    rows = [...slots].sort((a, b) => a[0] - b[0]).map(([slot, own]) => ({ slot, bars: own.sort((a, b) => a[1] - b[1]) }));
    step = Math.max(4, Math.min(17, Math.floor(480 / Math.max(1, rows.length))));
    below.setAttribute('aria-label', `Timeline of ${rows.length} slots with ${bars.length} attempts`);
    draw();
  }

  function fit(canvas) {
    const scale = window.devicePixelRatio || 1;
    canvas.style.setProperty('width', `${size.width}px`);
    canvas.style.setProperty('height', `${size.height}px`);
    canvas.width = size.width * scale;
    canvas.height = size.height * scale;
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    pen.font = '11px system-ui';
    return pen;
  }

  function draw() {
    size = { width: Math.max(160, room.clientWidth), height: rows.length * step + AXIS };
    const pen = fit(below);
    const tall = step - (step > 8 ? 3 : 1);
    for (const layer of LAYERS) {
      pen.fillStyle = colour(layer);
      rows.forEach((row, at) => {
        for (const [, from, took, , , verdict] of row.bars) {
          if (verdict !== layer) continue;
          const x = left(from);
          pen.fillRect(x, at * step, Math.max(1, left(from + took) - x - 0.5), tall);
        }
      });
    }
    pen.fillStyle = colour('soft');
    pen.textAlign = 'right';
    const every = Math.ceil(14 / step);
    rows.forEach((row, at) => { if (at % every === 0) pen.fillText(String(row.slot), GUTTER - 6, at * step + 10); });
    const marks = size.width < 500 ? 2 : 4;
    for (let at = 0; at <= marks; at += 1) {
      pen.textAlign = at === 0 ? 'left' : at === marks ? 'right' : 'center';
      pen.fillText(time((end * at) / marks), left((end * at) / marks), size.height - 4);
    }
    mark();
  }

  function mark() {
    const pen = fit(above);
    if (chosen === null) return;
    const [, from, took] = chosen;
    const x = left(from);
    pen.strokeStyle = colour('text');
    pen.lineWidth = 2;
    pen.strokeRect(x, rowOf(chosen) * step, Math.max(3, left(from + took) - x), step - (step > 8 ? 3 : 1));
  }

  function describe([slot, from, took, job, attempt, verdict]) {
    return `${words(verdict)} · slot ${slot} · ${time(took)} from ${time(from)}${attempt > 1 ? ` · attempt ${attempt}` : ''} · ${title(job)}`;
  }

  function pick(bar) {
    chosen = bar;
    told.textContent = bar ? visible(describe(bar)) : HINT;
    told.title = told.textContent;
    told.classList.toggle('chosen', bar !== null);
    mark();
  }

  // The bar of a row at a moment, or the one that begins before it.
  function near(row, at) {
    let [low, high] = [0, row.bars.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (row.bars[middle][1] <= at) low = middle + 1; else high = middle;
    }
    return Math.max(0, low - 1);
  }

  function under(event) {
    const place = below.getBoundingClientRect();
    const row = rows[Math.floor((event.clientY - place.top) / step)];
    if (!row) return null;
    const at = ((event.clientX - place.left - GUTTER) / Math.max(1, size.width - GUTTER - 1)) * end;
    // Some are less than a pixel wide.
    const close = (3 / size.width) * end;
    const bar = row.bars[near(row, at + close)];
    return at >= bar[1] - close && at <= bar[1] + bar[2] + close ? bar : null;
  }

  function go(key) {
    if (!rows.length) return;
    const row = chosen === null ? -1 : rowOf(chosen);
    if (row < 0) { pick(rows[0].bars[0]); return; }
    const own = rows[row].bars;
    const at = own.indexOf(chosen);
    const other = (by) => {
      const next = rows[Math.min(rows.length - 1, Math.max(0, row + by))];
      return next.bars[near(next, chosen[1])];
    };
    const to = {
      ArrowRight: () => own[Math.min(own.length - 1, at + 1)], ArrowLeft: () => own[Math.max(0, at - 1)],
      ArrowDown: () => other(1), ArrowUp: () => other(-1), Home: () => own[0], End: () => own[own.length - 1],
    };
    pick(to[key]());
  }

  // What keys choose is read aloud, what the pointer passes is not.
  below.addEventListener('focus', () => told.setAttribute('aria-live', 'polite'));
  below.addEventListener('blur', () => told.removeAttribute('aria-live'));
  below.addEventListener('mousemove', (event) => { const bar = under(event); if (bar !== chosen) pick(bar); });
  below.addEventListener('mouseleave', () => { if (document.activeElement !== below) pick(null); });
  below.addEventListener('click', (event) => { const bar = under(event); if (bar) { pick(bar); open(bar[3]); } });
  below.addEventListener('keydown', (event) => {
    if (['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) {
      event.preventDefault();
      go(event.key);
    }
    if (event.key === 'Enter' && chosen !== null) { event.preventDefault(); open(chosen[3]); }
  });
  new ResizeObserver(() => { if (bars.length && room.clientWidth !== size.width) draw(); }).observe(room);
  return { show, draw };
}
