// The page: of a run that lasts, of one that the record has, or of one that it holds itself and then is a report. Whatever
// came in since the last picture is drawn with the next.
'use strict';

const ENDED = ['failed', 'errored', 'flaky', 'passed', 'skipped', 'interrupted', 'not_run'];
let headed = -Infinity;
let ordered = -Infinity;
let painted = -Infinity;
let lost = 'Connecting…';
// The limit that was asked for here, until the run has taken it up.
let wished = null;

async function steer(path, body) {
  try { await source.steer(path, body); } catch (error) {
    messages.push({ elapsed_ms: now(), level: 'error', text: `${path}: ${error.message}` });
    stale.page = true;
  }
}

// Whether the batch came to its end, and well.
function isWhole() { return batch.status === 'finished' && batch.exit === 0; }

function headline(found, over) {
  if (batch.seq === null) return lost;
  // What is heard no more may have gone on.
  if (lost && !over) return lost;
  const counted = (word) => (found[word] || 0) - (found.apart[word] || 0);
  const parts = ['failed', 'errored', 'flaky'].filter((word) => counted(word)).map((word) => `${counted(word)} ${word}`);
  if (found.quarantined) parts.push(`${found.quarantined} in quarantine`);
  let said = parts.join(', ');
  const passed = found.passed || 0;
  if (!said && over) said = passed === batch.total && isWhole() ? `All ${passed} passed` : `${passed} of ${batch.total} passed`;
  if (!said) said = found.ended ? 'All well so far' : 'Starting';
  if (!over && batch.stopping) return `Stopping: ${said}`;
  if (!over || batch.status === 'finished') return said;
  const ended = words(batch.status);
  return `${ended[0].toUpperCase()}${ended.slice(1)}: ${said}`;
}

// Of those that have an end: what was interrupted or never ran is not done.
function doneOf(found) { return found.ended - (found.interrupted || 0) - (found.not_run || 0); }

function subline(found, over) {
  const sub = [`${doneOf(found)} of ${batch.total} done`, time(now())];
  if (batch.eta && !over && !batch.paused && !batch.stopping && !lost) {
    const [least, most] = [time(batch.eta.least_ms), time(batch.eta.most_ms)];
    sub.push(least === most ? `${least} left` : `${least} to ${most} left`);
  }
  if (over) { if (batch.exit !== null) sub.push(`exit code ${batch.exit}`); }
  else if (batch.stopping) sub.push(`nothing more is started: ${batch.stopping}`);
  else if (batch.paused) sub.push(`paused: ${batch.paused}`);
  sub.push(batch.id);
  return sub.join(' · ');
}

// Who reads it later wants to know when and where that was.
function about() {
  if (source.isLive || !batch.about) return '';
  const { host, git_commit: commit, shard, version, command_line: line } = batch.about;
  return [moment(batch.started), `on ${host}`, commit ? `commit ${commit.slice(0, 12)}` : '', shard ? `shard ${shard}` : '', `batchrun ${version}`, line].filter(Boolean).join(' · ');
}

function drawBar(found) {
  const bar = element('bar');
  bar.setAttribute('aria-valuemax', batch.total);
  bar.setAttribute('aria-valuenow', found.ended);
  const segments = [...ENDED, 'running'].filter((word) => found[word]);
  bar.replaceChildren(...segments.map((word) => {
    const part = make('div', { class: `fill-${word}`, title: `${found[word]} ${words(word)}` });
    part.style.setProperty('width', `${(100 * found[word]) / Math.max(1, batch.total)}%`);
    return part;
  }));
}

function drawCounts(found, over) {
  const all = ['passed', 'slow', 'failed', 'errored', 'flaky', 'skipped', 'interrupted', 'not_run', 'running', 'queued'];
  const always = over ? ['passed', 'failed'] : ['passed', 'failed', 'running', 'queued'];
  const one = (id, label, number, part) =>
    make('div', { class: part ? 'part' : '' }, make('dt', { textContent: label }),
      make('dd', { class: number ? id : '', id: `count-${id}`, textContent: String(number) }));
  element('counts').replaceChildren(...all.filter((word) => found[word] || always.includes(word)).flatMap((word) => {
    const apart = found.apart[word];
    const own = word === 'slow' ? one(word, 'of them slow', found[word], true) : one(word, words(word), found[word] || 0, false);
    return apart ? [own, one(`${word}-quarantined`, 'of them in quarantine', apart, true)] : [own];
  }));
}

function drawHead() {
  const found = counts();
  const over = isOver();
  const bad = (found.failed || 0) + (found.errored || 0) - (found.quarantined || 0);
  text('headline', headline(found, over));
  const doubtful = batch.seq === null || (over ? !isWhole() : lost !== '');
  const isLost = lost !== '' && !over;
  element('headline').className = isLost ? 'lost' : bad ? 'bad' : doubtful ? 'lost' : found.ended ? 'good' : '';
  text('subline', batch.seq === null ? '' : subline(found, over));
  text('about', about());
  element('about').title = element('about').textContent;
  const sign = bad ? `✗ ${bad} ` : over && isWhole() ? '✓ ' : '';
  document.title = batch.seq === null ? 'batchrun' : `${sign}${doneOf(found)}/${batch.total} batchrun`;
  element('first').hidden = !first;
  if (first) {
    text('first-case', titleOf(first.job));
    text('first-why', first.message || '');
  }
  drawBar(found);
  drawCounts(found, over);
  drawControls(over);
}

function drawControls(over) {
  // What is over is not steered, and nothing runs in it.
  for (const id of ['controls', 'running-part']) element(id).hidden = !source.isLive || over;
  const slider = element('limit');
  // The next key goes on from what the last one asked for.
  if (wished === batch.limit || over) wished = null;
  if (wished === null) {
    slider.max = String(Math.max(20, 2 * batch.limit));
    slider.value = String(batch.limit);
    text('limit-now', String(batch.limit));
  }
  text('limit-why', batch.why ? `limit by ${batch.why}` : '');
  text('pause', batch.paused ? 'Resume' : 'Pause');
  text('cancel', batch.stopping && !over ? 'Stopping…' : 'Cancel');
  for (const id of ['limit', 'pause', 'cancel']) element(id).disabled = over || batch.seq === null || batch.stopping !== null || lost !== '';
}

function drawRunning() {
  // A case that is pressed stays where it is until it is let go.
  if (pressed) return;
  const focused = element('running').contains(document.activeElement) ? document.activeElement.value : null;
  const slots = [...running.values()].sort((a, b) => a.slot - b.slot);
  const rows = slots.map((it) => make('li', {},
    make('span', { class: 'slot', textContent: String(it.slot) }),
    make('button', { class: 'bare', type: 'button', value: String(it.job), title: 'Open this case' }, nameCell(it.job)),
    make('span', { class: 'time', textContent: time(Math.max(0, now() - it.started)) }),
    make('span', { class: 'step', textContent: `${it.attempt > 1 ? `attempt ${it.attempt}: ` : ''}${it.title ? `${it.step}/${it.steps} ${it.title}` : 'getting its page'}`, title: it.title || '' })));
  if (!rows.length) rows.push(make('li', {}, make('span'), make('span', { textContent: 'nothing right now' })));
  element('running').replaceChildren(...rows);
  if (focused !== null) [...element('running').querySelectorAll('button')].find((it) => it.value === focused)?.focus();
}

function drawMessages() {
  element('messages-part').hidden = !messages.length;
  element('messages').replaceChildren(...messages.map((it) => make('li', { class: it.level === 'error' ? 'failed' : '', textContent: `${time(it.elapsed_ms)} ${it.text}` })));
}

// Who ran where and when

document.body.classList.toggle('past', !source.isLive);
element('home').hidden = !source.home;
if (source.home) element('home').href = source.home;
element('keys').hidden = false;
text('keys', `Keys: / to filter, ↓ from there into the list, Enter opens a case, Esc closes it${source.isLive ? ', p pauses' : ''}`);
if (!source.isLive) element('messages-part').before(element('charts'));

const slots = timeline(element('timeline'), { open, title: titleOf });

function drawTimeline() {
  const begun = [...running.values()].map((it) => [it.slot, it.started, Math.max(0, now() - it.started), it.job, it.attempt, 'running']);
  const all = bars.concat(begun);
  element('timeline-part').hidden = !all.length;
  if (all.length) slots.show(all, now());
}

// Hands

element('limit').addEventListener('input', () => { wished = Number(element('limit').value); text('limit-now', String(wished)); });
element('limit').addEventListener('change', async () => {
  const limit = Number(element('limit').value);
  await steer('/api/concurrency', { limit });
  // A run that does otherwise is right.
  setTimeout(() => { if (wished === limit) { wished = null; stale.page = true; } }, 2000);
});
const pause = () => steer(batch.paused ? '/api/resume' : '/api/pause', {});
element('pause').addEventListener('click', pause);
element('cancel').addEventListener('click', () => { if (confirm('Stop this run? Running cases get a moment to end.')) steer('/api/cancel', {}); });
element('first-case').addEventListener('click', () => open(first.job));
element('running').addEventListener('pointerdown', () => { pressed = true; });
element('running').addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button) open(Number(button.value));
});
document.addEventListener('keydown', (event) => {
  if (event.target.matches('input[type=search], select') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && !element('detail').open) { event.preventDefault(); element('filter').focus(); }
  if (event.key === 'p' && !event.repeat && !element('pause').disabled && source.isLive && !element('detail').open) pause();
});
addEventListener('resize', () => {
  resizeCharts();
  drawTable();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  forgetCharts();
  stale.charts = stale.bars = true;
});

function draw(at) {
  // What is not shown has no size to be drawn in.
  document.body.classList.toggle('empty', batch.seq === null);
  // The order of many cases changes a few times a second, the timeline once.
  if (stale.order && !pressed && (cases.size < 500 || at - ordered > 300)) {
    stale.order = false;
    order();
    stale.page = true;
    ordered = at;
    drawTable();
    if (batch.seq !== null && !performance.getEntriesByName('shown').length) performance.mark('shown');
  }
  // Nobody reads more than ten of them a second.
  if (stale.page && at - headed > 100) {
    stale.page = false;
    headed = at;
    drawHead(); drawRunning(); drawMessages(); drawDetail();
  }
  if (stale.charts && points.length > 1) { stale.charts = false; drawCharts(points); }
  if (stale.bars && at - painted > 1000) {
    stale.bars = false;
    painted = at;
    drawTimeline();
  }
  requestAnimationFrame(draw);
}
// Whoever types sees what that has found before anything else is drawn anew.
element('filter').addEventListener('input', () => { headed = ordered = performance.now(); });
setInterval(() => { stale.page = !isOver() || stale.page; }, 500);
source.begin({
  take(message) {
    if (message.event === 'snapshot') { lost = ''; headed = ordered = painted = -Infinity; }
    take(message);
    if (message.event === 'snapshot' && query.has('job')) open(Number(query.get('job')));
    if (message.event === 'case_finished' || message.event === 'snapshot') foresee();
  },
  say(words) {
    lost = words;
    if (lost && batch.seq !== null) stopClock();
    stale.page = true;
  },
  seq: () => batch.seq,
  isOver,
  lose() { Object.assign(batch, { exit: '?', status: 'lost' }); stale.page = true; },
});
requestAnimationFrame(draw);
