// The trace of an attempt: a strip of pictures, one for each step, and all that is known of the step that is chosen.
'use strict';

const PICTURES = ['image/jpeg', 'image/png'];
// Their frames have names of their own.
let traces = 0;

function traceInFull(trace) {
  const pictures = new Map(trace.pictures.entries());
  const documents = new Map(trace.documents.entries());
  const steps = leaves(trace.steps);
  if (!steps.length) return make('p', { class: 'soft', textContent: 'It ended before its first step.' });
  const strip = make('div', { class: 'strip', role: 'listbox', tabIndex: 0 });
  strip.setAttribute('aria-label', 'Steps of the trace');
  const scene = make('div', { class: 'scene' });
  let chosen = -1;
  traces += 1;

  const frames = steps.map((step, index) => {
    const frame = make('div', { class: 'frame', role: 'option', id: `frame-${traces}-${index}`, title: step.title, 'aria-label': `${step.position}. ${step.title}, ${step.verdict}, ${brief(step.duration_ms)}` },
      picture(pictures.get(step.after), '') || make('div', { class: 'blank soft', textContent: 'no picture' }),
      make('span', { class: step.verdict === 'passed' ? 'soft' : step.verdict, textContent: `${step.position} · ${brief(step.duration_ms)}` }));
    frame.addEventListener('click', () => choose(index));
    return frame;
  });

  function choose(index) {
    if (index === chosen || index < 0 || index >= steps.length) return;
    if (chosen >= 0) frames[chosen].setAttribute('aria-selected', 'false');
    chosen = index;
    const frame = frames[index];
    frame.setAttribute('aria-selected', 'true');
    strip.setAttribute('aria-activedescendant', frame.id);
    // Only the strip is moved, not the page around it.
    strip.scrollLeft = frame.offsetLeft - strip.offsetLeft - (strip.clientWidth - frame.offsetWidth) / 2;
    scene.replaceChildren(...sceneOf(trace, steps, index, pictures, documents));
  }

  strip.addEventListener('keydown', (event) => {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(to);
  });
  strip.append(...frames);
  const failed = steps.findIndex((it) => it.verdict === 'failed' || it.verdict === 'errored');
  // Where the strip stands is known once it is shown.
  requestAnimationFrame(() => choose(failed < 0 ? steps.length - 1 : failed));
  return make('div', { class: 'trace' }, strip, scene);
}

// Steps as they were begun, without those that are made of steps.
function leaves(all) {
  const steps = [...all].sort((one, other) => one.position - other.position);
  return steps.filter((it, index) => !(index + 1 < steps.length && steps[index + 1].depth > it.depth));
}

function picture(taken, name) {
  if (!taken) return null;
  const from = taken.src || (PICTURES.includes(taken.type) ? `data:${taken.type};base64,${taken.data}` : null);
  return from && make('img', { src: from, alt: name, loading: 'lazy', decoding: 'async' });
}

function sceneOf(trace, steps, index, pictures, documents) {
  const step = steps[index];
  const until = index + 1 < steps.length ? steps[index + 1].start_ms : Infinity;
  // What happens before the first step belongs to it.
  const from = index ? step.start_ms : 0;
  const during = (it) => it.at_ms !== null && it.at_ms >= from && it.at_ms < until;
  const parts = [
    make('p', {}, make('strong', { class: step.verdict, textContent: `${step.position}. ${step.title}` }),
      make('span', { class: 'soft', textContent: ` ${step.file}:${step.line}` })),
  ];
  if (step.message) parts.push(make('p', { class: step.verdict, textContent: step.message }));
  parts.push(timesOf(step));
  const shots = [['before', step.before], ['after', step.after]].map(([when, number]) => {
    const shown = picture(pictures.get(number), `The page ${when} the step`);
    return make('figure', {}, make('figcaption', { textContent: when }), shown || make('div', { class: 'blank soft', textContent: 'no picture' }));
  });
  parts.push(make('div', { class: 'shots' }, ...shots));
  const requests = trace.requests.filter(during);
  if (requests.length) parts.push(make('h3', { textContent: `Requests: ${requests.length}` }), requestsOf(requests));
  const lines = trace.console.filter(during);
  if (lines.length) {
    const written = lines.map((it) => `[${it.level}] ${it.text}  ${it.from}`).join('\n');
    parts.push(make('h3', { textContent: 'Console' }), make('pre', { textContent: written }));
  }
  if (documents.has(step.document)) {
    const part = make('details', {}, make('summary', { textContent: 'DOM after the step' }));
    part.addEventListener('toggle', () => { if (part.open && part.children.length === 1) part.append(make('pre', { textContent: documents.get(step.document) })); });
    parts.push(part);
  }
  return parts;
}

function timesOf(step) {
  const parts = [['find', step.find_ms], ['wait', step.wait_ms], ['act', step.act_ms]];
  const bar = make('div', { class: 'times' });
  for (const [name, spent] of parts) {
    const part = make('i', { class: name });
    part.style.setProperty('flex-grow', String(spent));
    bar.append(part);
  }
  const words = parts.map(([name, spent]) => make('span', {}, make('i', { class: name }), `${name} ${brief(spent)}`));
  return make('div', {}, bar, make('p', { class: 'legend soft' }, ...words));
}

function requestsOf(requests) {
  const rows = requests.map((it) => make('tr', {},
    make('td', { textContent: it.method }),
    make('td', { class: it.error || it.status >= 400 ? 'failed' : '', textContent: it.error || (it.status === null ? 'no answer' : String(it.status)) }),
    make('td', { textContent: it.url }),
    make('td', { class: 'soft', textContent: it.type.toLowerCase() }),
    make('td', { textContent: it.duration_ms === null ? '' : brief(it.duration_ms) })));
  return make('table', { class: 'steps requests' }, make('tbody', {}, ...rows));
}
