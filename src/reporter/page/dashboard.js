// The dashboard: takes a snapshot and then every event, and shows what they amount to. What comes from the batch is only
// ever set as text.
'use strict';

const ROW = 28; // pixels, as in dashboard.css
const POINTS = 1800;
const RANK = ['failed', 'errored', 'interrupted', 'flaky', 'running', 'queued', 'passed', 'skipped', 'not_run'];
const ENDED = ['failed', 'errored', 'flaky', 'passed', 'skipped', 'interrupted', 'not_run'];
const token = location.hash.slice(1);
// A report holds all that it shows. A batch of the record is asked for once. A run tells of itself.
const embedded = document.getElementById('embedded');
const report = embedded && JSON.parse(embedded.textContent);
const query = new URLSearchParams(location.search);
const past = report ? '' : query.get('id');
const api = past === null ? '/api' : `/api/batches/${encodeURIComponent(past)}`;
const element = (id) => document.getElementById(id);

const batch = { seq: null, id: '', total: 0, limit: 0, why: '', paused: null, status: '', exit: null, eta: null };
const cases = new Map();
const running = new Map();
const messages = [];
let points = [];
let clock = { elapsed: 0, at: performance.now() };
let first = null;
let shown = [];
let selected = null;
let ordered = 0;
let stale = { page: true, order: true, charts: true };

// What is told

function take(message) {
  if (message.event === 'snapshot') return restart(message);
  batch.seq = message.seq;
  tick(message.elapsed_ms);
  apply(message);
}

function restart(snapshot) {
  Object.assign(batch, {
    seq: snapshot.seq, id: snapshot.batch, total: snapshot.total, limit: snapshot.limit, why: snapshot.limit_why || '',
    paused: snapshot.paused, status: snapshot.status, exit: snapshot.exit_code, eta: snapshot.eta || null,
  });
  cases.clear();
  for (const it of snapshot.cases) cases.set(it.job, { tags: [], ...it });
  first = first && cases.get(first.job);
  if (first && !isBad(first)) first = null;
  for (const it of cases.values()) if (isBad(it) && !first) first = it;
  running.clear();
  for (const it of snapshot.running) {
    running.set(it.slot, { ...it, started: snapshot.elapsed_ms - it.elapsed_ms });
  }
  drawTimeline(snapshot.timeline || []);
  messages.splice(0, messages.length, ...snapshot.messages);
  points = snapshot.samples;
  tick(snapshot.elapsed_ms);
  ordered = -Infinity;
  stale = { page: true, order: true, charts: true };
}

function apply(it) {
  const runs = (job) => [...running.values()].find((other) => other.job === job);
  const leave = (job) => { for (const [slot, other] of running) if (other.job === job) running.delete(slot); };
  stale.page = true;
  switch (it.event) {
    case 'batch_started':
      Object.assign(batch, { id: it.batch, total: it.total, limit: it.concurrency, status: 'running' });
      break;
    case 'batch_resumed':
      // What ended before may be open again: a new snapshot says which.
      batch.seq = null;
      socket.close();
      break;
    case 'case_queued':
      cases.set(it.job, { job: it.job, case: it.case, tags: it.tags, quarantined: it.quarantined, verdict: null, attempts: 0, duration_ms: 0 });
      stale.order = true;
      break;
    case 'attempt_started':
      batch.limit = it.limit;
      running.set(it.slot, { slot: it.slot, job: it.job, case: nameOf(it.job), attempt: it.attempt, started: it.elapsed_ms, step: 0, steps: it.steps, title: '' });
      stale.order = true;
      break;
    case 'step_started': {
      const slot = runs(it.job);
      if (slot) Object.assign(slot, { title: it.title, step: slot.step + (it.depth === 0 ? 1 : 0) });
      break;
    }
    case 'attempt_finished':
      leave(it.job);
      stale.order = true;
      break;
    case 'case_finished': {
      leave(it.job);
      const one = cases.get(it.job);
      if (one) {
        Object.assign(one, { verdict: it.verdict, attempts: it.attempts, duration_ms: it.duration_ms, message: it.message, slow: it.slow_after_ms !== undefined, hay: null });
        if (isBad(one) && !first) first = one;
      }
      stale.order = true;
      break;
    }
    case 'concurrency_changed':
      Object.assign(batch, { limit: it.to, why: it.why });
      break;
    case 'paused': batch.paused = it.why; break;
    case 'resumed': batch.paused = null; break;
    case 'sample':
      batch.eta = it.eta || null;
      points.push({ elapsed_ms: it.elapsed_ms, cpu: it.cpu, memory_mb: it.memory_mb, net_rx: it.net_rx, net_tx: it.net_tx, running: it.running, limit: it.limit, ended: counts().ended });
      if (points.length > POINTS) points.shift();
      stale.charts = true;
      break;
    case 'message':
      messages.push({ elapsed_ms: it.elapsed_ms, level: it.level, text: it.text });
      if (messages.length > 50) messages.shift();
      break;
    case 'batch_finished':
      Object.assign(batch, { status: it.status, exit: it.exit_code, eta: null });
      running.clear();
      stale.order = true;
      break;
  }
}

function tick(elapsed) { clock = { elapsed, at: performance.now() }; }
function now() { return clock.elapsed + (batch.exit === null ? performance.now() - clock.at : 0); }
// What is quarantined does not decide how the batch ends.
function isBad(it) { return !it.quarantined && (it.verdict === 'failed' || it.verdict === 'errored'); }
function nameOf(job) { return cases.has(job) ? cases.get(job).case : `job ${job}`; }

function counts() {
  const found = { ended: 0, running: running.size, slow: 0, apart: 0, bad: 0 };
  for (const it of cases.values()) {
    if (it.slow) found.slow += 1;
    if (isBad(it)) found.bad += 1;
    else if (it.verdict === 'failed' || it.verdict === 'errored') found.apart += 1;
    if (!it.verdict) continue;
    found[it.verdict] = (found[it.verdict] || 0) + 1;
    found.ended += 1;
  }
  found.queued = Math.max(0, batch.total - found.ended - found.running);
  return found;
}

// The connection

let attempt = 0;
let socket;

function connect() {
  const after = batch.seq === null ? '' : `?after=${batch.seq}`;
  socket = new WebSocket(`ws://${location.host}/api/events${after}`);
  socket.onopen = () => { attempt = 0; lost = ''; socket.send(JSON.stringify({ token })); };
  socket.onmessage = (message) => take(JSON.parse(message.data));
  socket.onclose = (closed) => {
    stale.page = true;
    if (batch.exit !== null) return;
    if (closed.code === 1008) { lost = 'The token in the address is missing or wrong'; return; }
    lost = attempt < 5 ? 'Connection lost, trying again' : 'The run has ended without saying so';
    attempt += 1;
    if (attempt <= 5) setTimeout(connect, 1000);
    else Object.assign(batch, { exit: '?', status: 'lost' });
  };
}

// Once, from the record.
async function recall() {
  try {
    take(report ? report.snapshot : await (await ask(api)).json());
    lost = '';
    if (batch.exit === null) batch.exit = '?';
    element('running-part').hidden = true;
    if (query.has('job')) open(Number(query.get('job')));
  } catch (error) {
    lost = `This batch cannot be shown: ${error.message}`;
    batch.exit = '?';
  }
  stale.page = true;
}

let lost = 'Connecting…';

async function ask(path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  const options = body === undefined ? { headers } : {
    method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || `status ${answer.status}`);
  return answer;
}

async function steer(path, body) {
  try { await ask(path, body); } catch (error) {
    messages.push({ elapsed_ms: now(), level: 'error', text: `${path}: ${error.message}` });
    stale.page = true;
  }
}

// What is shown

function text(id, value) {
  const it = element(id);
  if (it.textContent !== value) it.textContent = value;
}

function make(name, properties = {}, ...children) {
  const it = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') it.className = value;
    else if (key in it) it[key] = value;
    else it.setAttribute(key, value);
  }
  it.append(...children.filter((child) => child !== null && child !== undefined));
  return it;
}

function time(milliseconds) {
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m ${seconds % 60}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

function plural(number, word) { return `${number} ${word}`; }

function drawHead() {
  const found = counts();
  const over = batch.exit !== null;
  const bad = found.bad;
  const parts = [];
  if (found.failed) parts.push(plural(found.failed, 'failed'));
  if (found.errored) parts.push(plural(found.errored, 'errored'));
  if (found.apart) parts.push(`${found.apart} of them quarantined`);
  if (found.flaky) parts.push(plural(found.flaky, 'flaky'));
  let headline = parts.join(', ');
  const whole = batch.status === 'finished' && batch.exit === 0;
  if (!headline && over) headline = whole ? `All ${found.passed || 0} passed` : `${found.passed || 0} of ${batch.total} passed`;
  if (!headline) headline = found.ended ? 'All well so far' : 'Starting';
  if (over && batch.status !== 'finished') headline = `${batch.status.replace('_', ' ')}: ${headline}`;
  if (batch.seq === null) headline = lost;
  text('headline', headline);
  const doubtful = batch.seq === null || (lost && !over) || (over && !whole);
  element('headline').className = bad ? 'bad' : doubtful ? 'lost' : found.ended ? 'good' : '';
  const done = found.ended - (found.interrupted || 0) - (found.not_run || 0);
  const sub = [`${done} of ${batch.total} done`, time(now())];
  if (batch.eta) sub.push(`${time(batch.eta.least_ms)} to ${time(batch.eta.most_ms)} left`);
  if (over) sub.push(`exit code ${batch.exit}`);
  else if (batch.paused) sub.push(`paused: ${batch.paused}`);
  if (lost && batch.seq !== null && !over) sub.push(lost);
  sub.push(batch.id);
  text('subline', batch.seq === null ? '' : sub.join(' · '));
  document.title = batch.seq === null ? 'batchrun' : `${bad ? `✗ ${bad} ` : ''}${found.ended}/${batch.total} batchrun`;
  element('first').hidden = !first;
  if (first) {
    text('first-case', first.case);
    text('first-why', first.message || '');
  }
  const bar = element('bar');
  bar.setAttribute('aria-valuemax', batch.total);
  bar.setAttribute('aria-valuenow', found.ended);
  const segments = [...ENDED, 'running'].filter((word) => found[word]);
  bar.replaceChildren(...segments.map((word) => {
    const part = make('div', { class: `fill-${word}`, title: `${found[word]} ${word}` });
    part.style.setProperty('width', `${(100 * found[word]) / Math.max(1, batch.total)}%`);
    return part;
  }));
  const words = ['passed', 'slow', 'failed', 'errored', 'flaky', 'skipped', 'interrupted', 'not_run', 'running', 'queued'];
  const always = over ? ['passed', 'failed'] : ['passed', 'failed', 'running', 'queued'];
  const label = (word) => (word === 'slow' ? 'of them slow' : word.replace('_', ' '));
  element('counts').replaceChildren(...words.filter((word) => found[word] || always.includes(word)).map((word) =>
    make('div', {}, make('dt', { textContent: label(word) }), make('dd', { class: found[word] ? word : '', id: `count-${word}`, textContent: String(found[word] || 0) }))));
  const slider = element('limit');
  if (document.activeElement !== slider || !sliding) {
    slider.max = String(Math.max(20, batch.limit));
    slider.value = String(batch.limit);
    text('limit-now', String(batch.limit));
  }
  text('limit-why', batch.why ? `(${batch.why})` : '');
  text('pause', batch.paused ? 'Resume' : 'Pause');
  element('controls').hidden = past !== null;
  for (const id of ['limit', 'pause', 'cancel']) element(id).disabled = over || batch.seq === null;
}

function drawRunning() {
  const slots = [...running.values()].sort((a, b) => a.slot - b.slot);
  const rows = slots.map((it) => make('li', {},
    make('span', { class: 'slot', textContent: String(it.slot) }),
    make('span', { class: 'name', textContent: it.case, title: it.case }),
    make('span', { class: 'time', textContent: time(Math.max(0, now() - it.started)) }),
    make('span', { class: 'step', textContent: `${it.attempt > 1 ? `attempt ${it.attempt}: ` : ''}${it.title ? `${it.step}/${it.steps} ${it.title}` : 'getting its page'}`, title: it.title || '' })));
  if (!rows.length) rows.push(make('li', {}, make('span'), make('span', { textContent: batch.exit === null ? 'nothing right now' : 'the batch is over' })));
  element('running').replaceChildren(...rows);
}

function drawMessages() {
  element('messages-part').hidden = !messages.length;
  element('messages').replaceChildren(...messages.map((it) => make('li', { class: it.level === 'error' ? 'failed' : '', textContent: `${time(it.elapsed_ms)} ${it.text}` })));
}

// The table of cases: only the rows that can be seen are there

function stateOf(it, now) { return it.verdict || (now.has(it.job) ? 'running' : 'queued'); }

function order() {
  const wanted = element('verdicts').value;
  const words = element('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  const busy = new Set([...running.values()].map((it) => it.job));
  const found = [];
  for (const it of cases.values()) {
    const state = stateOf(it, busy);
    if (wanted === 'bad' ? !isBad(it) : wanted === 'slow' ? !it.slow : wanted && wanted !== state) continue;
    if (words.length) {
      it.hay = it.hay || `${it.case} ${(it.tags || []).join(' ')} ${it.message || ''}`.toLowerCase();
      if (!words.every((word) => it.hay.includes(word))) continue;
    }
    found.push([RANK.indexOf(state), it, state]);
  }
  found.sort((a, b) => a[0] - b[0] || a[1].job - b[1].job);
  shown = found;
  text('shown', found.length === cases.size ? `${cases.size} cases` : `${found.length} of ${cases.size} cases`);
  element('rows').style.setProperty('height', `${found.length * ROW}px`);
}

function drawTable() {
  const table = element('table');
  const from = Math.max(0, Math.floor(table.scrollTop / ROW) - 5);
  const to = Math.min(shown.length, Math.ceil((table.scrollTop + table.clientHeight) / ROW) + 5);
  const rows = [];
  for (let at = from; at < to; at += 1) {
    const [, it, state] = shown[at];
    const label = it.slow && state === 'passed' ? 'slow' : state;
    const apart = it.quarantined && (state === 'failed' || state === 'errored');
    const row = make('div', { class: 'row', role: 'option', id: `case-${it.job}`, 'aria-selected': String(it.job === selected) },
      make('span', { class: apart ? 'skipped' : label, textContent: label.replace('_', ' '), title: apart ? `${label}, quarantined` : '' }),
      make('span', { class: 'name', textContent: it.case, title: it.case }),
      make('span', { class: 'message', textContent: it.message || '', title: it.message || '' }),
      make('span', { class: 'time', textContent: it.verdict ? time(it.duration_ms) : '' }));
    row.style.setProperty('top', `${at * ROW}px`);
    row.dataset.job = it.job;
    rows.push(row);
  }
  element('rows').replaceChildren(...rows);
  table.setAttribute('aria-activedescendant', selected === null ? '' : `case-${selected}`);
}

function move(by) {
  if (!shown.length) return;
  const at = shown.findIndex(([, it]) => it.job === selected);
  const next = Math.min(shown.length - 1, Math.max(0, (at < 0 && by > 0 ? -1 : at) + by));
  selected = shown[next][1].job;
  const table = element('table');
  if (next * ROW < table.scrollTop) table.scrollTop = next * ROW;
  else if ((next + 1) * ROW > table.scrollTop + table.clientHeight) table.scrollTop = (next + 1) * ROW - table.clientHeight;
  drawTable();
}

// The charts

const charts = [];

function chart(id, series, values) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui', size: 38 };
  const room = element(id);
  const options = {
    width: Math.max(160, room.clientWidth), height: 110, cursor: { show: false }, legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [{ ...axis, size: 22, values: (_, ticks) => ticks.map((it) => time(it * 1000)) }, axis],
    series: [{}, ...series.map((name) => ({ stroke: colour(name), width: 1.5, points: { show: false } }))],
  };
  room.replaceChildren();
  charts.push({ plot: new uPlot(options, values(points), room), values, room });
}

function drawCharts() {
  if (!charts.length) {
    const x = (all) => all.map((it) => it.elapsed_ms / 1000);
    const column = (name) => (all) => all.map((it) => it[name]);
    const kib = (name) => (all) => all.map((it) => (it[name] === null || it[name] === undefined ? null : it[name] / 1024));
    const rate = (all) => all.map((it, at) => {
      const before = all[Math.max(0, at - 10)];
      const span = it.elapsed_ms - before.elapsed_ms;
      return span > 0 ? ((it.ended - before.ended) * 60000) / span : null;
    });
    chart('chart-running', ['running', 'flaky'], (all) => [x(all), column('running')(all), column('limit')(all)]);
    chart('chart-throughput', ['passed'], (all) => [x(all), rate(all)]);
    chart('chart-cpu', ['running'], (all) => [x(all), column('cpu')(all)]);
    chart('chart-memory', ['running'], (all) => [x(all), column('memory_mb')(all)]);
    chart('chart-network', ['running', 'flaky'], (all) => [x(all), kib('net_rx')(all), kib('net_tx')(all)]);
    return;
  }
  for (const it of charts) it.plot.setData(it.values(points));
}

function resize() {
  if (redrawTimeline) redrawTimeline();
  for (const it of charts) it.plot.setSize({ width: Math.max(160, it.room.clientWidth), height: 110 });
  stale.page = true;
}

// Who ran where and when, of a batch that is over

let redrawTimeline = null;

function drawTimeline(bars) {
  element('timeline-part').hidden = !bars.length;
  if (!bars.length) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (word) => style.getPropertyValue(`--${word}`).trim() || style.getPropertyValue('--other').trim();
  redrawTimeline = timeline(element('timeline'), bars, { open, name: nameOf, colour, time });
}

// One case, in full

let pictures = [];
let opened = null;

async function open(job) {
  const dialog = element('detail');
  const body = element('detail-body');
  text('detail-title', nameOf(job));
  body.replaceChildren(make('p', { textContent: 'Loading…' }));
  if (!dialog.open) dialog.showModal();
  opened = job;
  try {
    const found = report ? report.details[job] : await (await ask(`${api}/cases/${job}`)).json();
    // Another one may have been opened meanwhile.
    if (opened !== job) return;
    if (!found) return body.replaceChildren(...withoutDetails(job));
    body.replaceChildren(...caseInFull(job, found));
  } catch (error) {
    body.replaceChildren(make('p', { class: 'failed', textContent: `It cannot be shown: ${error.message}` }));
  }
}

// A report has nothing more of what passed at once.
function withoutDetails(job) {
  const it = cases.get(job);
  const state = it && it.verdict ? it.verdict.replace('_', ' ') : 'not ended';
  return [make('p', { textContent: it && it.duration_ms ? `${state} · ${time(it.duration_ms)}` : state }),
    make('p', { class: 'soft', textContent: `Steps are in the report only for cases that did not pass at once: batchrun show '${nameOf(job)}' --batch ${batch.id}` })];
}

function caseInFull(job, found) {
  const parts = [make('p', { textContent: `${found.verdict ? found.verdict.replace('_', ' ') : 'not ended'} · ${found.file}:${found.line} · ${found.browser}${found.tags.length ? ` · ${found.tags.join(', ')}` : ''}` })];
  const started = found.started_at ? ` · started ${found.started_at.slice(0, 19).replace('T', ' ')} UTC` : '';
  parts[0].append(started);
  parts.push(make('p', { class: 'soft', textContent: `batchrun '${nameOf(job).replaceAll("'", "'\\''")}'` }));
  let number = 0;
  const numbered = found.attempts.map((attempt) => ({ attempt, kept: attempt.evidence.map((it) => ({ ...it, number: number++ })) }));
  // The last attempt is the one to look at.
  for (const { attempt, kept } of numbered.reverse()) {
    if (found.attempts.length > 1) parts.push(make('h2', { textContent: `Attempt ${attempt.number}: ${attempt.verdict || 'running'}` }));
    if (!found.attempts.length) continue;
    parts.push(...failureInFull(attempt.failure), ...stepsInFull(attempt.steps), ...evidenceInFull(job, kept));
  }
  if (!found.attempts.length) parts.push(make('p', { textContent: 'It has not started.' }));
  return parts;
}

function failureInFull(failure) {
  if (!failure) return [];
  const where = failure.location ? `${failure.location.file}:${failure.location.line}:${failure.location.column}` : '';
  const parts = [make('h3', { class: 'failed', textContent: `${failure.kind.replace('_', ' ')}: ${failure.message}` })];
  if (failure.step) parts.push(make('p', { textContent: `${where}, step ${failure.position}: ${failure.step}` }));
  const lines = [];
  if (failure.expected !== null) lines.push(`expected: ${failure.expected}`);
  if (failure.actual !== null) lines.push(`actual:   ${failure.actual}`);
  for (const it of failure.seen) lines.push(`seen:     ${it}`);
  for (const it of failure.hints) lines.push(`hint:     ${it}`);
  for (const it of failure.further) lines.push(`further:  ${it}`);
  if (lines.length) parts.push(make('pre', { textContent: lines.join('\n') }));
  if (failure.excerpt) parts.push(make('pre', { textContent: failure.excerpt }));
  return parts;
}

function evidenceInFull(job, kept) {
  return kept.filter((it) => it.path).map((it) => {
    const path = `${api}/cases/${job}/evidence/${it.number}`;
    const title = it.step_position ? `${it.kind} at step ${it.step_position}` : it.kind;
    const part = make('details', {}, make('summary', { textContent: title }));
    part.addEventListener('toggle', () => { if (part.open && part.children.length === 1) load(part, path, it.kind, report && report.details[job].kept[it.number]); });
    part.open = it.kind === 'screenshot' || it.kind === 'console';
    return part;
  });
}

// What a report holds of it: a text, or where its picture is.
function embed(part, kept) {
  if (!kept) part.append(make('p', { textContent: 'the file was gone when the report was made' }));
  else if (kept.picture) part.append(make('img', { class: 'shot', src: kept.picture, alt: 'The page when the step failed' }));
  else part.append(make('pre', { textContent: kept.text || '(empty)' }));
}

async function load(part, path, kind, kept) {
  try {
    if (report) return embed(part, kept);
    const answer = await ask(path);
    if (kind === 'screenshot') {
      const picture = URL.createObjectURL(await answer.blob());
      pictures.push(picture);
      part.append(make('img', { class: 'shot', src: picture, alt: 'The page when the step failed' }));
    } else part.append(make('pre', { textContent: (await answer.text()) || '(empty)' }));
  } catch (error) {
    part.append(make('p', { class: 'failed', textContent: error.message }));
  }
}

function stepsInFull(steps) {
  if (!steps.length) return [];
  const begin = Date.parse(steps[0].started_at);
  const end = Math.max(...steps.map((it) => Date.parse(it.started_at) + (it.duration_ms || 0)), begin + 1);
  const rows = steps.map((it) => {
    const bar = make('i', { class: it.verdict === 'passed' ? 'fill-passed' : `fill-${it.verdict || 'running'}` });
    bar.style.setProperty('left', `${(100 * (Date.parse(it.started_at) - begin)) / (end - begin)}%`);
    bar.style.setProperty('width', `${Math.max(1, (100 * (it.duration_ms || 0)) / (end - begin))}%`);
    return make('tr', {},
      make('td', { textContent: String(it.position) }),
      make('td', { class: it.verdict || 'running', textContent: it.verdict || 'running' }),
      make('td', {}, it.title, it.message ? make('div', { class: 'message', textContent: it.message }) : null),
      make('td', { class: 'track' }, bar),
      make('td', { textContent: it.duration_ms === null ? '' : time(it.duration_ms) }));
  });
  return [make('h3', { textContent: 'Steps' }), make('table', { class: 'steps' }, make('tbody', {}, ...rows))];
}

// Hands

let sliding = false;
element('limit').addEventListener('input', () => { sliding = true; text('limit-now', element('limit').value); });
element('limit').addEventListener('change', () => { sliding = false; steer('/api/concurrency', { limit: Number(element('limit').value) }); });
const pause = () => steer(batch.paused ? '/api/resume' : '/api/pause', {});
element('pause').addEventListener('click', pause);
element('cancel').addEventListener('click', () => { if (confirm('Stop this run? Running cases get a moment to end.')) steer('/api/cancel', {}); });
element('first-case').addEventListener('click', () => open(first.job));
const refilter = () => { element('table').scrollTop = 0; order(); drawTable(); };
element('filter').addEventListener('input', refilter);
element('verdicts').addEventListener('change', refilter);
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
  const page = Math.floor(element('table').clientHeight / ROW);
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
  if (by !== undefined) { event.preventDefault(); move(by); }
  if (event.key === 'Enter' && selected !== null) open(selected);
});
element('close').addEventListener('click', () => element('detail').close());
element('detail').addEventListener('close', () => { opened = null; pictures.forEach(URL.revokeObjectURL); pictures = []; });
document.addEventListener('keydown', (event) => {
  if (event.target.matches('input[type=search], select') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') { event.preventDefault(); element('filter').focus(); }
  if (event.key === 'p' && !event.repeat && batch.seq !== null && batch.exit === null && !element('detail').open) pause();
});
addEventListener('resize', resize);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  charts.splice(0).forEach((it) => it.plot.destroy());
  stale.charts = true;
  if (redrawTimeline) redrawTimeline();
});

// Whatever came in since the last picture is drawn with the next; the order of many cases changes a few times a second
function draw(at) {
  if (stale.order && !pressed && (cases.size < 500 || at - ordered > 300)) {
    order();
    stale.order = false;
    stale.page = true;
    ordered = at;
    drawTable();
    if (batch.seq !== null && !performance.getEntriesByName('shown').length) performance.mark('shown');
  }
  if (stale.page) { drawHead(); drawRunning(); drawMessages(); stale.page = false; }
  if (stale.charts && points.length > 1) { drawCharts(); stale.charts = false; }
  requestAnimationFrame(draw);
}
setInterval(() => { stale.page = batch.exit === null || stale.page; }, 500);
if (report || (token && past !== null)) recall();
else if (token) connect();
else lost = 'The address lacks its token: take the whole URL that the run has printed';
requestAnimationFrame(draw);
