// Draws the model of a case with each step's state and the place of its tokens. Reads XML and states from this host only.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const READABLE = 0.8; // labels have 12 px at 1
const MARGIN = 20;
const MARK = 60; // pixels that the bpmn.io mark needs below the drawing
const MARKS = { open: 'step-open', done: 'step-done', late: 'step-late', 'open-late': 'step-open-late' };

/** A label beside a step. Built as nodes, never as markup: names come from people. */
function badge(text, kind) {
  const node = document.createElement('span');
  node.className = `diagram-badge ${kind}`;
  node.textContent = text;
  return node;
}

function fit(canvas) {
  canvas.zoom('fit-viewport', 'auto');
  const box = canvas.viewbox();
  // The licence wants the bpmn.io mark in the lower right corner clear of the drawing.
  canvas.viewbox({ x: box.x - box.width * 0.02, y: box.y - box.height * 0.02, width: box.width * 1.04, height: box.height * 1.1 });
}

/** Opens where the case stands, as large as the height allows; the whole drawing is one button away. */
function show(viewer, states) {
  const canvas = viewer.get('canvas');
  fit(canvas);
  const here = states.filter(({ token }) => token).map(({ step }) => viewer.get('elementRegistry').get(step)).filter(Boolean);
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min(READABLE, (outer.height - MARK) / (inner.height + MARGIN));
  if (!here.length || scale <= canvas.zoom()) return;
  const [width, height] = [outer.width / scale, outer.height / scale];
  const middle = here.reduce((sum, shape) => sum + shape.x + shape.width / 2, 0) / here.length;
  const last = inner.x + inner.width + MARGIN - width;
  canvas.viewbox({ x: Math.max(inner.x - MARGIN, Math.min(middle - width / 2, last)), y: inner.y - MARGIN, width, height });
}

function mark(viewer, states, words) {
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  const shapes = viewer.get('elementRegistry');
  for (const { step, state, times, token } of states) {
    if (!shapes.get(step)) continue;
    if (MARKS[state]) canvas.addMarker(step, MARKS[state]);
    if (token) overlays.add(step, { position: { top: -14, left: -10 }, html: badge(words.token, state === 'open-late' ? 'token late' : 'token') });
    if (times > 1) overlays.add(step, { position: { bottom: 12, left: -8 }, html: badge(`×${times}`, 'times') });
  }
}

function buttons(root, canvas) {
  const act = { in: () => canvas.zoom(canvas.zoom() * 1.25), out: () => canvas.zoom(canvas.zoom() / 1.25), fit: () => fit(canvas) };
  root.querySelectorAll('[data-zoom]').forEach((button) => button.addEventListener('click', () => act[button.dataset.zoom]()));
}

async function draw(root) {
  const place = root.querySelector('.diagram-canvas');
  if (!place.offsetParent) return; // on a phone the step table stands in for the drawing
  const viewer = new NavigatedViewer({
    container: place,
    zoomScroll: { enabled: false }, // a wheel over the drawing scrolls the page, as everywhere else
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 14 }, externalStyle: { fontSize: 11 } },
    bpmnRenderer: { defaultFillColor: 'var(--diagram-fill)', defaultStrokeColor: 'var(--diagram-ink)', defaultLabelColor: 'var(--diagram-ink)' },
  });
  try {
    const answer = await fetch(root.dataset.model, { credentials: 'same-origin' });
    if (!answer.ok) throw new Error(`model: ${answer.status}`);
    await viewer.importXML(await answer.text());
    const states = JSON.parse(root.dataset.states);
    mark(viewer, states, root.dataset);
    show(viewer, states);
    buttons(root, viewer.get('canvas'));
    root.dataset.drawn = '1';
  } catch (reason) {
    root.classList.add('diagram-failed');
    root.dataset.drawn = '0';
    console.error(reason);
  }
}

document.querySelectorAll('[data-diagram]').forEach(draw);
