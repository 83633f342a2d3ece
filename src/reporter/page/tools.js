// What all parts of the page use. What comes from a batch is only ever set as text.
'use strict';

const element = (id) => document.getElementById(id);

// What turns the direction of the text around it is shown as it is on a terminal (Unicode UAX #9).
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const visible = (value) => (typeof value === 'string' ? value.replace(BIDI, (it) => `\\u{${it.codePointAt(0).toString(16)}}`) : value);

function text(id, value) {
  const it = element(id);
  if (it.textContent !== visible(value)) it.textContent = visible(value);
}

function make(name, properties = {}, ...children) {
  const it = document.createElement(name);
  for (const [key, given] of Object.entries(properties)) {
    const value = key === 'href' || key === 'src' || key === 'value' ? given : visible(given);
    if (key === 'class') it.className = value;
    else if (key in it) it[key] = value;
    else it.setAttribute(key, value);
  }
  it.append(...children.filter((child) => child !== null && child !== undefined).map(visible));
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
