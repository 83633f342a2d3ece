// Where the page has its data from: a run that tells of itself, a batch of the record that a server looks up, or the page
// itself, which then is a report. `begin` says what there is; `detail` and `kept` say more of one case when it is opened.
'use strict';

const token = location.hash.slice(1);
const query = new URLSearchParams(location.search);

async function ask(path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  const options = body === undefined ? { headers } : {
    method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error || `status ${answer.status}`);
  return answer;
}

// A report has its data in elements, each of which is parsed when it is wanted.
function ofReport() {
  const read = (id) => { const it = element(id); return it ? JSON.parse(it.textContent) : null; };
  let last = { job: null, found: null };
  return {
    isLive: false,
    isReport: true,
    address() {},
    historyOf: () => null,
    begin({ take }) { take(read('snapshot')); },
    async detail(job) {
      if (last.job !== job) last = { job, found: read(`data-${job}`) };
      return last.found;
    },
    async kept(job, number) { return (await this.detail(job)).kept[number]; },
  };
}

// What a server is asked of one case.
function ofServer(api) {
  return {
    isLive: true,
    isReport: false,
    // Says in the page's address which case is open.
    address() {},
    // Where the runs of a case are listed.
    historyOf: () => null,
    async detail(job) { return (await ask(`${api}/cases/${job}`)).json(); },
    async kept(job, number, kind) {
      const answer = await ask(`${api}/cases/${job}/evidence/${number}`);
      if (kind === 'trace') return { trace: await answer.json() };
      if (kind !== 'screenshot') return { text: await answer.text() };
      return { picture: URL.createObjectURL(await answer.blob()) };
    },
  };
}

function ofRecord(api) {
  return {
    ...ofServer(api),
    isLive: false,
    address(job) {
      const there = new URLSearchParams(location.search);
      if (job === null) there.delete('job'); else there.set('job', job);
      history.replaceState(null, '', `?${there}${location.hash}`);
    },
    historyOf: (id) => `/#${token}/case/${encodeURIComponent(id)}`,
    home: `/#${token}`,
    async begin({ take, say }) {
      try { take(await (await ask(api)).json()); } catch (error) { say(`This batch cannot be shown: ${error.message}`); }
    },
  };
}

// How often a run is looked for that does not answer, once a second.
const PATIENCE = 60;

function ofRun() {
  let attempt = 0;
  let socket;
  let page;
  function connect() {
    const after = page.seq() === null ? '' : `?after=${page.seq()}`;
    socket = new WebSocket(`ws://${location.host}/api/events${after}`);
    socket.onopen = () => { attempt = 0; page.say(''); socket.send(JSON.stringify({ token })); };
    socket.onmessage = (message) => page.take(JSON.parse(message.data));
    socket.onclose = (closed) => {
      if (page.isOver()) return;
      if (closed.code === 1008) { page.say('The token in the address is missing or wrong'); return; }
      attempt += 1;
      if (attempt <= PATIENCE) { page.say('Connection lost, trying again'); setTimeout(connect, 1000); return; }
      page.say('The run cannot be reached any more: it was killed, or the way to it is cut. Reload the page to try again');
      page.lose();
    };
  }
  return {
    ...ofServer('/api'),
    begin(all) {
      page = all;
      connect();
    },
    // A new snapshot is wanted.
    again() { socket.close(); },
    steer: (path, body) => ask(path, body),
  };
}

function choose() {
  if (element('snapshot')) return ofReport();
  if (!token) return { ...ofServer('/api'), begin({ say }) { say('The address lacks its token: take the whole URL that was printed'); } };
  return query.has('id') ? ofRecord(`/api/batches/${encodeURIComponent(query.get('id'))}`) : ofRun();
}

const source = choose();
