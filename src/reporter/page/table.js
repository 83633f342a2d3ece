// The list of cases, what failed first: only the rows that can be seen are there.
'use strict';

const RANK = ['failed', 'errored', 'interrupted', 'flaky', 'running', 'queued', 'passed', 'skipped', 'not_run'];
const narrow = matchMedia('(max-width: 46rem)');
// Pixels, as in dashboard.css: on a narrow page the message has a line of its own.
const rowHeight = () => (narrow.matches ? 48 : 28);
let shown = [];
let selected = null;

function stateOf(it, busy) { return it.verdict || (busy.has(it.job) ? 'running' : 'queued'); }

function order() {
  const wanted = element('verdicts').value;
  const sought = element('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const busy = new Set([...running.values()].map((it) => it.job));
  const found = [];
  for (const it of cases.values()) {
    const state = stateOf(it, busy);
    if (wanted === 'bad' ? !isBad(it) : wanted === 'slow' ? !it.slow : wanted && wanted !== state) continue;
    if (sought.length) {
      it.hay = it.hay || `${titleOf(it.job)} ${it.tags.join(' ')} ${it.message || ''}`.toLowerCase();
      const says = words(state);
      if (!sought.every((word) => it.hay.includes(word) || state === word || says.split(' ').includes(word))) continue;
    }
    found.push([RANK.indexOf(state), it, state]);
  }
  found.sort((a, b) => a[0] - b[0] || a[1].job - b[1].job);
  shown = found;
  text('shown', found.length === cases.size ? `${cases.size} ${cases.size === 1 ? 'case' : 'cases'}` : `${found.length} of ${cases.size} cases`);
  element('rows').style.setProperty('height', `${found.length * rowHeight()}px`);
  // As high as all of them need, so that nothing jumps while a filter is typed.
  element('table').style.setProperty('height', `${cases.size * rowHeight() + 2}px`);
  element('none').hidden = found.length > 0 || !cases.size;
}

// A long name is cut in its middle: its end tells rows, runs and cases with a number apart.
function nameCell(job) {
  const title = titleOf(job);
  const own = /(\[[^\]]*\])?( @\S+)?( \(run \d+\))?$/.exec(title)[0].length;
  const cut = Math.max(0, title.length - Math.min(36, own + 18));
  return make('span', { class: 'name', title }, make('span', { class: 'start', textContent: title.slice(0, cut) }), make('span', { class: 'end', textContent: title.slice(cut) }));
}

function rowOf(it, state) {
  const label = it.slow && state === 'passed' ? 'slow' : state;
  const tries = it.attempts > 1 ? `${it.attempts} attempts` : '';
  const message = [it.quarantined && isBad(it) ? 'in quarantine' : '', tries, it.message || ''].filter(Boolean).join(' · ');
  return make('div', { class: 'row', role: 'option', id: `case-${it.job}`, 'aria-selected': String(it.job === selected) },
    make('span', { class: label, textContent: words(label) }),
    nameCell(it.job),
    make('span', { class: 'message', textContent: message, title: message }),
    make('span', { class: 'time', textContent: it.verdict ? time(it.duration_ms) : '' }));
}

function drawTable() {
  const table = element('table');
  const height = rowHeight();
  const from = Math.max(0, Math.floor(table.scrollTop / height) - 5);
  const to = Math.min(shown.length, Math.ceil((table.scrollTop + table.clientHeight) / height) + 5);
  const rows = [];
  for (let at = from; at < to; at += 1) {
    const [, it, state] = shown[at];
    const row = rowOf(it, state);
    row.style.setProperty('top', `${at * height}px`);
    row.dataset.job = it.job;
    row.setAttribute('aria-posinset', at + 1);
    row.setAttribute('aria-setsize', shown.length);
    rows.push(row);
  }
  element('rows').replaceChildren(...rows);
  const seen = selected !== null && element(`case-${selected}`);
  if (seen) table.setAttribute('aria-activedescendant', seen.id);
  else table.removeAttribute('aria-activedescendant');
}

function move(by) {
  if (!shown.length) return;
  const at = shown.findIndex(([, it]) => it.job === selected);
  const next = Math.min(shown.length - 1, Math.max(0, (at < 0 && by > 0 ? -1 : at) + by));
  selected = shown[next][1].job;
  const [table, height] = [element('table'), rowHeight()];
  if (next * height < table.scrollTop) table.scrollTop = next * height;
  else if ((next + 1) * height > table.scrollTop + table.clientHeight) table.scrollTop = (next + 1) * height - table.clientHeight;
  drawTable();
}

function refilter() {
  element('table').scrollTop = 0;
  order();
  drawTable();
}

element('filter').addEventListener('input', refilter);
// On from the filter to what it has found.
element('filter').addEventListener('keydown', (event) => {
  if (!['ArrowDown', 'Enter'].includes(event.key) || !shown.length) return;
  event.preventDefault();
  selected = shown[0][1].job;
  element('table').focus();
  drawTable();
  if (event.key === 'Enter') open(selected);
});
element('verdicts').addEventListener('change', refilter);
narrow.addEventListener('change', refilter);
element('table').addEventListener('scroll', drawTable, { passive: true });
// A row that is pressed stays where it is until it is let go: else the click would be lost.
let pressed = false;
element('table').addEventListener('pointerdown', () => { pressed = true; });
for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => { setTimeout(() => { pressed = false; }); });
element('table').addEventListener('click', (event) => {
  const row = event.target.closest('.row');
  if (!row) return;
  selected = Number(row.dataset.job);
  drawTable();
  open(selected);
});
element('table').addEventListener('keydown', (event) => {
  const page = Math.floor(element('table').clientHeight / rowHeight());
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
  if (by !== undefined) { event.preventDefault(); move(by); }
  // Otherwise the same key closes what it has opened.
  if (event.key === 'Enter' && selected !== null) { event.preventDefault(); open(selected); }
});
