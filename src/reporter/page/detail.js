// One case, in full: why it did not pass, its steps, and what was kept of it.
'use strict';

let pictures = [];
let refreshed = 0;

// What a run's server has said of cases that have ended: when the run is over, it is gone.
const FORESEEN = 50;
const remembered = new Map();
const foreseen = new Set();
let foreseeing = false;

async function detailOf(job) {
  if (remembered.has(job)) return remembered.get(job);
  const found = await source.detail(job);
  if (source.isLive && found && found.verdict && remembered.size < 4 * FORESEEN) remembered.set(job, found);
  return found;
}

async function keptOf(job, number, kind) {
  const key = `${job}/${number}`;
  if (remembered.has(key)) return remembered.get(key);
  return source.kept(job, number, kind);
}

// Reads the first failures of a run as they happen, one after the other, each with the picture of its page.
async function foresee() {
  if (!source.isLive || foreseeing) return;
  foreseeing = true;
  // Others may have failed while one was read.
  for (let job = unforeseen(); job !== null; job = unforeseen()) {
    foreseen.add(job);
    try {
      const found = await detailOf(job);
      const kept = found ? found.attempts.flatMap((attempt) => attempt.evidence) : [];
      const number = kept.findLastIndex((it) => it.kind === 'screenshot' && it.path);
      if (number >= 0) remembered.set(`${job}/${number}`, { ...await source.kept(job, number, 'screenshot'), stays: true });
    } catch { /* What could not be read is in the record. */ }
  }
  foreseeing = false;
}

function unforeseen() {
  if (foreseen.size >= FORESEEN) return null;
  for (const it of cases.values()) if (isBad(it) && !foreseen.has(it.job)) return it.job;
  return null;
}

async function open(job) {
  opened = job;
  stale.detail = false;
  const dialog = element('detail');
  text('detail-title', titleOf(job));
  element('detail-body').replaceChildren(make('p', { textContent: 'Loading…' }));
  if (!dialog.open) dialog.showModal();
  element('detail-body').scrollTop = 0;
  source.address(job);
  await fill(job);
}

async function fill(job) {
  const body = element('detail-body');
  refreshed = performance.now();
  try {
    const found = await detailOf(job);
    if (opened !== job) return;
    body.replaceChildren(...(found ? caseInFull(job, found) : withoutDetails(job)));
    drawDetail();
  } catch (error) {
    if (opened !== job) return;
    body.replaceChildren(...(source.isLive && isOver() ? afterwards(job) : [make('p', { class: 'failed', textContent: `It cannot be shown: ${error.message}` })]));
  }
}

// Keeps up with a case that runs. What somebody may have opened in it is not torn away until it has ended.
function drawDetail() {
  if (opened === null) return;
  const live = element('detail-live');
  const slot = [...running.values()].find((it) => it.job === opened);
  if (live) live.textContent = slot ? `running for ${time(Math.max(0, now() - slot.started))}${slot.title ? `, step ${slot.step}/${slot.steps}: ${slot.title}` : ''}` : '';
  if (!stale.detail) return;
  const it = cases.get(opened);
  const isBusy = !(it && it.verdict);
  if (isBusy && (performance.now() - refreshed < 1000 || element('detail-body').querySelector('details'))) return;
  stale.detail = false;
  fill(opened);
}

// The server of a run ends with it.
function afterwards(job) {
  return [
    ...known(job),
    make('p', { textContent: 'The run is over, and this page has not read the rest of this case in time. The record has it:' }),
    command('', `batchrun show ${quoted(nameOf(job))} --batch ${batch.id}`),
    command('and so has', 'batchrun serve'),
  ];
}

// What the list says of a case.
function known(job) {
  const it = cases.get(job);
  const state = it && it.verdict ? words(it.verdict) : 'not ended';
  return [
    make('p', {}, make('strong', { class: (it && it.verdict) || '', textContent: state }), it && it.duration_ms ? ` · ${time(it.duration_ms)}` : ''),
    it && it.message ? make('p', { textContent: it.message }) : '',
  ];
}

function quoted(word) { return `'${word.replaceAll("'", "'\\''")}'`; }

function command(what, line) {
  return make('p', { class: 'soft' }, `${what} `, make('code', { textContent: line }));
}

// A large report has nothing more of what passed at once and in its usual time.
function withoutDetails(job) {
  return [
    ...known(job),
    make('p', { class: 'soft', textContent: 'In a report as large as this one only cases have their steps that did not pass at once or were slow. The record has them:' }),
    command('', `batchrun show ${quoted(nameOf(job))} --batch ${batch.id}`),
  ];
}

function caseInFull(job, found) {
  const facts = [...(found.verdict ? [time(found.duration_ms || 0)] : []), `${found.file}:${found.line}`, found.browser, ...found.tags];
  const about = cases.get(job) || {};
  if (found.quarantined) facts.push(about.quarantine ? `in quarantine: ${about.quarantine}` : 'in quarantine');
  if (found.started_at) facts.push(`started ${moment(found.started_at)}`);
  const parts = [make('p', {},
    make('strong', { class: found.verdict || '', textContent: found.verdict ? words(found.verdict) : 'not ended' }), ` · ${facts.join(' · ')}`)];
  if (!found.verdict) parts.push(make('p', { class: 'running', id: 'detail-live' }));
  // Where the id does not say it already.
  if (found.name && found.name !== found.case_id && !found.case_id.includes(`::${found.name}`)) parts.push(make('p', { textContent: found.name }));
  if (found.verdict === 'passed' && found.message) parts.push(make('p', { textContent: found.message }));
  let number = 0;
  const numbered = found.attempts.map((attempt) => ({ attempt, kept: attempt.evidence.map((it) => ({ ...it, number: number++ })) }));
  // The last attempt is the one to look at.
  for (const { attempt, kept } of numbered.reverse()) {
    if (found.attempts.length > 1) parts.push(make('h2', { class: 'attempt', textContent: `Attempt ${attempt.number}: ${attempt.verdict || 'running'}, ${time(attempt.duration_ms || 0)} in slot ${attempt.slot}` }));
    parts.push(...failureInFull(attempt.failure), ...stepsInFull(attempt.steps), ...evidenceInFull(job, kept));
  }
  if (!found.attempts.length) parts.push(make('p', { textContent: found.message || 'It has not started.' }));
  const history = source.historyOf(found.case_id);
  if (history) parts.push(make('p', {}, make('a', { href: history, textContent: 'Its runs so far' })));
  parts.push(command('Run it again:', `batchrun ${quoted(nameOf(job))}`));
  return parts;
}

function failureInFull(failure) {
  if (!failure) return [];
  const where = failure.location ? `${failure.location.file}:${failure.location.line}:${failure.location.column}` : '';
  const parts = [make('h3', { class: 'failed', textContent: `${words(failure.kind)}: ${failure.message}` })];
  if (failure.step) parts.push(make('p', { textContent: `${where}, step ${failure.position}: ${failure.step}` }));
  const lines = [];
  if (failure.expected !== null) lines.push(`expected: ${failure.expected}`);
  if (failure.actual !== null) lines.push(`actual:   ${failure.actual}`);
  for (const it of failure.seen) lines.push(`seen:     ${it}`);
  for (const it of failure.hints) lines.push(`hint:     ${it}`);
  for (const it of failure.further) lines.push(`further:  ${it}`);
  if (lines.length) parts.push(make('pre', { textContent: lines.join('\n') }));
  if (failure.excerpt) parts.push(make('pre', { class: 'excerpt', textContent: failure.excerpt }));
  return parts;
}

function stepsInFull(steps) {
  if (!steps.length) return [];
  const begin = Date.parse(steps[0].started_at);
  const end = steps.reduce((most, it) => Math.max(most, Date.parse(it.started_at) + (it.duration_ms || 0)), begin + 1);
  const rows = steps.map((it) => {
    const bar = make('i', { class: it.verdict === 'passed' ? 'fill-passed' : `fill-${it.verdict || 'running'}` });
    bar.style.setProperty('left', `${(100 * (Date.parse(it.started_at) - begin)) / (end - begin)}%`);
    // One that runs still has no end.
    const took = it.duration_ms === null ? end - Date.parse(it.started_at) : it.duration_ms;
    bar.style.setProperty('width', `${Math.max(1, (100 * took) / (end - begin))}%`);
    return make('tr', {},
      make('td', { textContent: String(it.position) }),
      make('td', { class: it.verdict || 'running', textContent: it.verdict || 'running' }),
      make('td', {}, it.title, it.message ? make('div', { class: 'message', textContent: it.message }) : null),
      make('td', { class: 'track' }, bar),
      make('td', { textContent: it.duration_ms === null ? '' : brief(it.duration_ms) }));
  });
  return [make('h3', { textContent: 'Steps' }), make('table', { class: 'steps' }, make('tbody', {}, ...rows))];
}

function evidenceInFull(job, kept) {
  return kept.map((it) => {
    const title = it.step_position ? `${it.kind} at step ${it.step_position}` : it.kind;
    if (!it.path) return it.note ? make('p', { class: 'soft', textContent: `${title}: ${it.note}` }) : '';
    const part = make('details', {}, make('summary', { textContent: title }));
    part.addEventListener('toggle', () => { if (part.open && part.children.length === 1) load(part, job, it); });
    // A trace has its own pictures.
    part.open = ['trace', 'console'].includes(it.kind) || (it.kind === 'screenshot' && !kept.some((other) => other.kind === 'trace' && other.path));
    return part;
  });
}

async function load(part, job, { number, kind }) {
  try {
    const kept = await keptOf(job, number, kind);
    if (!kept || kept.missing) part.append(make('p', { class: 'soft', textContent: kept ? kept.missing : 'there is no file' }));
    else if (kept.trace) part.append(traceInFull(kept.trace));
    else if (kept.picture) {
      if (kept.picture.startsWith('blob:') && !kept.stays) pictures.push(kept.picture);
      part.append(make('img', { class: 'shot', src: kept.picture, alt: 'The page when the step failed' }));
    } else part.append(make('pre', { textContent: `${kept.text || '(empty)'}${kept.cut ? '\n… (the report has no more of it)' : ''}` }));
  } catch (error) {
    if (source.isLive && isOver()) part.append(command('The run is over, and this page has not read it in time. All of it is shown by', 'batchrun serve'));
    else part.append(make('p', { class: 'failed', textContent: error.message }));
  }
}

element('close').addEventListener('click', () => element('detail').close());
element('detail').addEventListener('close', () => {
  pictures.forEach((it) => URL.revokeObjectURL(it));
  pictures = [];
  opened = null;
  source.address(null);
});
