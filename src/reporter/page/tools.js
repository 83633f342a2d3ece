// What all parts of the page use. What comes from a batch is only ever set as text.
'use strict';

const element = (id) => document.getElementById(id);

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
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}m ${whole % 60}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

// Where short times are told apart, as those of steps.
function brief(milliseconds) { return milliseconds < 1000 ? `${milliseconds}ms` : time(milliseconds); }

// A moment of the record, as it stands in logs.
function moment(written) { return `${written.slice(0, 19).replace('T', ' ')} UTC`; }

function words(verdict) { return verdict.replace('_', ' '); }

function colour(name) {
  const style = getComputedStyle(document.documentElement);
  return style.getPropertyValue(`--${name}`).trim() || style.getPropertyValue('--other').trim();
}
