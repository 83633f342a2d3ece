// The engine that works inside a page: finds elements, waits, checks, prepares acts. It never sends clicks or keys.
//
// The files of this folder are joined into one function expression; see mod.rs for the order and for what it is asked
// and answers. This one opens it and collects the built-ins that the rest uses.
//
// Two things a page can do to us. A form's controls hide properties of the form (`<input name="parentNode">`), in every
// world: so properties of nodes are read through the prototypes' getters. And in its own world a page may replace
// built-ins: so they are collected here once, and where they are not the browser's own, taken from a clean frame.
(() => {
  'use strict';
  const KEY = Symbol.for('batchrun.engine');
  // Installing twice is harmless, and a document that another one replaced in the same window gets a new engine.
  if (document[KEY]) return document[KEY];

  // ---- built-ins ----------------------------------------------------------------------------------------------------

  const BORROWED = {
    Node: ['parentNode', 'nodeType', 'firstChild', 'nextSibling', 'isConnected', 'getRootNode', 'contains',
      'compareDocumentPosition', 'ownerDocument'],
    Element: ['localName', 'shadowRoot', 'assignedSlot', 'getAttribute', 'hasAttribute', 'matches', 'closest',
      'querySelectorAll', 'getBoundingClientRect', 'getClientRects', 'scrollIntoView', 'scrollTo', 'classList',
      'clientLeft', 'clientTop'],
    HTMLElement: ['focus', 'blur', 'isContentEditable'],
    Document: ['querySelectorAll', 'elementFromPoint', 'createElement', 'createRange', 'evaluate', 'execCommand',
      'documentElement', 'activeElement', 'readyState', 'visibilityState', 'title', 'getAnimations'],
    DocumentFragment: ['querySelectorAll'],
    CharacterData: ['data'],
    Event: ['composedPath'],
    EventTarget: ['addEventListener', 'removeEventListener', 'dispatchEvent'],
    Map: ['get', 'set', 'has', 'delete'],
    Set: ['has', 'add'],
  };
  const ownProperty = Object.getOwnPropertyDescriptor;
  const sourceOf = Function.prototype.call.bind(Function.prototype.toString);
  const isNative = (f) => typeof f === 'function' && sourceOf(f).includes('[native code]');

  function borrow(world, type, name) {
    const property = ownProperty(world[type].prototype, name);
    return property && (property.get || property.value);
  }

  function isClean(world) {
    for (const type of Object.keys(BORROWED)) {
      if (!isNative(world[type])) return false;
      for (const name of BORROWED[type]) if (!isNative(borrow(world, type, name))) return false;
    }
    return isNative(world.WeakMap) && isNative(world.RegExp) && isNative(world.document.createElement);
  }

  // The built-ins of a frame work on this document's nodes, also after the frame is gone; but they have to be taken
  // before. A detour for pages that replaced theirs; an isolated world never takes it.
  function cleanFrame() {
    try {
      if (isClean(window)) return null;
      const frame = new DOMParser().parseFromString('<iframe hidden></iframe>', 'text/html').body.firstChild;
      return document.documentElement.appendChild(document.adoptNode(frame));
    } catch {
      return null;
    }
  }

  const frame = cleanFrame();
  const world = (frame && frame.contentWindow) || window;
  const { Map, Set, WeakMap, RegExp } = world;
  const uncurry = (f) => Function.prototype.call.bind(f);
  const take = (type, name) => uncurry(borrow(world, type, name));
  // An async function's promise is the browser's own whatever `window.Promise` is.
  const Promise = (async () => {})().constructor;

  const parentNode = take('Node', 'parentNode');
  const nodeType = take('Node', 'nodeType');
  const firstChild = take('Node', 'firstChild');
  const nextSibling = take('Node', 'nextSibling');
  const isConnected = take('Node', 'isConnected');
  const rootOf = take('Node', 'getRootNode');
  const comparePosition = take('Node', 'compareDocumentPosition');
  const localName = take('Element', 'localName');
  const shadowOf = take('Element', 'shadowRoot');
  const slotOf = take('Element', 'assignedSlot');
  const attribute = take('Element', 'getAttribute');
  const hasAttribute = take('Element', 'hasAttribute');
  const matches = take('Element', 'matches');
  const closest = take('Element', 'closest');
  const boundingRect = take('Element', 'getBoundingClientRect');
  const clientRects = take('Element', 'getClientRects');
  const scrollIntoView = take('Element', 'scrollIntoView');
  const scrollElement = take('Element', 'scrollTo');
  const classList = take('Element', 'classList');
  const clientLeft = take('Element', 'clientLeft');
  const clientTop = take('Element', 'clientTop');
  const focusElement = take('HTMLElement', 'focus');
  const blurElement = take('HTMLElement', 'blur');
  const isContentEditable = take('HTMLElement', 'isContentEditable');
  const allInElement = take('Element', 'querySelectorAll');
  const allInDocument = take('Document', 'querySelectorAll');
  const allInFragment = take('DocumentFragment', 'querySelectorAll');
  const elementFromPoint = take('Document', 'elementFromPoint');
  const createElement = take('Document', 'createElement');
  const createRange = take('Document', 'createRange');
  const evaluateXPath = take('Document', 'evaluate');
  const execCommand = take('Document', 'execCommand');
  const documentElement = take('Document', 'documentElement');
  const activeElement = take('Document', 'activeElement');
  const readyState = take('Document', 'readyState');
  const visibilityState = take('Document', 'visibilityState');
  const documentTitle = take('Document', 'title');
  const animationsOf = take('Document', 'getAnimations');
  const dataOf = take('CharacterData', 'data');
  const composedPath = take('Event', 'composedPath');
  const listen = take('EventTarget', 'addEventListener');
  const unlisten = take('EventTarget', 'removeEventListener');
  const dispatch = take('EventTarget', 'dispatchEvent');
  // Timers and observers of a removed frame are dead, so these are the page's own in any case.
  const later = window.setTimeout.bind(window);
  const never = window.clearTimeout.bind(window);
  const onFrame = window.requestAnimationFrame.bind(window);
  const styleOf = window.getComputedStyle.bind(window);
  const MutationObserver = isNative(window.MutationObserver) ? window.MutationObserver : null;
  const clock = performance.now.bind(performance);
  const escapeCss = CSS.escape;
  if (frame) frame.parentNode.removeChild(frame);

  const isElement = (node) => nodeType(node) === 1;
  const isHtml = (element) => element.namespaceURI === 'http://www.w3.org/1999/xhtml';
  // Every match of a selector below a document, shadow root or element, as an array.
  function select(root, selector) {
    const type = nodeType(root);
    const list = type === 1 ? allInElement(root, selector)
      : type === 9 ? allInDocument(root, selector) : allInFragment(root, selector);
    const found = [];
    for (let i = 0; i < list.length; i++) found[i] = list[i];
    return found;
  }

  // ---- what the engine keeps ---------------------------------------------------------------------------------------

  // Another one after each navigation. `randomUUID` is for secure contexts only, `getRandomValues` is everywhere.
  const identity = [...crypto.getRandomValues(new Uint32Array(3))].map((n) => n.toString(36)).join('');
  const tokens = new WeakMap();
  const kept = new Map();
  let lastToken = 0;
  const TOKENS_KEPT = 500;

  function tokenOf(element) {
    let token = tokens.get(element);
    if (!token) {
      lastToken += 1;
      token = 'e' + lastToken;
      tokens.set(element, token);
    }
    // Elements are held strongly until many others came, so that a long case cannot keep a whole page's past alive.
    kept.set(token, element);
    kept.delete('e' + (lastToken - TOKENS_KEPT));
    return token;
  }

  // What was computed during one look at the page; the page cannot change within it.
  const blankMemo = () => ({
    rendered: new Map(), exposed: new Map(), raw: new Map(), shown: new Map(), roots: new Map(), order: null,
    labels: null, roles: new Map(), huge: null,
  });
  let memo = blankMemo();
