"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const CONTRASTS = [1, 2, 4];
const STORIES = [["all", "All channels together"], ["strongest", "The strongest channel"]];
const chosen = {image: 0, layer: 0, unit: 0, way: 0, contrast: 0, story: 0};
const built = {photos: false, story: "", sheet: "", all: -1};  // what stands on the page, so that it is not built again
const short = number => {
  if (number === 0) return "0";
  const text = Math.abs(number) >= 1e5 || Math.abs(number) < 1e-3 ? number.toExponential(2) : String(+number.toPrecision(3));
  return text.replace("-", "\u2212");
};
const percent = share => share >= 0.0005 ? (100 * share).toFixed(1) + "\u00a0%" : "below\u00a00.1\u00a0%";
const made = (tag, values = {}, ...parts) => {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...parts);
  return element;
};
const box = ([top, left, bottom, right]) =>
  `rows ${top} to ${bottom - 1}, columns ${left} to ${right - 1}`;
const titled = unit => `channel ${unit.channel}${unit.name ? `, ${unit.name}` : ""}`;

// A picture of a grid of width × height, whole or the part [top, left, bottom, right] of it, with a box marked. Contrast
// stretches about grey; a signal drawn smaller than it is gets more, since neighbours of opposite signs cancel. Few large pixels are drawn as such, many small ones smoothly: else they beat with the screen's.
function show(frame, {src, alt, width, height, part = [0, 0, height, width], mark = null, contrast = 1, most = 24, signal = false}) {
  const [top, left, bottom, right] = part, high = bottom - top, wide = right - left;
  const image = made("img", {src, alt, loading: "lazy", draggable: false});
  const times = (frame.clientWidth || 16 * most) / wide;
  const strong = signal && times < 1 ? contrast * Math.min(2, 1 / times) : contrast;
  image.style.cssText = `width:${100 * width / wide}%;height:${100 * height / high}%;` +
    `left:${-100 * left / wide}%;top:${-100 * top / high}%;image-rendering:${times >= 3 ? "pixelated" : "auto"}` +
    (strong > 1 ? `;filter:contrast(${strong.toFixed(2)})` : "");
  frame.style.aspectRatio = `${wide} / ${high}`;
  frame.style.maxWidth = `${Math.min(most, most * wide / high)}rem`;
  frame.replaceChildren(image);
  if (mark) {
    const [above, before, below, after] = mark, far = Math.min((below - above) / high, (after - before) / wide);
    const line = made("div", {className: far > 0.12 ? "mark large" : "mark"});
    line.style.cssText = `top:${100 * (above - top) / high}%;left:${100 * (before - left) / wide}%;` +
      `height:${100 * (below - above) / high}%;width:${100 * (after - before) / wide}%`;
    frame.append(line);
  }
}
const frameOf = id => byId(id).querySelector(".frame");
const caption = (id, words) => { byId(id).querySelector("figcaption").textContent = words; };

function choices(id, words, key, then) {
  byId(id).replaceChildren(...words.map((word, i) => {
    const button = made("button", {type: "button", textContent: word});
    button.addEventListener("click", () => { chosen[key] = i; then(); });
    return button;
  }));
}
const press = (id, at) => [...byId(id).children].forEach((child, i) => child.setAttribute("aria-pressed", i === at));

const wayOf = unit => chosen.way < unit.projections.length ? chosen.way : 0;  // weaker channels have the first alone
const here = () => {
  const image = data.images[chosen.image], layer = image.layers[chosen.layer], unit = layer.units[chosen.unit];
  return {image, layer, unit, name: data.layers[chosen.layer], way: data.ways[wayOf(unit)]};
};
const isVector = ([, rows, columns]) => rows * columns === 1;
const sizeOf = ([count, rows, columns]) => isVector([count, rows, columns]) ? `${count} units` : `${count} maps of ${rows}×${columns}`;

function photos() {
  if (built.photos || data.images.length < 2) return;
  built.photos = true;
  byId("photos").hidden = false;
  byId("photos").append(...data.images.map((image, i) => {
    const best = image.scores[0];
    const button = made("button", {type: "button"}, made("img", {src: image.src, alt: ""}), image.name);
    if (best) button.append(made("br"), made("span", {className: "soft", textContent: `${best.name} ${percent(best.probability)}`}));
    button.addEventListener("click", () => move(i, chosen.layer));
    return button;
  }));
}

function says() {
  const {image} = here(), {width, height, scores, looks} = image, best = scores[0];
  byId("h-says").textContent = best ? `${data.net} takes ${image.name} for: ${best.name}, ${percent(best.probability)}` : image.name;
  show(frameOf("input"), {src: image.src, width, height, alt: `${image.name}, ${width} by ${height} pixels`});
  caption("input", `${image.name}, ${width}×${height} pixels, as the net is given it.`);
  byId("looks").hidden = !looks;
  if (looks) {
    show(frameOf("looks"), {src: looks.src, width, height,
      alt: `The picture under the heat of Grad-CAM for ${looks.target}` + (looks.empty ? ": none" : "")});
    caption("looks", looks.empty ? `Grad-CAM: nothing in the maps of ${looks.layer} speaks for ${looks.target}.`
      : `Bright is what speaks for ${looks.target}, dark what does not: Grad-CAM over the ` +
        `${looks.places[0]}×${looks.places[1]} places of ${looks.layer} (Selvaraju et al. 2017).`);
  }
  byId("scores").hidden = !scores.length;
  byId("scores").querySelector("tbody").replaceChildren(...scores.map(score => {
    const label = made("th", {scope: "row", textContent: score.name});
    label.style.setProperty("--share", 100 * score.probability + "%");
    return made("tr", {}, label, made("td", {}, percent(score.probability)));
  }));
  caption("scores", `The ${scores.length} most probable of its classes; a full bar is 100 %.`);
}

const storyAlt = (image, layer, i) => chosen.story === 0
  ? `All channels of ${data.layers[i]} on ${image.name}, projected back together`
  : `Channel ${layer.story.channel} of ${data.layers[i]} on ${image.name}, projected back`;

function story() {
  const {image} = here(), key = STORIES[chosen.story][0], now = `${chosen.image} ${key}`;
  if (built.story !== now) {
    built.story = now;
    const rows = Math.ceil(image.layers.length / 6);  // full rows, if it can be
    byId("layers").style.setProperty("--columns", Math.max(4, Math.ceil(image.layers.length / rows)));
    const tiles = [];  // drawn when they are as wide as they will be
    byId("layers").replaceChildren(...image.layers.map((layer, i) => {
      const frame = made("div", {className: "frame"}), told = layer.story;
      const words = chosen.story === 0 ? sizeOf(layer.shape) : `channel ${told.channel} of ${layer.shape[0]}`;
      const button = made("button", {type: "button", className: "tile"}, frame, made("b", {textContent: data.layers[i]}),
        made("span", {className: "soft of", textContent: words}));
      tiles.push(() => show(frame, {src: told[key].src, width: image.width, height: image.height, most: 20, signal: true, alt: storyAlt(image, layer, i)}));
      button.addEventListener("click", () => { move(chosen.image, i); reveal("sheet"); });
      return button;
    }));
    tiles.forEach(draw => draw());
  }
  press("layers", chosen.layer);
  press("stories", chosen.story);
}

function all() {
  if (data.images.length < 2 || built.all === chosen.story) return;
  built.all = chosen.story;
  byId("all").hidden = false;
  const key = STORIES[chosen.story][0];
  const cell = (image, src, alt, go) => {
    const button = made("button", {type: "button"}, made("img", {src, alt, loading: "lazy", width: image.width, height: image.height}));
    button.querySelector("img").style.height = "auto";
    button.addEventListener("click", go);
    return button;
  };
  byId("all").querySelector("table").replaceChildren(
    made("tr", {}, made("td"), ...data.layers.map(name => made("th", {scope: "col", textContent: name}))),
    ...data.images.map((image, n) => made("tr", {},
      made("th", {scope: "row"}, cell(image, image.src, image.name, () => { move(n, chosen.layer); reveal("says"); }),
        image.scores.length ? image.scores[0].name : image.name),
      ...image.layers.map((layer, i) => made("td", {}, cell(image, layer.story[key].src, storyAlt(image, layer, i),
        () => { move(n, i); reveal("sheet"); }))))));
}

// The square around what a unit sees, and no less than an eighth of the picture.
function around([top, left, bottom, right], {width, height}) {
  const side = Math.max(bottom - top, right - left, Math.ceil(Math.min(width, height) / 8), 1);
  const y = Math.round((top + bottom - side) / 2), x = Math.round((left + right - side) / 2);
  return [y, x, y + side, x + side];
}

function sheet() {
  const {image, layer, name} = here(), now = `${chosen.image} ${chosen.layer} ${chosen.way} ${chosen.contrast}`;
  if (built.sheet !== now) {
    built.sheet = now;
    const count = layer.units.length, [, rows, columns] = layer.shape;
    byId("h-sheet").textContent = `${name}: its ${count > 1 ? `${count} strongest channels` : "channel"} of ${layer.shape[0]}`;
    byId("layer").value = chosen.layer;
    const cards = [];
    byId("channels").replaceChildren(...layer.units.map((unit, i) => {
      const frames = [0, 1, 2].map(() => made("div", {className: "frame"}));
      const card = made("button", {type: "button", className: "card"}, made("div", {className: "trio"}, ...frames),
        made("b", {textContent: titled(unit)}), made("span", {className: "soft", textContent: `activation ${short(unit.activation)}`}));
      const {width, height} = image, part = around(unit.field, image), small = part[2] - part[0] > unit.field[2] - unit.field[0];
      const each = {width, height, part, most: 8, mark: small ? unit.field : null}, projected = unit.projections[wayOf(unit)];
      cards.push(() => {
        show(frames[0], {...each, src: image.src, alt: `What ${titled(unit)} sees`});
        show(frames[1], {src: unit.map.src, width: columns, height: rows, most: 8, alt: "Its map"});
        show(frames[2], {...each, signal: true, src: projected.src, contrast: CONTRASTS[chosen.contrast], alt: "Its projection"});
      });
      card.addEventListener("click", () => { chosen.unit = i; changed(); reveal("unit"); });
      return card;
    }));
    cards.forEach(draw => draw());
  }
  press("channels", chosen.unit);
}

function detail() {
  const {image, layer, unit, name, way} = here(), {width, height} = image;
  const projected = unit.projections[wayOf(unit)], [maps, rows, columns] = layer.shape, sees = unit.field;
  const whole = sees[0] === 0 && sees[1] === 0 && sees[2] === height && sees[3] === width;
  const blind = sees[0] >= sees[2] || sees[1] >= sees[3];
  const where = isVector(layer.shape) ? "" : `, at row ${unit.y}, column ${unit.x}`, spot = [unit.y, unit.x, unit.y + 1, unit.x + 1];
  const sight = blind ? "nothing of the picture" : whole ? "the whole picture" : box(sees);
  const off = projected.scale === 0 ? " All of it is zero." : "";
  const contrast = CONTRASTS[chosen.contrast], white = short(projected.scale / contrast);
  const signal = `Grey is zero, white +${white} and beyond, black \u2212${white} and beyond; the largest is ` +
    `${short(Math.max(projected.high, -projected.low))}.${off}`;
  byId("h-unit").textContent = `${name}, ${titled(unit)}`;
  byId("status").textContent = `${image.name}; layer ${name}, ${maps} channels of ${rows}×${columns}; channel ${unit.channel}, ` +
    `number ${chosen.unit + 1} of the ${layer.units.length} shown. Its strongest unit${where}, has the activation ` +
    `${short(unit.activation)} and sees ${sight}. Projected back by ${way.called}.`;
  press("ways", wayOf(unit));
  [...byId("ways").children].forEach((button, i) => { button.disabled = i >= unit.projections.length; });
  press("contrasts", chosen.contrast);

  show(frameOf("field"), {src: image.src, width, height, mark: blind ? null : sees,
    alt: `${image.name}; a box marks what the unit sees: ${sight}`});
  caption("field", `The box: ${sight}${unit.beyond ? ", and padding beyond the edge" : ""}. Rows and columns count from 0.`);
  show(frameOf("map"), {src: unit.map.src, width: columns, height: rows, mark: isVector(layer.shape) ? null : spot,
    alt: `Activation map of ${name}, channel ${unit.channel}: ${rows} by ${columns} units, ${unit.map.on} of them above zero; ` +
      `the strongest, ${short(unit.activation)}, at row ${unit.y}, column ${unit.x}, is marked`});
  caption("map", `${unit.map.on} of ${rows * columns} units above zero, the chosen one marked. ` +
    (unit.map.signed ? `Grey is zero, white +${short(unit.map.scale)}, black \u2212${short(unit.map.scale)}.`
      : `Black is zero, the brightest ${short(unit.map.scale)}.`));
  show(frameOf("projection"), {src: projected.src, width, height, contrast, mark: blind || whole ? null : sees,
    alt: `Projection by ${way.called}: values from ${short(projected.low)} to ${short(projected.high)}`});
  caption("projection", `${way.name}: ${way.how}. ${signal}`);
  const frames = byId("seen").querySelectorAll(".frame");
  byId("seen").hidden = blind || whole;
  if (!blind && !whole) {
    show(frames[0], {src: image.src, width, height, part: sees, alt: `The picture, ${sight}: what the unit sees`});
    show(frames[1], {src: projected.src, width, height, contrast, part: sees, alt: `The projection by ${way.called}, ${sight}`});
    caption("seen", `Cut to what the unit sees, ${sight}.`);
  }
  byId("top").hidden = !unit.top;
  if (unit.top) {
    Object.assign(byId("top").querySelector("img"), {src: unit.top.src,
      alt: `Parts of ${unit.top.count} pictures that excite ${name}, channel ${unit.channel} most`});
    caption("top", `Of ${unit.top.of} pictures the ${unit.top.count} that excite this channel most, each cut to what its unit sees: ` +
      `from ${short(unit.top.most)} to ${short(unit.top.least)}.`);
  }
  doubts(unit, projected, way, {width, height, contrast, blind, sees, sight, name, image});
}

function doubts(unit, projected, way, {width, height, contrast, blind, sees, sight, name, image}) {
  const check = projected.random;
  byId("sanity").hidden = !check;
  byId("no-sanity").hidden = !!check;
  if (check) {
    const part = blind ? undefined : sees, cut = blind ? "" : `, cut to ${sight}`;
    show(frameOf("trained"), {src: projected.src, width, height, contrast, part,
      alt: `Projection by ${way.called} with the trained weights, ±${short(projected.scale)}`});
    show(frameOf("random"), {src: check.src, width, height, contrast, part,
      alt: `The same with random weights, ±${short(check.scale)}. ${check.verdict}`});
    caption("trained", `${way.name}${cut}. White and black are ±${short(projected.scale / contrast)} and beyond.`);
    caption("random", `${way.name}, the same unit. White and black are ±${short(check.scale / contrast)} and beyond.`);
    byId("verdict").textContent = check.verdict;
  }
  const swept = image.occlusion, lost = unit.occlusion;
  byId("occlusion").hidden = !(swept && lost);
  byId("no-occlusion").hidden = !!(swept && lost);
  if (!swept || !lost) return;
  const grid = {width, height};
  show(frameOf("probability"), {...grid, src: swept.probability.src, mark: swept.probability.box,
    alt: `Probability of ${swept.target} while a square covers each place: from ${percent(swept.probability.least)} to ` +
      `${percent(swept.probability.most)}, ${percent(swept.probability.bare)} without it`});
  caption("probability", `${swept.target}: ${percent(swept.probability.bare)} without a square. Black ` +
    `${percent(swept.probability.black)}, white ${percent(swept.probability.white)}. The box is the square that leaves least, ${percent(swept.probability.least)}.`);
  show(frameOf("predicted"), {...grid, src: swept.predicted.src,
    alt: "Predicted class while a square covers each place: " +
      swept.predicted.legend.map(entry => `${entry.name} ${entry.places}`).join(", ")});
  byId("predicted").querySelector(".legend").replaceChildren(...swept.predicted.legend.map(entry => {
    const swatch = made("span", {className: "swatch"});
    swatch.style.background = entry.colour;
    return made("li", {}, swatch, `${entry.name}: ${entry.places} of ${swept.places}`);
  }));
  caption("predicted", `Which class is most probable while the square is centred there, at ${swept.places} places.`);
  show(frameOf("occluded"), {...grid, src: lost.src, mark: lost.box,
    alt: `${name}, channel ${unit.channel}, while a square covers each place: from ${short(lost.least)} to ${short(lost.most)}, ` +
      `${short(lost.bare)} without it; least with ${box(lost.box)} covered`});
  caption("occluded", `${name}, ${titled(unit)}: the sum of its map while the square is centred there; ` +
    `${short(lost.bare)} without a square. Black ${short(lost.low)}, white ${short(lost.high)}. ` +
    `The box is the square that leaves least, ${short(lost.least)}.`);
}

function render() {
  photos();
  press("photos", chosen.image);
  says();
  story();
  all();
  sheet();
  detail();
}

function changed() {
  render();
  const {name, unit, way} = here();
  const address = new URLSearchParams({image: chosen.image, layer: name, channel: unit.channel, way: way.key});
  history.replaceState(null, "", "#" + address);
}

function reveal(id) {  // only where it is out of sight
  const {top} = byId(id).getBoundingClientRect();
  if (top >= 0 && top < innerHeight * 0.6) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  byId(id).scrollIntoView({behavior: still ? "auto" : "smooth", block: "start"});
}

function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1)), found = (list, test) => Math.max(0, list.findIndex(test));
  const layer = data.layers.indexOf(asked.get("layer"));
  chosen.image = found(data.images, (_, i) => String(i) === asked.get("image"));
  chosen.layer = layer < 0 ? Math.floor(0.6 * (data.layers.length - 1)) : layer;
  chosen.unit = found(here().layer.units, unit => String(unit.channel) === asked.get("channel"));
  chosen.way = found(data.ways, way => way.key === asked.get("way"));
  render();
}

function move(image, layer) {  // to another image or layer: the same channel, if it is shown there too
  const before = here(), same = layer === chosen.layer ? before.unit.channel : -1;
  Object.assign(chosen, {image, layer, unit: 0});
  chosen.unit = Math.max(0, here().layer.units.findIndex(unit => unit.channel === same));
  changed();
}
const round = (at, step, length) => (at + step + length) % length;
function step(by) { chosen.unit = round(chosen.unit, by, here().layer.units.length); changed(); }
function stepLayer(by) { move(chosen.image, round(chosen.layer, by, data.layers.length)); }

byId("layer").append(...data.layers.map((name, i) => made("option", {value: i, textContent: name})));
byId("layer").addEventListener("change", event => { event.target.blur(); move(chosen.image, +event.target.value); });
byId("layer-before").addEventListener("click", () => stepLayer(-1));
byId("layer-after").addEventListener("click", () => stepLayer(1));
byId("unit-before").addEventListener("click", () => step(-1));
byId("unit-after").addEventListener("click", () => step(1));
byId("up").addEventListener("click", event => { event.preventDefault(); scrollTo({top: 0}); });
choices("stories", STORIES.map(([, words]) => words), "story", render);
choices("ways", data.ways.map(way => way.name), "way", changed);
choices("contrasts", CONTRASTS.map(times => `×${times}`), "contrast", render);
let tabbed = false;  // whether the focus came where it is by the keyboard: there arrow keys scroll what can be scrolled
document.addEventListener("pointerdown", () => { tabbed = false; });
document.addEventListener("keydown", event => {
  tabbed ||= event.key === "Tab";
  const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  if (event.target.closest("select, input, textarea")) return;
  if (tabbed && event.target.closest(".scroll") === event.target) return;
  event.preventDefault();
  (event.shiftKey ? stepLayer : step)(by);
});
for (const id of ["sheet", "unit"]) {  // a swipe is a quick stroke to the side, not a scroll
  let from = null;
  byId(id).addEventListener("touchstart", event => {
    const {clientX, clientY} = event.touches[0];
    from = event.touches.length === 1 ? [clientX, clientY] : null;
  }, {passive: true});
  byId(id).addEventListener("touchend", event => {
    if (!from) return;
    const across = event.changedTouches[0].clientX - from[0], down = event.changedTouches[0].clientY - from[1];
    from = null;
    if (Math.abs(across) < 50 || Math.abs(across) < 2 * Math.abs(down)) return;
    (id === "sheet" ? stepLayer : step)(across < 0 ? 1 : -1);
  }, {passive: true});
}
addEventListener("hashchange", fromAddress);
fromAddress();
