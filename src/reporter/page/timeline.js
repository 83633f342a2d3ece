// Who held which slot, and when: one row for each slot, one bar for each attempt, on a canvas, so that ten thousand are no
// trouble. A bar opens its case; arrow keys go from one to the next.
'use strict';

function timeline(room, bars, { open, name, colour, time }) {
  const ROW_HEIGHT = 14;
  const GAP = 3;
  const AXIS = 18;
  const canvas = document.createElement('canvas');
  const told = document.createElement('p');
  const slots = [...new Set(bars.map(([slot]) => slot))].sort((a, b) => a - b);
  const rows = new Map(slots.map((slot, at) => [slot, at]));
  const end = Math.max(1, ...bars.map(([, from, took]) => from + took));
  const ordered = bars.map((_, at) => at).sort((a, b) => bars[a][1] - bars[b][1]);
  let chosen = null;
  told.className = 'told';
  told.setAttribute('aria-live', 'polite');
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Timeline of ${slots.length} slots with ${bars.length} attempts: arrow keys choose one, Enter opens it`);
  room.replaceChildren(canvas, told);

  const left = (at) => (at / end) * (canvas.clientWidth - 1);

  function describe(at) {
    const [slot, from, took, job, attempt, verdict] = bars[at];
    return `slot ${slot}: ${name(job)}${attempt > 1 ? `, attempt ${attempt}` : ''}, ${verdict.replace('_', ' ')}, ${time(took)} from ${time(from)}`;
  }

  function draw() {
    const width = Math.max(160, room.clientWidth);
    const height = slots.length * (ROW_HEIGHT + GAP) + AXIS;
    const scale = window.devicePixelRatio || 1;
    canvas.style.setProperty('width', `${width}px`);
    canvas.style.setProperty('height', `${height}px`);
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);
    pen.clearRect(0, 0, width, height);
    for (let at = 0; at < bars.length; at += 1) {
      const [slot, from, took, , , verdict] = bars[at];
      pen.fillStyle = colour(verdict);
      const x = left(from);
      pen.fillRect(x, rows.get(slot) * (ROW_HEIGHT + GAP), Math.max(1, left(from + took) - x - 0.5), ROW_HEIGHT);
    }
    if (chosen !== null) {
      const [slot, from, took] = bars[chosen];
      pen.strokeStyle = colour('text');
      pen.lineWidth = 2;
      pen.strokeRect(left(from), rows.get(slot) * (ROW_HEIGHT + GAP) + 1, Math.max(3, left(from + took) - left(from)), ROW_HEIGHT - 2);
    }
    pen.fillStyle = colour('soft');
    pen.font = '11px system-ui';
    for (let at = 0; at <= 4; at += 1) {
      pen.textAlign = ['left', 'center', 'center', 'center', 'right'][at];
      pen.fillText(time((end * at) / 4), ((width - 1) * at) / 4, height - 4);
    }
  }

  function choose(at) {
    chosen = at;
    told.textContent = at === null ? '' : describe(at);
    draw();
  }

  function under(event) {
    const place = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - place.top) / (ROW_HEIGHT + GAP));
    const at = ((event.clientX - place.left) / Math.max(1, place.width)) * end;
    const close = (3 / Math.max(1, place.width)) * end;
    let best = null;
    for (let number = 0; number < bars.length; number += 1) {
      const [slot, from, took] = bars[number];
      if (rows.get(slot) === row && at >= from - close && at <= from + took + close) best = number;
    }
    return best;
  }

  canvas.addEventListener('mousemove', (event) => { const at = under(event); if (at !== chosen) choose(at); });
  canvas.addEventListener('click', (event) => { const at = under(event); if (at !== null) open(bars[at][3]); });
  canvas.addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) {
      event.preventDefault();
      const at = chosen === null ? (by > 0 ? -1 : ordered.length) : ordered.indexOf(chosen);
      choose(ordered[Math.min(ordered.length - 1, Math.max(0, at + by))]);
    }
    if (event.key === 'Enter' && chosen !== null) open(bars[chosen][3]);
  });
  new ResizeObserver(draw).observe(room);
  return draw;
}
