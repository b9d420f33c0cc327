// The row of figures, and what slider steps will bring: the figures of the designs that the slider in use leads to are
// asked for when it is taken up, and shown with the slider's own movement. The server's answer then changes nothing.
//
// Two mounts: the row itself, and a silent one that brings those designs ("ahead"). The chart moves its marker along.

const shared = (globalThis.sotexploreCharts ??= { points: new Map(), charts: new Map(), events: new EventTarget() });
const ahead = (shared.ahead ??= { found: {}, component: null, rows: new Set(), asked: null, context: null, watching: false });
const ARROWS = { up: "↑ ", down: "↓ ", off: "" };
const SLIDERS = ["prune_ratio", "weight_bits", "activation_bits", "subarray_rows", "subarray_cols"];
const [MARGIN, LINGERING_MS] = [2, 120];

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".sotexplore-figures");
  if (!root) return takeAhead(component);
  root.sotexploreData = data;
  ahead.context = data.context;
  ahead.rows.add(root);
  watch();
  show(root);
  ask();
}

function takeAhead(component) {
  ahead.component = component;
  ahead.found = component.data;
  if (!ahead.found.entries) ahead.asked = null; // the page ran as a whole
  for (const root of ahead.rows) show(root);
  ask();
}

// The entry of the design that the sliders show, where it is known and of the same page as `context`.
shared.entryAhead = (context) => {
  const { found } = ahead;
  if (!found.entries || found.context !== context) return null;
  const values = sliderValues(found.base);
  const others = Object.keys(values).filter((name) => name !== found.field);
  if (others.some((name) => values[name] !== found.base[name])) return null;
  return found.entries[values[found.field]] ?? null;
};

function sliderValues(base) {
  return Object.fromEntries(Object.keys(base).map((name) => [name, valueOf(input(name))]));
}

function input(name) {
  return document.querySelector(`.st-key-${name} input[type="range"]`);
}

function valueOf(slider) {
  return slider ? Number(slider.value).toFixed(3) : "";
}

function show(root) {
  if (!root.isConnected) return ahead.rows.delete(root);
  const data = root.sotexploreData;
  const { tiles, note, cautions } = shared.entryAhead(data.context) ?? data;
  const list = root.querySelector(".sotexplore-tiles");
  fit(list, tiles.length, makeTile);
  tiles.forEach((tile, place) => fill(list.children[place], tile));
  say(root.querySelector(".sotexplore-note"), note);
  const warnings = root.querySelector(".sotexplore-cautions");
  fit(warnings, cautions.length, () => make("p", "sotexplore-caution"));
  cautions.forEach((text, place) => say(warnings.children[place], `⚠ ${text}`));
}

function fit(parent, count, create) {
  while (parent.children.length < count) parent.append(create());
  while (parent.children.length > count) parent.lastChild.remove();
}

function make(kind, name) {
  const element = document.createElement(kind);
  element.className = name;
  return element;
}

function makeTile() {
  const tile = make("div", "sotexplore-tile");
  const label = document.createElement("dt");
  const help = make("span", "sotexplore-help");
  help.textContent = "?";
  help.tabIndex = 0;
  help.setAttribute("role", "note");
  label.append(make("span", "sotexplore-label"), help);
  const change = document.createElement("dd");
  change.append(make("span", "sotexplore-change"));
  tile.append(label, make("dd", "sotexplore-value"), change);
  return tile;
}

function fill(tile, { label, value, change, arrow, verdict, help }) {
  say(tile.querySelector(".sotexplore-label"), label);
  say(tile.querySelector(".sotexplore-value"), value);
  const shift = tile.querySelector(".sotexplore-change");
  say(shift, change ? ARROWS[arrow] + change : "");
  if (shift.dataset.verdict !== verdict) shift.dataset.verdict = verdict;
  const mark = tile.querySelector(".sotexplore-help");
  if (mark.dataset.help === help) return;
  mark.dataset.help = help;
  mark.hidden = !help;
  mark.style.display = help ? "" : "none";
  mark.setAttribute("aria-label", help);
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Follows the sliders: their movement shows what is known, taking one up asks for what is not.
function watch() {
  if (ahead.watching) return;
  ahead.watching = true;
  const moved = () => {
    for (const root of ahead.rows) show(root);
    for (const follow of shared.followers ?? []) follow();
  };
  const observer = new MutationObserver((changes) => changes.some(({ target }) => target.type === "range") && moved());
  observer.observe(document.body, { subtree: true, attributes: true, attributeFilter: ["value", "aria-valuetext"] });
  document.addEventListener("focusin", ask);
  document.addEventListener("pointerover", ask);
}

// Asks for the designs around the present one along the slider that is in use, once; a pointer that passes by asks nothing.
function ask(event) {
  const name = sliderInUse(event?.target ?? document.activeElement);
  window.clearTimeout(ahead.timer);
  if (name) ahead.timer = window.setTimeout(() => send(name), event ? LINGERING_MS : 0);
}

function send(name) {
  const { component, context, found } = ahead;
  if (!component || ![...ahead.rows].some((root) => root.isConnected)) return;
  const known = found.field === name && shared.entryAhead(context) && wideEnough(found.entries, input(name));
  const wanted = JSON.stringify([name, context, SLIDERS.map((slider) => valueOf(input(slider)))]);
  if (known || ahead.asked === wanted) return;
  ahead.asked = wanted;
  ahead.count = (ahead.count ?? 0) + 1;
  component.setStateValue("asked", { field: name, context, count: ahead.count });
}

function sliderInUse(element) {
  return SLIDERS.find((name) => element?.closest?.(`.st-key-${name}`));
}

// Whether the entries reach a few steps to both sides, or to the slider's ends.
function wideEnough(entries, slider) {
  const places = Object.keys(entries).sort((a, b) => a - b);
  const place = places.indexOf(valueOf(slider));
  const below = place >= MARGIN || entries[places[0]].first;
  const above = place < places.length - MARGIN || entries[places.at(-1)].last;
  return below && above;
}
