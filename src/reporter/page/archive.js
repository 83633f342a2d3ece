// The overview of past batches: asks the API for what the view needs, and shows it. What comes from the record is only
// ever set as text. The address holds the view behind the token: `#TOKEN/flaky`, `#TOKEN/case/ID`.
'use strict';

const [token] = location.hash.slice(1).split("/");
const VIEWS = ['batches', 'cases', 'flaky', 'slow', 'compare', 'case'];
const MARKS = { passed: '·', flaky: 'f', failed: 'F', errored: 'E', skipped: 's', interrupted: 'i', not_run: '-' };
const GROUPS = {
  newly_failing: 'Newly failing', new_failing: 'New and failing', newly_flaky: 'Newly flaky', still_failing: 'Still failing', fixed: 'Fixed', slower: 'Slower', faster: 'Faster',
  new: 'New', gone: 'Not in the newer one',
};
const MOST = 500;
let known = null;
let listed = [];
// The last thing that was asked for: an older answer that comes later is not shown.
let asked = 0;

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error || `status ${answer.status}`);
  return found;
}

const percent = (rate) => `${(100 * rate).toFixed(1)} %`;
// What is not known is left blank.
// How much longer a case takes than before, in percent; null where that is no change.
const changeOf = (it) => (it.changed ? Math.round(100 * (it.pace.change.now_ms / Math.max(1, it.pace.change.before_ms) - 1)) : null);
const shift = (it) => `${lasted(it.before_ms)} → ${lasted(it.now_ms)}`;
const signed = (share) => `${share > 0 ? '+' : ''}${share} %`;
const counted = (number, one) => `${number} ${one}${number === 1 ? '' : 's'}`;
const lasted = (ms) => (ms === null || ms === undefined ? '' : brief(ms));
const when = (at) => (at ? moment(at) : '');
const took = (batch) => batch.duration_ms;
const batchLink = (id, label) => make('a', { href: `/batch?id=${encodeURIComponent(id)}#${token}`, textContent: label || id });
const runLink = (run) => make('a', { href: `/batch?id=${encodeURIComponent(run.batch_id)}&job=${run.job}#${token}`, textContent: run.batch_id });
const caseLink = (id, label) => make('a', { href: `#${token}/case/${encodeURIComponent(id)}`, textContent: label || id });
// A case of a list, with its browser where there are several in it.
function named(all) {
  const several = new Set(all.map((it) => it.browser)).size > 1;
  return (it) => caseLink(it.case_id, several ? `${it.case_id} @${it.browser}` : it.case_id);
}

// Rows of cells: a text, a number in { number }, or an element.
function table(id, headings, rows, none) {
  const cell = (tag) => (it) => {
    if (it instanceof Node) return make(tag, { class: 'long' }, it);
    if (it && typeof it === 'object') return make(tag, { class: `number ${it.class || ''}`, textContent: it.number });
    return make(tag, { textContent: it === null || it === undefined ? '' : it });
  };
  const lines = rows.map((row) => make('tr', {}, ...row.map(cell('td'))));
  if (!rows.length) lines.push(make('tr', {}, make('td', { colSpan: headings.length, textContent: none })));
  element(id).replaceChildren(
    make('thead', {}, make('tr', {}, ...headings.map(cell('th')))),
    make('tbody', {}, ...lines));
}

// One bar for each, the oldest on the left.
function bars(id, items, value, describe) {
  const most = Math.max(1, ...items.map((it) => value(it) || 0));
  element(id).replaceChildren(...items.map((it) => {
    const bar = make('a', { href: it.href, title: describe(it), class: it.class ? `fill-${it.class}` : '' });
    bar.setAttribute('aria-label', describe(it));
    // What took no time that counts has a foot to be seen by.
    bar.style.setProperty('height', value(it) ? `${Math.max(2, (100 * value(it)) / most)}%` : it.class ? '4px' : '0');
    return bar;
  }));
}

async function batches() {
  if (!known) known = (await ask('/api/batches')).batches;
  return known;
}

// Each view asks for what it shows, and answers how to show it.
const show = {
  async batches() {
    const all = await batches();
    const bad = (it) => it.failed + it.errored;
    const items = [...all].reverse().map((it) => ({ ...it, href: `/batch?id=${encodeURIComponent(it.id)}#${token}` }));
    const number = (value, name) => ({ number: value ? String(value) : '', class: value && name ? name : '' });
    return () => {
      bars('trend-bad', items.map((it) => ({ ...it, class: bad(it) ? 'failed' : '' })), bad, (it) => `${it.id}: ${bad(it)} failed or errored`);
      bars('trend-time', items, took, (it) => `${it.id}: ${lasted(took(it))}`);
      table('batch-table',
        ['Batch', 'Started', { number: 'Took' }, { number: 'Cases' }, { number: 'Passed' }, { number: 'Flaky' }, { number: 'Failed' }, { number: 'Errored' }, { number: 'Skipped or not run' }, 'Status', 'Machine'],
        all.map((it) => [make('span', {}, batchLink(it.id), make('span', { class: 'state', textContent: it.status === 'finished' ? '' : ` ${it.status.replace('_', ' ')}` })), when(it.started_at), { number: lasted(took(it)) }, number(it.total), number(it.passed),
          number(it.flaky, 'flaky'), number(it.failed, 'failed'), number(it.errored, 'errored'), number(it.skipped + it.interrupted + it.not_run), it.status.replace('_', ' '), it.host]),
        'nothing has run yet');
    };
  },

  async cases() {
    listed = (await ask('/api/cases')).cases;
    return drawCases;
  },

  async flaky() {
    const found = (await ask('/api/cases')).cases.filter((it) => it.flakiness && it.flakiness.flaky.times + it.flakiness.under_load.times > 0);
    found.sort((a, b) => b.flakiness.flaky.low - a.flakiness.flaky.low);
    const link = named(found);
    return () => table('flaky-table', ['Case', 'Last runs', { number: 'Flaky' }, { number: '95 % sure' }, { number: 'Runs' }, { number: 'Under load' }, { number: 'Errored' }],
      found.map((one) => [one, one.flakiness]).map(([one, it]) => [link(one), strip(one.verdicts),
        { number: it.flaky.of ? percent(it.flaky.rate) : '–' }, { number: `${percent(it.flaky.low)} – ${percent(it.flaky.high)}` },
        { number: `${it.flaky.times} of ${it.flaky.of}` }, { number: it.under_load.of ? `${it.under_load.times} of ${it.under_load.of}` : '' }, { number: it.errored || '' }]),
      'no case was flaky');
  },

  async slow() {
    const found = (await ask('/api/cases')).cases.filter((it) => it.pace);
    // What takes longer than it used to stands where it belongs by now.
    const now = (it) => (it.changed ? it.pace.change.now_ms : it.pace.median_ms);
    found.sort((a, b) => now(b) - now(a));
    const link = named(found);
    return () => table('slow-table', ['Case', { number: 'Median' }, { number: '95 % within' }, { number: 'Runs' }, { number: 'Change' }],
      found.slice(0, 200).map((it) => [link(it), { number: lasted(it.pace.median_ms) }, { number: lasted(it.pace.p95_ms) }, { number: it.pace.runs }, change(it)]),
      'no case has passed yet');
  },

  async compare(rest) {
    const all = await batches();
    const [before, after] = [element('before'), element('after')];
    if (!all.length) return () => text('sum', 'Nothing has run yet.');
    const [from, to] = rest.split('/').map(decodeURIComponent);
    const pair = new URLSearchParams({ after: to || all[0].id, ...(from && { before: from }) });
    const found = await ask(`/api/compare?${pair}`);
    return () => {
      for (const [select, chosen] of [[before, found.before], [after, found.after]]) {
        const those = all.some((it) => it.id === chosen) ? all : [{ id: chosen, total: null, started_at: '' }, ...all];
        select.replaceChildren(...those.map((it) => make('option', { value: it.id, selected: it.id === chosen, textContent: [when(it.started_at), it.id, it.total === null ? '' : `(${counted(it.total, 'case')})`].filter(Boolean).join(' ') })));
        select.value = chosen;
      }
      text('ran-on', `${ran(found.slots.before)} before, ${ran(found.slots.after)} after`);
      const parts = [];
      const sums = [];
      for (const [key, heading] of Object.entries(GROUPS)) {
        const own = found.differences[key] || [];
        if (!own.length) continue;
        const link = named(own);
        sums.push(`${own.length} ${heading.toLowerCase()}`);
        parts.push(make('h3', { textContent: `${heading} (${own.length})` }));
        parts.push(make('ul', {}, ...own.slice(0, 100).map((it) => make('li', {}, link(it), detail(it)))));
        if (own.length > 100) parts.push(make('p', { class: 'what', textContent: `… and ${own.length - 100} more` }));
      }
      text('sum', sums.length ? sums.join(', ') : !from && found.before === found.after ? 'There is no batch before this one.' : 'Nothing is different.');
      element('differences').replaceChildren(...parts);
    };
  },

  async case(rest) {
    const found = await ask(`/api/cases/runs?id=${encodeURIComponent(decodeURIComponent(rest))}`);
    return () => {
      text('case-title', found.case_id);
      element('case-figures').replaceChildren(...found.figures.map(figures));
      const items = [...found.runs].reverse().map((it) => ({ ...it, class: it.verdict, href: runLink(it).href }));
      bars('trend-case', items, (it) => it.passed_ms, (it) => `${when(it.started_at)}: ${it.verdict || 'no verdict'}${it.passed_ms ? `, ${lasted(it.passed_ms)}` : ''}`);
      table('case-table', ['Verdict', { number: 'Passing' }, { number: 'Took' }, { number: 'Attempts' }, 'Started', 'Batch', 'Message'],
        found.runs.map((it) => [make('span', { class: it.verdict || '', textContent: (it.verdict || '').replace('_', ' ') }),
          { number: lasted(it.passed_ms) }, { number: lasted(it.duration_ms) },
          { number: it.attempts }, when(it.started_at), runLink(it), make('span', { textContent: it.message || '' })]),
        'it has never run');
    };
  },
};

function drawCases() {
  const sought = element('find').value.toLowerCase().split(/\s+/).filter(Boolean);
  const those = listed.filter((it) => sought.every((word) => it.case_id.toLowerCase().includes(word)));
  const link = named(listed);
  const ids = new Set(those.map((it) => it.case_id)).size;
  text('found', those.length > MOST ? `the first ${MOST} of ${counted(ids, 'case')}` : counted(ids, 'case'));
  table('cases-table', ['Case', 'Last runs', { number: 'Median' }, { number: 'Change' }, { number: 'Flaky' }],
    those.slice(0, MOST).map((it) => [link(it), strip(it.verdicts), { number: it.pace ? lasted(it.pace.median_ms) : '' }, change(it),
      { number: it.flakiness && it.flakiness.flaky.times ? percent(it.flakiness.flaky.rate) : '' }]),
    listed.length ? 'no case has this in its id' : 'nothing has run yet');
}

/** On how many slots a batch ran. */
function ran({ least, most }) {
  return (least < most ? `${least} to ` : '') + counted(most, 'slot');
}

function figures(it) {
  const parts = [it.browser];
  if (it.pace) parts.push(`median ${lasted(it.pace.median_ms)}`, `95 % within ${lasted(it.pace.p95_ms)}`);
  if (changeOf(it) !== null) parts.push(`lately ${shift(it.pace.change)} (${signed(changeOf(it))})`);
  if (it.flakiness) {
    const { flaky, under_load: loaded } = it.flakiness;
    const rate = flaky.of ? `${percent(flaky.rate)} (${percent(flaky.low)} – ${percent(flaky.high)}), ` : '';
    parts.push(`flaky ${rate}${flaky.times} of ${flaky.of} runs` + (loaded.of ? `; under load ${loaded.times} of ${loaded.of}` : ''));
  }
  return make('p', { class: 'what', textContent: parts.join(' · ') });
}

function change(it) {
  const share = changeOf(it);
  return share === null ? '' : { number: `${shift(it.pace.change)} (${signed(share)})`, class: share > 0 ? 'failed' : 'passed' };
}

function detail(it) {
  const apart = it.quarantined ? ' (in quarantine)' : '';
  if (it.time) return `${apart}: ${shift(it.time)}`;
  return it.message ? `${apart}: ${it.message}` : apart;
}

function strip(verdicts) {
  return make('span', { class: 'strip' }, ...[...verdicts].reverse().map((it) =>
    make('span', { class: it, textContent: MARKS[it] || '?', title: it })));
}

async function open(view, rest) {
  for (const name of VIEWS) {
    element(name).hidden = name !== view;
    element(`tab-${name}`).setAttribute('aria-selected', String(name === view));
    element(`tab-${name}`).tabIndex = name === view ? 0 : -1;
  }
  element('tab-case').hidden = view !== 'case';
  element('trouble').hidden = true;
  asked += 1;
  const mine = asked;
  try {
    const draw = await show[view](rest);
    if (mine === asked) draw();
  } catch (error) {
    if (mine !== asked) return;
    element('trouble').textContent = `This cannot be shown: ${error.message}`;
    element('trouble').hidden = false;
  }
}

function follow() {
  const [, view, ...rest] = location.hash.slice(1).split('/');
  open(VIEWS.includes(view) ? view : 'batches', rest.join('/'));
}

element('views').addEventListener('click', (event) => {
  const tab = event.target.closest('[role=tab]');
  if (tab && tab.id !== 'tab-case') location.hash = `${token}/${tab.id.slice(4)}`;
});
element('views').addEventListener('keydown', (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tabs = [...element('views').querySelectorAll('[role=tab]:not([hidden])')];
  const at = tabs.indexOf(document.activeElement);
  if (!by || at < 0) return;
  tabs[(at + by + tabs.length) % tabs.length].focus();
  tabs[(at + by + tabs.length) % tabs.length].click();
});
element('pair').addEventListener('change', () => {
  location.hash = [token, 'compare', element('before').value, element('after').value].map(encodeURIComponent).join('/');
});
element('find').addEventListener('input', drawCases);
window.addEventListener('hashchange', follow);
follow();
