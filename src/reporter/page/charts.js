// What the machine and the batch were doing, second by second.
'use strict';

const charts = [];
const CHART_HEIGHT = 96;

// As few letters as an axis has room for.
const short = (it) => (it >= 1e6 ? `${it / 1e6}M` : it >= 1e4 ? `${it / 1e3}k` : String(it));

function chart(id, series, values, points) {
  const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { show: false }, font: '11px system-ui', size: 38 };
  const room = element(id);
  const options = {
    width: Math.max(160, room.clientWidth), height: CHART_HEIGHT, cursor: { show: false }, legend: { show: false },
    scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [{ ...axis, size: 22, space: 60, values: (_, ticks) => ticks.map((it) => time(it * 1000)) }, { ...axis, space: 24, values: (_, ticks) => ticks.map(short) }],
    series: [{}, ...series.map((name) => ({ stroke: colour(name), width: 1.5, points: { show: false } }))],
  };
  room.replaceChildren();
  charts.push({ plot: new uPlot(options, values(points), room), values, room });
}

function drawCharts(points) {
  if (charts.length) {
    for (const it of charts) it.plot.setData(it.values(points));
    return;
  }
  const x = (all) => all.map((it) => it.elapsed_ms / 1000);
  const column = (name) => (all) => all.map((it) => it[name]);
  const kib = (name) => (all) => all.map((it) => (it[name] === null || it[name] === undefined ? null : it[name] / 1024));
  const rate = (all) => all.map((it, at) => {
    const before = all[Math.max(0, at - 10)];
    const span = it.elapsed_ms - before.elapsed_ms;
    return span > 0 ? ((it.ended - before.ended) * 60000) / span : null;
  });
  // The limit first: what runs is drawn over it.
  chart('chart-running', ['flaky', 'running'], (all) => [x(all), column('limit')(all), column('running')(all)], points);
  chart('chart-throughput', ['passed'], (all) => [x(all), rate(all)], points);
  chart('chart-cpu', ['running'], (all) => [x(all), column('cpu')(all)], points);
  chart('chart-memory', ['running'], (all) => [x(all), column('memory_mb')(all)], points);
  chart('chart-network', ['running', 'flaky'], (all) => [x(all), kib('net_rx')(all), kib('net_tx')(all)], points);
}

function resizeCharts() {
  for (const it of charts) it.plot.setSize({ width: Math.max(160, it.room.clientWidth), height: CHART_HEIGHT });
}

// The colours have changed: they are made anew with the next picture.
function forgetCharts() { charts.splice(0).forEach((it) => it.plot.destroy()); }
