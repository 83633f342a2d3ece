// What the batch is at: a snapshot and then every event. Draws nothing; `stale` says what has changed.
'use strict';

const POINTS = 1800;

const batch = { seq: null, id: '', total: 0, limit: 0, why: '', paused: null, stopping: null, status: '', exit: null, eta: null, started: '', about: null };
const cases = new Map();
const running = new Map();
const messages = [];
let points = [];
// Attempts that have ended: slot, beginning, length, job, attempt, verdict.
let bars = [];
let clock = { elapsed: 0, at: performance.now() };
let first = null;
// How often each case is in the plan: with rows, browsers or repeats there may be several of one name.
const times = new Map();
let stale = { page: true, order: true, charts: true, bars: true, detail: false };
// The case that is open, if one is.
let opened = null;
function changed(job) { if (job === opened) stale.detail = true; }

function tick(elapsed) { clock = { elapsed, at: performance.now() }; }
function isOver() { return batch.exit !== null || (batch.seq !== null && !source.isLive); }
// Stands still where nothing is heard of the run any more.
function now() { return clock.elapsed + (isOver() || clock.stopped ? 0 : performance.now() - clock.at); }
function stopClock() { if (!clock.stopped) clock = { elapsed: now(), at: performance.now(), stopped: true }; }
function isBad(it) { return it.verdict === 'failed' || it.verdict === 'errored'; }
function nameOf(job) { return cases.has(job) ? cases.get(job).case : `job ${job}`; }

// The name with what tells it from others of that name.
function titleOf(job) {
  const it = cases.get(job);
  if (!it) return nameOf(job);
  const alike = times.get(keyOf(it)) > 1 ? ` (run ${it.run})` : '';
  return `${it.case}${it.browser ? ` @${it.browser}` : ''}${alike}`;
}

function keyOf(it) { return `${it.case}\n${it.browser || ''}`; }

function add(it) {
  const before = times.get(keyOf(it)) || 0;
  times.set(keyOf(it), before + 1);
  cases.set(it.job, { tags: [], run: before + 1, ...it });
}

// One that does not count against the batch is not the first to look at, unless there is no other.
function blame(it) {
  if (isBad(it) && (!first || (first.quarantined && !it.quarantined))) first = it;
}

function counts() {
  const found = { ended: 0, running: running.size, slow: 0, quarantined: 0, apart: {} };
  for (const it of cases.values()) {
    if (it.slow) found.slow += 1;
    if (it.quarantined && isBad(it)) {
      found.quarantined += 1;
      found.apart[it.verdict] = (found.apart[it.verdict] || 0) + 1;
    }
    if (!it.verdict) continue;
    found[it.verdict] = (found[it.verdict] || 0) + 1;
    found.ended += 1;
  }
  found.queued = Math.max(0, batch.total - found.ended - found.running);
  return found;
}

function take(message) {
  if (message.event === 'snapshot') return restart(message);
  batch.seq = message.seq;
  tick(message.elapsed_ms);
  apply(message);
}

function restart(snapshot) {
  Object.assign(batch, {
    seq: snapshot.seq, id: snapshot.batch, total: snapshot.total, limit: snapshot.limit, why: snapshot.limit_why || '',
    paused: snapshot.paused, stopping: snapshot.stopping || null, status: snapshot.status, exit: snapshot.exit_code, eta: snapshot.eta || null,
    started: snapshot.started_at, about: snapshot.about,
  });
  cases.clear();
  times.clear();
  for (const it of snapshot.cases) add(it);
  // Cases are in the order of the plan; which one failed first is told apart.
  first = cases.get(snapshot.first_failure) || null;
  for (const it of cases.values()) blame(it);
  running.clear();
  // Of one whose runner died nothing runs any more.
  for (const it of snapshot.status === 'running' ? snapshot.running : []) {
    running.set(it.slot, { ...it, started: snapshot.elapsed_ms - it.elapsed_ms });
  }
  bars = snapshot.timeline || [];
  messages.splice(0, messages.length, ...snapshot.messages);
  points = snapshot.samples;
  tick(snapshot.elapsed_ms);
  stale = { page: true, order: true, charts: true, bars: true, detail: opened !== null };
}

function leave(job) { for (const [slot, other] of running) if (other.job === job) running.delete(slot); }

function endAttempt(it) {
  const slot = running.get(it.slot);
  if (slot && slot.job === it.job) bars.push([it.slot, slot.started, it.elapsed_ms - slot.started, it.job, it.attempt, it.verdict]);
  leave(it.job);
  stale.order = stale.bars = true;
  changed(it.job);
}

function endCase(it) {
  leave(it.job);
  const one = cases.get(it.job);
  if (one) {
    Object.assign(one, { verdict: it.verdict, attempts: it.attempts, duration_ms: it.duration_ms, message: it.message, slow: it.slow_after_ms !== undefined, hay: null });
    blame(one);
  }
  stale.order = true;
  changed(it.job);
}

function sample(it) {
  batch.eta = it.eta || null;
  points.push({ elapsed_ms: it.elapsed_ms, cpu: it.cpu, memory_mb: it.memory_mb, net_rx: it.net_rx, net_tx: it.net_tx, running: it.running, limit: it.limit, ended: counts().ended });
  if (points.length > POINTS) points.shift();
  stale.charts = stale.bars = true;
}

function apply(it) {
  stale.page = true;
  switch (it.event) {
    case 'batch_started':
      Object.assign(batch, { id: it.batch, total: it.total, limit: it.concurrency, status: 'running' });
      break;
    case 'batch_resumed':
      // What ended before may be open again: a new snapshot says which.
      batch.seq = null;
      source.again();
      break;
    case 'case_queued':
      add({ job: it.job, case: it.case, browser: it.browser === 'chrome' ? undefined : it.browser, tags: it.tags, quarantined: it.quarantined, quarantine: it.quarantine, verdict: null, attempts: 0, duration_ms: 0 });
      stale.order = true;
      break;
    case 'attempt_started':
      batch.limit = it.limit;
      running.set(it.slot, { slot: it.slot, job: it.job, attempt: it.attempt, started: it.elapsed_ms, step: 0, steps: it.steps, title: '' });
      stale.order = true;
      break;
    case 'step_started': {
      const slot = [...running.values()].find((other) => other.job === it.job);
      if (slot) Object.assign(slot, { title: it.title, step: slot.step + (it.depth === 0 ? 1 : 0) });
      changed(it.job);
      break;
    }
    case 'attempt_finished': endAttempt(it); break;
    case 'case_finished': endCase(it); break;
    case 'concurrency_changed': Object.assign(batch, { limit: it.to, why: it.why }); break;
    case 'paused': Object.assign(batch, { paused: it.why, eta: null }); break;
    case 'stopping': Object.assign(batch, { stopping: it.why, eta: null }); break;
    case 'resumed': batch.paused = null; break;
    case 'sample': sample(it); break;
    case 'message':
      messages.push({ elapsed_ms: it.elapsed_ms, level: it.level, text: it.text });
      if (messages.length > 50) messages.shift();
      break;
    case 'batch_finished':
      Object.assign(batch, { status: it.status, exit: it.exit_code, eta: null, stopping: null });
      running.clear();
      stale.order = stale.bars = true;
      break;
  }
}
