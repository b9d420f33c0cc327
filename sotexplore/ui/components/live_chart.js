// Live chart: draws a plotly figure with Plotly.react, keeps zoom and selection, moves the marker of the current design
// without redrawing the points, and reports clicks and selections back.
//
// The points come through a second, silent mount of this module, as bytes, so that a slider step that leaves
// them alone does not send them again. The two meet here, in `shared`, under a channel name.

const shared = (globalThis.sotexploreCharts ??= { points: new Map(), charts: new Map(), events: new EventTarget() });
const LIBRARY = "plotly";
const SMALL = 64;

export default function (component) {
  return component.data instanceof Uint8Array ? keepPoints(component.data) : drawChart(component);
}

// A message of points: channel, revision, turn and the traces as JSON, one line each. The traces are read only when they are new.
function keepPoints(message) {
  const text = (from, to) => new TextDecoder().decode(message.subarray(from, to));
  const first = message.indexOf(10);
  const second = message.indexOf(10, first + 1);
  const [channel, revision] = [text(0, first), text(first + 1, second)];
  if (shared.points.get(channel)?.revision === revision) return;
  const third = message.indexOf(10, second + 1);
  shared.points.set(channel, { revision, traces: JSON.parse(text(third + 1)) });
  shared.charts.get(channel)?.();
}

function drawChart(component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".sotexplore-chart");
  const chart = (root.sotexploreChart ??= mount(root, data.channel));
  if (root.getAttribute("aria-label") !== data.label) root.setAttribute("aria-label", data.label);
  if (root.style.height !== `${data.height}px`) root.style.height = `${data.height}px`;
  chart.component = component;
  chart.draw();
  return chart.unmount;
}

function mount(root, channel) {
  const plot = root.querySelector(".sotexplore-plot");
  const chart = { plot, root, drawn: null, asked: {}, told: null, component: null, queue: Promise.resolve(), selected: "[]", paints: 0 };
  chart.draw = () => {
    chart.queue = chart.queue.then(() => update(chart)).catch((error) => fail(chart, error));
  };
  const observer = new ResizeObserver(() => window.requestAnimationFrame(() => resize(chart)));
  observer.observe(root);
  const onLibrary = () => chart.draw();
  shared.events.addEventListener(LIBRARY, onLibrary);
  shared.charts.set(channel, chart.draw);
  const follow = () => chart.drawn && moveMarker(chart);
  (shared.followers ??= new Set()).add(follow);
  chart.unmount = () => {
    if (root.isConnected) return; // Streamlit also calls this for a step that a faster one overtook
    observer.disconnect();
    shared.events.removeEventListener(LIBRARY, onLibrary);
    shared.followers.delete(follow);
    if (shared.charts.get(channel) === chart.draw) shared.charts.delete(channel);
    if (globalThis.Plotly && chart.drawn) globalThis.Plotly.purge(plot);
    delete root.sotexploreChart;
  };
  return chart;
}

async function update(chart) {
  const { data } = chart.component;
  if (!tellLibrary(chart)) return;
  const points = shared.points.get(data.channel);
  if (!points || points.revision !== data.revision) return;
  const theme = readTheme(chart.root);
  const wanted = JSON.stringify([data.revision, data.layout, theme]);
  if (chart.drawn !== wanted) await redraw(chart, points, theme, wanted);
  moveMarker(chart);
  chart.root.dataset.paints = String((chart.paints += 1));
}

// Whether plotly.js is here; Python is told when it believes otherwise, and sends it or stops sending it.
function tellLibrary(chart) {
  const { data, setStateValue } = chart.component;
  const loaded = Boolean(globalThis.Plotly);
  if (data.library !== loaded && chart.told !== loaded) setStateValue("library", loaded);
  chart.told = data.library === loaded ? null : loaded;
  return loaded;
}

async function redraw(chart, points, theme, wanted) {
  const { data } = chart.component;
  const first = chart.drawn === null;
  const traces = points.traces.map((trace) => paint(trace, theme));
  if (!hasWebGl()) traces.forEach((trace) => (trace.type = trace.type === "scattergl" ? "scatter" : trace.type));
  const layout = keepSelection(chart, keepZoom(chart, paint(data.layout, theme)));
  await globalThis.Plotly.react(chart.plot, traces, withTheme(layout, theme), { ...config(chart), ...data.config });
  chart.drawn = wanted;
  chart.root.classList.add("sotexplore-drawn");
  if (first) listen(chart);
  else select(chart, stillSelected(chart.plot));
}

// An axis that the reader zoomed keeps its range when new data ask for another, as long as it shows the same quantity.
function keepZoom(chart, layout) {
  for (const key of axesOf(layout)) {
    const { range, uirevision } = layout[key];
    const asked = chart.asked[key];
    const shown = chart.plot.layout?.[key]?.range;
    if (asked?.uirevision === uirevision && shown && differ(shown, asked.range)) layout[key].range = [...shown];
    chart.asked[key] = { range: [...(range ?? [])], uirevision };
  }
  return layout;
}

// Likewise the chosen tool, and a lasso, which then takes in the new data's points.
function keepSelection(chart, layout) {
  const drawn = chart.plot.layout;
  if (!drawn) return layout;
  const same = drawn.selectionrevision === layout.selectionrevision;
  return { ...layout, dragmode: drawn.dragmode, ...(same && drawn.selections?.length ? { selections: drawn.selections } : {}) };
}

async function reset(chart) {
  const axes = Object.entries(chart.asked).filter(([, { range }]) => range.length);
  const ranges = Object.fromEntries(axes.map(([key, { range }]) => [`${key}.range`, [...range]]));
  await globalThis.Plotly.update(chart.plot, { selectedpoints: null }, { ...ranges, selections: [] });
  select(chart, []);
}

function axesOf(layout) {
  return Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
}

function differ(a, b) {
  return a.some((value, place) => Math.abs(value - b[place]) > 1e-9 * (1 + Math.abs(value)));
}

// The marker lies over the plot as an element of its own: to move it, nothing is drawn again.
function moveMarker(chart) {
  const star = chart.root.querySelector(".sotexplore-star");
  const place = placeOf(markerOf(chart), chart.plot._fullLayout);
  if (star.hidden !== (place === null)) star.hidden = place === null;
  const transform = place ? `translate(${place[0]}px, ${place[1]}px) translate(-50%, -50%)` : star.style.transform;
  if (star.style.transform !== transform) star.style.transform = transform;
  moveBars(chart, place);
}

// The marker of the design that the sliders show, where it is known before the server's answer.
function markerOf({ component }) {
  const { data } = component;
  const entry = data.context ? shared.entryAhead?.(data.context) : null;
  return entry ? entry.marker : data.marker;
}

// The bars of the current design's uncertainty, likewise over the plot.
function moveBars(chart, place) {
  const { marker } = chart.component.data;
  const layout = chart.plot._fullLayout;
  for (const [name, index, side] of [["x", 0, "width"], ["y", 1, "height"]]) {
    const bar = chart.root.querySelector(`.sotexplore-bar-${name}`);
    const ends = marker?.[`${name}_ends`];
    const hidden = !(place && ends);
    if (bar.hidden !== hidden) bar.hidden = hidden;
    if (hidden) continue;
    const axis = layout[`${name}axis`];
    const [from, to] = ends.map((end) => within(axis.d2p(end), axis._length)).sort((a, b) => a - b);
    const start = [...place];
    start[index] = axis._offset + from;
    bar.style.transform = `translate(${start[0]}px, ${start[1]}px)`;
    bar.style[side] = `${Math.max(1, to - from)}px`;
  }
}

function within(place, length) {
  return Math.min(length, Math.max(0, Number.isFinite(place) ? place : 0));
}

function placeOf(marker, layout) {
  if (!marker) return null;
  const inside = [[layout.xaxis, marker.x], [layout.yaxis, marker.y]].map(([axis, value]) => [axis, axis.d2p(value)]);
  if (inside.some(([axis, place]) => !(place >= -1 && place <= axis._length + 1))) return null;
  return inside.map(([axis, place]) => axis._offset + place);
}

// The picture to save has no page behind it and no elements on top: the background is filled, the marker an annotation.
function savePicture({ plot, root, component }) {
  const { marker } = component.data;
  const layout = { ...plot.layout, paper_bgcolor: readTheme(root).background, annotations: [...(plot.layout.annotations ?? [])] };
  const at = (axis, value) => (axis.type === "log" ? Math.log10(value) : value);
  if (marker) {
    const { xaxis, yaxis } = plot._fullLayout;
    const place = { x: at(xaxis, marker.x), y: at(yaxis, marker.y) };
    layout.annotations.push({ ...place, text: "★", showarrow: false, font: { size: 28 } });
  }
  const { width, height } = plot._fullLayout;
  globalThis.Plotly.downloadImage({ data: plot.data, layout }, { format: "png", scale: 2, width, height, filename: "sotexplore" });
}

function listen(chart) {
  for (const event of ["plotly_relayout", "plotly_relayouting", "plotly_afterplot"]) chart.plot.on(event, () => moveMarker(chart));
  chart.plot.on("plotly_doubleclick", () => reset(chart));
  chart.plot.on("plotly_click", (event) => {
    const id = event?.points?.find((point) => point.customdata !== undefined)?.customdata?.[0];
    if (id !== undefined) chart.component.setTriggerValue("clicked", id);
  });
  chart.plot.on("plotly_selected", (event) => select(chart, idsOf(event?.points ?? [])));
  chart.plot.on("plotly_deselect", () => select(chart, []));
}

function idsOf(points) {
  const ids = points.filter((point) => point.customdata !== undefined).map((point) => point.customdata[0]);
  return [...new Set(ids)].sort((a, b) => a - b);
}

// New data under an old lasso: plotly.js selects anew and says so to nobody.
function stillSelected(plot) {
  const ids = plot.data.flatMap(({ selectedpoints, customdata }) => (selectedpoints ?? []).map((place) => customdata?.[place]?.[0]));
  return [...new Set(ids.filter((id) => id !== undefined))].sort((a, b) => a - b);
}

function select(chart, ids) {
  const text = JSON.stringify(ids);
  if (chart.selected === text) return;
  chart.selected = text;
  chart.component.setStateValue("selected", ids);
}

function resize(chart) {
  if (chart.drawn && chart.root.isConnected && chart.root.clientWidth > 0) globalThis.Plotly.Plots.resize(chart.plot);
}

function fail(chart, error) {
  const message = chart.root.querySelector(".sotexplore-wait");
  message.textContent = `The chart could not be drawn: ${error.message}`;
  chart.root.classList.remove("sotexplore-drawn");
  chart.drawn = null;
}

// Theme: figures name colours by role ("@text", "@grid", "@c0"...); here they become the colours of the page.

function readTheme(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return {
    text: read("text-color"),
    muted: read("gray-text-color"),
    grid: read("border-color"),
    background: read("background-color"),
    panel: read("secondary-background-color"),
    primary: read("primary-color"),
    font: read("font"),
    palette: read("chart-categorical-colors").split(","),
  };
}

function paint(value, theme) {
  if (typeof value === "string") return value.replace(/@(c\d+|[a-z]+)/g, (name) => colour(name, theme));
  if (Array.isArray(value)) return value.length > SMALL ? value : value.map((item) => paint(item, theme));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, paint(item, theme)]));
}

function colour(name, theme) {
  const place = /^@c(\d+)$/.exec(name);
  return place ? theme.palette[Number(place[1]) % theme.palette.length].trim() : (theme[name.slice(1)] ?? name);
}

function withTheme(layout, theme) {
  const axis = { gridcolor: theme.grid, linecolor: theme.grid, zerolinecolor: theme.grid, tickcolor: theme.grid };
  const axes = axesOf(layout);
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    ...layout,
    ...Object.fromEntries(axes.map((key) => [key, { ...axis, ...layout[key] }])),
    font: { family: theme.font, color: theme.text, size: 13, ...layout.font },
    hoverlabel: { bgcolor: theme.panel, bordercolor: theme.grid, font: { family: theme.font, color: theme.text, size: 12 }, align: "left" },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.muted, activecolor: theme.primary, ...layout.modebar },
    newselection: { line: { color: theme.text, width: 1.5 } },
    activeselection: { fillcolor: theme.primary, opacity: 0.08 },
  };
}

function config(chart) {
  const save = {
    name: "save",
    title: "Save as picture",
    icon: globalThis.Plotly.Icons.camera,
    click: () => savePicture(chart),
  };
  const home = {
    name: "reset",
    title: "Reset axes and selection",
    icon: globalThis.Plotly.Icons.home,
    click: () => reset(chart),
  };
  return {
    displaylogo: false,
    displayModeBar: true,
    doubleClick: false,
    modeBarButtons: [["zoom2d", "pan2d", "select2d", "lasso2d"], [home, save]],
  };
}

let webGl = null;

function hasWebGl() {
  if (webGl === null) webGl = Boolean(document.createElement("canvas").getContext("webgl"));
  return webGl;
}
