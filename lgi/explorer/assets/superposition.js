// Study 2: loss against LLC of every model, and the polygon of one of them.
"use strict";

const models = (() => {
  const {element, chart} = explorer;
  const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "pentagon", "hexagon", "star", "cross"];
  const TRAILS = {
    ok: "medians of ok estimates", all: "medians of all estimates", none: "none",
  };
  const FEW = 3; // fewer models than these have no median
  const FLOOR = 1e-4; // losses below are drawn there
  const MISSING = 255; // status of a state without an estimate
  const PLAYED = 400; // milliseconds of a step
  const GRID = 1e-4; // weights that are dragged are multiples of this
  const root = {}; // elements by what they hold
  let words, arrays, toy, current, timer = null;

  // ------------------------------------------------------------------- what the page holds

  function create(place, held) {
    ({words, arrays} = held);
    toy = toyModel(words, arrays);
    build(place);
  }

  // The number in an array [init, samples, sparsity, seed, epoch] at these places.
  function at(array, ...places) {
    return array.data[places.reduce((sum, one, k) => sum * array.shape[k] + one, 0)];
  }

  function nearest(values, wanted) {
    const far = (value) => Math.abs(Math.log((1 + value) / (1 + wanted)));
    return values.reduce((best, value) => (far(value) < far(best) ? value : best));
  }

  // What the state of the hash asks for, with what is missing or unknown filled in.
  function chosen(state) {
    const setting = named(words.settings, state.setting) ?? named(words.settings, words.drawn.setting) ?? words.settings[0];
    const listed = (text, there) => (text === undefined ? there : there.filter((one) => text.split("-").includes(one)));
    const samples = Number(state.samples);
    const measures = Object.keys(words.measures).filter((name) => arrays[`${setting.name}.${name}`]);
    const losses = Object.keys(words.losses).filter((name) => arrays[name].data.some(Number.isFinite));
    const epoch = state.epoch === undefined ? Infinity : Number(state.epoch);
    return {
      setting, measures, losses,
      samples: words.samples.includes(samples) ? samples : words.drawn.samples,
      epoch: Number.isFinite(epoch) ? nearest(setting.epochs, epoch) : setting.epochs.at(-1),
      measure: measures.includes(state.measure) ? state.measure : "llc",
      loss: losses.includes(state.loss) ? state.loss : losses[0],
      trails: state.trails in TRAILS ? state.trails : "ok",
      only: state.only === "ok",
      starts: listed(state.starts, words.starts.map((one) => one.name)),
      sparsities: listed(state.sparsities, words.sparsities.map((one) => one.name)),
      model: modelOf(state.model),
      at: state.at === undefined ? null : Number(state.at),
      moved: movedOf(state.moved),
      weighted: state.errors === "weighted",
    };
  }

  function named(list, name) {
    return list.find((one) => one.name === name);
  }

  function modelOf(text) {
    const [init, samples, sparsity, seed] = (text ?? "").split("-");
    const found = {init, samples: Number(samples), sparsity, seed: Number(seed)};
    const there = named(words.starts, init) && words.samples.includes(found.samples) &&
      named(words.sparsities, sparsity) && words.seeds.includes(found.seed);
    return there ? found : null;
  }

  function textOf({init, samples, sparsity, seed}) {
    return [init, samples, sparsity, seed].join("-");
  }

  // Columns of W that were dragged, by feature: "0_0.31_-0.5*3_1_0".
  function movedOf(text) {
    const found = {};
    for (const part of (text ?? "").split("*")) {
      const [feature, x, y] = part.split("_").map(Number);
      if (feature in words.colours && Number.isFinite(x) && Number.isFinite(y)) found[feature] = [x, y];
    }
    return found;
  }

  function movedText(moved) {
    const parts = Object.entries(moved).map(([feature, [x, y]]) => `${feature}_${x}_${y}`);
    return parts.length ? parts.join("*") : null;
  }

  function placesOf({init, samples, sparsity, seed}) {
    return [
      words.starts.findIndex((one) => one.name === init), words.samples.indexOf(samples),
      words.sparsities.findIndex((one) => one.name === sparsity), words.seeds.indexOf(seed),
    ];
  }

  // The snapshots of a model whose weights are in the page: {epochs, parameters: [P] for each}.
  function film(model) {
    for (const name of ["film", "still"]) {
      const shelf = words.shelves[name], array = arrays[name], size = array.shape.at(-1);
      const places = [
        shelf.init.indexOf(model.init), shelf.samples.indexOf(model.samples),
        shelf.sparsity.indexOf(model.sparsity), shelf.seeds.indexOf(model.seed),
      ];
      if (places.includes(-1)) continue;
      const first = places.reduce((sum, one, k) => sum * array.shape[k] + one, 0) * shelf.epochs.length;
      const parameters = shelf.epochs.map((_, k) =>
        Float64Array.from(array.data.subarray((first + k) * size, (first + k + 1) * size)));
      const losses = name === "film"
        ? shelf.epochs.map((_, k) => arrays.film_train_loss.data[first + k])
        : shelf.epochs.map((epoch) => at(arrays.train_loss, ...placesOf(model), words.epochs.indexOf(epoch)));
      return {epochs: shelf.epochs, parameters, losses};
    }
    return null;
  }

  // ------------------------------------------------------------------- loss against LLC

  // States at an epoch: those that are chosen, with a finite loss and a value of the measure.
  function states(want, epoch) {
    const prefix = want.setting.name, array = arrays[`${prefix}.${want.measure}`];
    const n = words.samples.indexOf(want.samples), place = want.setting.epochs.indexOf(epoch);
    const ofLoss = words.epochs.indexOf(epoch), found = [];
    for (const [i, start] of words.starts.entries()) {
      if (!want.starts.includes(start.name)) continue;
      for (const [s, {name: sparsity}] of words.sparsities.entries()) {
        if (!want.sparsities.includes(sparsity)) continue;
        for (const [m, seed] of words.seeds.entries()) {
          const status = at(arrays[`${prefix}.status`], i, n, s, m, place);
          if (status === MISSING) continue;
          const ok = words.statuses[status] === "ok";
          if (want.only && !ok) continue;
          const x = at(array, i, n, s, m, place), y = at(arrays[want.loss], i, n, s, m, ofLoss);
          const error = at(arrays[`${prefix}.llc_se`], i, n, s, m, place);
          found.push({
            start, init: start.name, samples: want.samples, sparsity, seed, epoch, x, y, error, ok,
            status: words.statuses[status], drawn: Number.isFinite(x) && Number.isFinite(y),
          });
        }
      }
    }
    return found;
  }

  // Ends of the axes, the same at every epoch. A coefficient lies between 0 and half the number of
  // parameters.
  function limits(want) {
    const size = words.features * (words.hidden + 1);
    const every = want.setting.epochs.flatMap((epoch) => states({...want, only: false}, epoch));
    const all = every.map((one) => one.y).filter((value) => Number.isFinite(value) && value > 0);
    const [low, high] = all.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [1, FLOOR]);
    return {
      x: want.measure === "directions" ? [-0.5, size + 0.5] : [-size / 12, (2 * size) / 3],
      y: [Math.max(low, FLOOR) / 1.15, high * 1.15],
    };
  }

  function inside(value, [low, high]) {
    return Math.min(Math.max(value, low), high);
  }

  function beyond({x, y}, ends) {
    if (x < ends.x[0]) return "left";
    if (x > ends.x[1]) return "right";
    return y < ends.y[0] ? "down" : null;
  }

  function digits(value, count = 4) {
    if (!Number.isFinite(value)) return "–";
    if (Math.abs(value) >= 1000) return thousands(Number(value.toPrecision(count))).replace("-", "−");
    const text = value.toPrecision(count);
    return (text.includes("e") ? text : String(Number(text))).replace("-", "−");
  }

  function thousands(value) {
    return value.toLocaleString("en-US");
  }

  function hover(one, want) {
    const error = want.measure === "llc" ? ` ± ${digits(one.error, 2)}` : "";
    return `${one.start.shown}, S = ${one.sparsity}, seed ${one.seed}<br>` +
      `${words.measures[want.measure]} ${digits(one.x)}${error}<br>${words.losses[want.loss]} ${digits(one.y)}<br>` +
      `${one.ok ? "ok" : `${one.status}: no coefficient`}`;
  }

  function cloud(start, rows, symbol, want, ends) {
    const arrows = rows.map((one) => beyond(one, ends));
    return {
      type: "scatter", mode: "markers", name: start.shown, customdata: rows.map(textOf),
      x: rows.map((one) => inside(one.x, ends.x)), y: rows.map((one) => inside(one.y, ends.y)),
      text: rows.map((one) => hover(one, want)), hoverinfo: "text",
      marker: {
        color: start.colour, size: 7, opacity: 0.75,
        symbol: rows.map((one, k) => `${arrows[k] ? `triangle-${arrows[k]}` : symbol}${one.ok ? "" : "-open"}`),
      },
    };
  }

  // The medians of each start and sparsity along the epochs of the setting.
  function trails(want, ends) {
    if (want.trails === "none") return [];
    const groups = new Map();
    for (const epoch of want.setting.epochs) {
      const rows = states(want, epoch).filter((one) => one.drawn && (want.trails === "all" || one.ok));
      for (const [key, group] of Map.groupBy(rows, (one) => `${one.init}-${one.sparsity}`)) {
        if (group.length < FEW) continue;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push({
          ...group[0], n: group.length, x: statistics.median(group.map((one) => one.x)), y: statistics.median(group.map((one) => one.y)),
        });
      }
    }
    return [...groups.values()].map((path) => trail(path, groups.size, want, ends));
  }

  function trail(path, count, want, ends) {
    const hollow = want.trails === "all", last = path.length - 1;
    return {
      type: "scatter", mode: count > 12 ? "lines+markers" : "lines+markers+text", showlegend: false,
      x: path.map((one) => inside(one.x, ends.x)), y: path.map((one) => inside(one.y, ends.y)), hoverinfo: "text",
      hovertext: path.map((one) => `median of ${one.n} models, epoch ${thousands(one.epoch)}<br>` +
        `${one.start.shown}, S = ${one.sparsity}<br>${words.measures[want.measure]} ${digits(one.x)}, loss ${digits(one.y)}`),
      text: path.map((one, k) => (k === last ? `S = ${one.sparsity}` : "")), textposition: "middle right",
      textfont: {size: 10}, line: {color: path[0].start.colour, width: 1.5, dash: hollow ? "dot" : "solid"},
      marker: {
        size: path.map((one) => (one.epoch === want.epoch ? 11 : 5)),
        symbol: `${SYMBOLS[words.starts.indexOf(path[0].start) % SYMBOLS.length]}${hollow ? "-open" : ""}`,
        color: path[0].start.colour, line: {color: "#000", width: hollow ? 1.5 : 1},
      },
    };
  }

  // The way of the chosen model along the epochs, in black.
  function ownTrail(want, ends) {
    const {model} = want;
    if (!model || model.samples !== want.samples) return [];
    const alone = {...want, starts: [model.init], sparsities: [model.sparsity], only: false};
    const path = want.setting.epochs.flatMap((epoch) =>
      states(alone, epoch).filter((one) => one.seed === model.seed && one.drawn));
    return [{
      type: "scatter", mode: "lines+markers", showlegend: false, hoverinfo: "text",
      x: path.map((one) => inside(one.x, ends.x)), y: path.map((one) => inside(one.y, ends.y)),
      text: path.map((one) => `epoch ${thousands(one.epoch)}<br>${hover(one, want)}`),
      line: {color: "#000", width: 1}, marker: {
        color: "#000", size: path.map((one) => (one.epoch === want.epoch ? 16 : 6)),
        symbol: path.map((one) => (one.epoch === want.epoch || !one.ok ? "circle-open" : "circle")),
        line: {width: 2},
      },
    }];
  }

  function drawScatter(want) {
    const ends = limits(want), rows = states(want, want.epoch), drawn = rows.filter((one) => one.drawn);
    const clouds = words.starts.map((start, i) =>
      cloud(start, drawn.filter((one) => one.start === start), SYMBOLS[i % SYMBOLS.length], want, ends));
    const scale = want.setting.scales[want.samples];
    say(want, rows, drawn, ends);
    return chart(root.scatter, [...clouds, ...trails(want, ends), ...ownTrail(want, ends)], {
      showlegend: false, hovermode: "closest", margin: {l: 60, r: 16, t: 12, b: 60},
      xaxis: {
        title: {text: `${words.measures[want.measure]} at epoch ${thousands(want.epoch)}${scale ? `<br>(${scale})` : ""}`},
        range: [ends.x[0] - 0.02 * (ends.x[1] - ends.x[0]), ends.x[1]], zeroline: true, zerolinecolor: "#888",
      },
      yaxis: {
        title: {text: `${words.losses[want.loss]}, mean squared error`}, type: "log", ...logTicks(ends.y),
        range: ends.y.map(Math.log10).map((end, k) => end + (k ? 0.02 : -0.04)),
      },
    });
  }

  // 0.001, 0.01 and so on; 0.002 and 0.005 as well where the axis is short.
  function logTicks([low, high]) {
    const steps = high / low > 200 ? [1] : [1, 2, 5];
    const decades = Array.from({length: 16}, (_, k) => k - 8);
    const tickvals = decades.flatMap((decade) => steps.map((one) => one * 10 ** decade));
    return {tickvals, ticktext: tickvals.map((value) => (value < 1 ? String(Number(value.toPrecision(1))) : thousands(value)))};
  }

  // What there is to see, with the numbers of what is shown.
  function say(want, rows, drawn, ends) {
    const ok = drawn.filter((one) => one.ok), out = drawn.filter((one) => beyond(one, ends)).length;
    const lost = rows.length - drawn.length, parts = [];
    parts.push(`${thousands(drawn.length)} models with ${thousands(want.samples)} training samples at epoch ` +
      `${thousands(want.epoch)}, LLC estimated “${want.setting.shown}”: ` + (want.only
      ? "those alone whose estimate is ok."
      : `${thousands(ok.length)} estimates are ok (filled), ${thousands(drawn.length - ok.length)} are no coefficients (hollow).`));
    const verb = (count, one, more) => `${thousands(count)} ${count === 1 ? one : more}`;
    if (out) parts.push(`${verb(out, "lies beyond an axis and is", "lie beyond an axis and are")} drawn at its end (triangles).`);
    if (lost) parts.push(`${verb(lost, "has no value and is", "have no value and are")} not drawn.`);
    const groups = [...Map.groupBy(ok, (one) => `${one.init}-${one.sparsity}`).values()];
    const found = groups.filter((group) => group.length >= words.least)
      .map((group) => statistics.correlation(group.map((one) => one.x), group.map((one) => one.y))).filter(Number.isFinite);
    parts.push(found.length
      ? `Within a start and sparsity the rank correlation of loss and ${words.measures[want.measure]} is ` +
        `${digits(found.reduce((sum, one) => sum + one, 0) / found.length, 2)} on average ` +
        `(n = ${found.length} groups of ${words.least} ok models or more).`
      : `No start and sparsity has ${words.least} ok estimates or more that vary, so nothing is said of a correlation.`);
    root.said.textContent = parts.join(" ");
  }

  function rowsShown() {
    return states(current, current.epoch).map((one) => ({
      start: one.start.shown, samples: one.samples, sparsity: one.sparsity, seed: one.seed, epoch: one.epoch,
      estimator: current.setting.shown, [words.losses[current.loss].replaceAll(" ", "_")]: rounded(one.y),
      [words.measures[current.measure].replaceAll(" ", "_")]: rounded(one.x),
      ...(current.measure === "llc" ? {standard_error: rounded(one.error, 3)} : {}), status: one.status,
    }));
  }

  function rounded(value, count = 5) {
    return Number.isFinite(value) ? Number(value.toPrecision(count)) : null;
  }

  // ------------------------------------------------------------------- the polygon

  function drawPlayer(want) {
    root.player.hidden = !want.model;
    if (!want.model) {
      root.hint.textContent = "A click on a point opens the polygon of its model.";
      return null;
    }
    root.hint.textContent = "";
    const {model} = want, snapshots = film(model), start = named(words.starts, model.init);
    root.title.textContent = `Seed ${model.seed}: ${start.shown}, S = ${model.sparsity}, ` +
      `${thousands(model.samples)} training samples`;
    Object.assign(root.player.dataset, model);
    root.parts.hidden = root.playing.hidden = !snapshots;
    root.elsewhere.hidden = Boolean(snapshots) && words.hidden === 2;
    if (!snapshots) return drawElsewhere(model);
    const wanted = want.at ?? want.epoch, epoch = nearest(snapshots.epochs, wanted);
    const k = snapshots.epochs.indexOf(epoch), rest = snapshots.parameters[k];
    root.player.dataset.epoch = epoch;
    Object.assign(root.playerEpoch, {max: snapshots.epochs.length - 1, value: k});
    root.playerEpoch.setAttribute("aria-valuetext", `epoch ${thousands(epoch)}`);
    root.playerAt.textContent = `epoch ${thousands(epoch)}`;
    const shown = {want, model, snapshots, epoch, k, rest};
    return drawState(shown, want.moved);
  }

  // What says which models of the page are nearest to one whose weights are not in it.
  function drawElsewhere(model) {
    delete root.player.dataset.epoch;
    const shelves = Object.values(words.shelves);
    const all = shelves.flatMap((shelf) => shelf.samples.flatMap((samples) => shelf.seeds.map((seed) => ({
      ...model, samples, seed,
    })))).filter((one) => film(one));
    const far = (one) => (one.samples === model.samples ? 0 : 1e9) + (one.seed === model.seed ? 0 : 1) * (1 + Math.abs(one.seed - model.seed));
    const near = [...new Map(all.map((one) => [textOf(one), one])).values()].sort((a, b) => far(a) - far(b)).slice(0, 3);
    root.elsewhere.replaceChildren(
      "The weights of this model are not in the page. ",
      near.length ? "Nearest are, of the same start and sparsity: " : "Nor are those of another of its start and sparsity.",
      ...near.map((one) => element("button", {onclick: () => explorer.go({model: textOf(one), at: null, moved: null})},
        `seed ${one.seed}, ${thousands(one.samples)} samples`)));
    return null;
  }

  function withMoved(parameters, moved) {
    const found = Float64Array.from(parameters);
    for (const [feature, [x, y]] of Object.entries(moved)) {
      found[Number(feature)] = x;
      found[words.features + Number(feature)] = y;
    }
    return found;
  }

  function drawState(shown, moved) {
    const parameters = withMoved(shown.rest, moved), dragged = Object.keys(moved).length > 0;
    root.shown = {...shown, moved, parameters};
    root.back.disabled = !dragged;
    sayLoss(shown, parameters, dragged);
    if (!parameters.every(Number.isFinite)) return null;
    root.plane.parentElement.hidden = words.hidden !== 2;
    if (words.hidden === 2) drawPlane(shown, parameters);
    return Promise.all([
      drawBars(shown, parameters), drawProducts(parameters), drawErrors(shown, parameters),
      drawLosses(shown, parameters, dragged), drawCurve(shown),
    ]);
  }

  function sayLoss(shown, parameters, dragged) {
    const now = toy.loss(parameters, shown.model.sparsity), before = toy.loss(shown.rest, shown.model.sparsity);
    const shape = words.hidden === 2 ? ` ${toy.kind(parameters)}.` : "";
    root.player.dataset.loss = now;
    const exact = Number.isFinite(now) ? `Exact population loss ${digits(now, 6)}` : "The exact population loss is not known to this page";
    const change = dragged ? `, ${digits(Math.abs(now - before), 3)} ${now < before ? "below" : "above"} the ${digits(before, 6)} of training.` : ".";
    root.loss.textContent = `${exact}${change} Training loss ${digits(shown.snapshots.losses[shown.k], 4)}` +
      `${dragged ? " before it was dragged" : ""}.${shape}`;
    root.elsewhere.textContent = words.hidden === 2 ? "" : "There is no plane to draw: the hidden dimension is not 2.";
  }

  function svg(tag, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function drawPlane(shown, parameters) {
    const tips = toy.columns(parameters), found = toy.corners(tips), norms = shown.snapshots.parameters.flatMap((one) =>
      toy.columns(one).map(([x, y]) => Math.hypot(x, y))).filter(Number.isFinite);
    const reach = 1.1 * Math.max(1, ...norms, ...tips.map(([x, y]) => Math.hypot(x, y)));
    root.plane.setAttribute("viewBox", `${-reach} ${-reach} ${2 * reach} ${2 * reach}`);
    root.plane.dataset.reach = reach;
    const edge = tips.filter((_, i) => found[i]);
    const middle = [0, 1].map((k) => edge.reduce((sum, tip) => sum + tip[k], 0) / (edge.length || 1));
    edge.sort((a, b) => Math.atan2(a[1] - middle[1], a[0] - middle[0]) - Math.atan2(b[1] - middle[1], b[0] - middle[0]));
    const thin = reach / 160, line = {stroke: "#d9d9d9", "stroke-width": thin};
    root.still.replaceChildren(
      svg("line", {x1: -reach, x2: reach, y1: 0, y2: 0, ...line}),
      svg("line", {y1: -reach, y2: reach, x1: 0, x2: 0, ...line}),
      svg("circle", {r: 1, fill: "none", stroke: "#7f7f7f", "stroke-width": thin, "stroke-dasharray": `${2 * thin} ${2 * thin}`}),
      svg("polygon", {points: edge.map(([x, y]) => `${x},${-y}`).join(" "), fill: "rgba(0,0,0,0.08)", stroke: "#4d4d4d", "stroke-width": 1.5 * thin}),
      ...tips.map(([x, y], i) => svg("line", {x1: 0, y1: 0, x2: x, y2: -y, stroke: words.colours[i], "stroke-width": 2.5 * thin})));
    for (const [i, tip] of root.tips.entries()) {
      const [x, y] = tips[i];
      for (const [name, value] of Object.entries({cx: x, cy: -y, r: reach / 22})) tip.children[0].setAttribute(name, value);
      for (const [name, value] of Object.entries({x, y: -y, "font-size": reach / 16})) tip.children[1].setAttribute(name, value);
      tip.setAttribute("aria-label", `feature ${i + 1} at ${digits(x, 3)}, ${digits(y, 3)}; drag it, or move it with the arrow keys`);
    }
  }

  function buildTips() {
    root.tips = words.colours.map((colour, i) => {
      const tip = svg("g", {tabindex: 0, role: "button", class: "tip", "data-feature": i});
      const label = svg("text", {"text-anchor": "middle", "dominant-baseline": "central", fill: "#fff", "font-weight": 600});
      label.textContent = i + 1;
      tip.append(svg("circle", {fill: colour, stroke: "#fff", "stroke-width": 0.01}), label);
      tip.addEventListener("pointerdown", (event) => drag(event, tip, i));
      tip.addEventListener("keydown", (event) => nudge(event, i));
      return tip;
    });
    root.plane.append(root.still = svg("g", {}), ...root.tips);
  }

  function snapped(value) {
    return Number((Math.round(value / GRID) * GRID).toFixed(4));
  }

  function drag(event, tip, feature) {
    event.preventDefault();
    stop();
    tip.focus({preventScroll: true});
    tip.setPointerCapture(event.pointerId);
    // The scale stays while something is dragged, or the plane would run away from the pointer.
    const inverse = root.plane.getScreenCTM().inverse(), shown = root.shown;
    const reach = Number(root.plane.dataset.reach);
    let moved = shown.moved, asked = false;
    const move = (e) => {
      const point = new DOMPoint(e.clientX, e.clientY).matrixTransform(inverse);
      moved = {...shown.moved, [feature]: [point.x, -point.y].map((one) => snapped(inside(one, [-reach, reach])))};
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        if (root.shown.model === shown.model) drawState(shown, moved);
      });
    };
    const drop = () => {
      tip.removeEventListener("pointermove", move);
      explorer.set({moved: movedText(moved)});
    };
    tip.addEventListener("pointermove", move);
    tip.addEventListener("pointerup", drop, {once: true});
    tip.addEventListener("pointercancel", drop, {once: true});
  }

  function nudge(event, feature) {
    const step = event.shiftKey ? 0.1 : 0.01;
    const by = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step]}[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const [x, y] = toy.columns(root.shown.parameters)[feature];
    const moved = {...root.shown.moved, [feature]: [snapped(x + by[0]), snapped(y + by[1])]};
    explorer.set({moved: movedText(moved)});
  }

  const SMALL = {margin: {l: 52, r: 8, t: 30, b: 40}, showlegend: false};

  function heading(text) {
    return {text, font: {size: 13}, x: 0, xanchor: "left", xref: "paper", y: 0.97};
  }

  function drawBars(shown, parameters) {
    const names = words.colours.map((_, i) => String(i + 1)), marker = {color: words.colours};
    const b = Array.from(parameters.subarray(words.hidden * words.features));
    const norms = toy.norms(parameters);
    const every = shown.snapshots.parameters.filter((one) => one.every(Number.isFinite));
    const range = (values) => {
      const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)], room = 0.08 * (high - low || 1);
      return [low < 0 ? low - room : 0, high + room];
    };
    return chart(root.bars, [
      {type: "bar", x: names, y: norms, marker, name: "norm", hovertemplate: "feature %{x}: norm %{y:.4f}<extra></extra>"},
      {type: "bar", x: names, y: b, marker, yaxis: "y2", name: "bias", hovertemplate: "feature %{x}: bias %{y:.4f}<extra></extra>"},
    ], {
      ...SMALL, title: heading("Norms of W's columns, and biases"),
      xaxis: {title: {text: "feature"}, type: "category", anchor: "y2"},
      yaxis: {title: {text: "norm"}, domain: [0.56, 1], range: range([...norms, ...every.flatMap(toy.norms)])},
      yaxis2: {
        title: {text: "bias"}, domain: [0, 0.46], zeroline: true, zerolinecolor: "#888",
        range: range([...b, ...every.flatMap((one) => [...one.subarray(words.hidden * words.features)])]),
      },
    });
  }

  function drawProducts(parameters) {
    const {features, hidden} = words, names = words.colours.map((_, i) => String(i + 1));
    const product = (i, j) => Array.from({length: hidden}, (_, h) => parameters[h * features + i] * parameters[h * features + j])
      .reduce((sum, one) => sum + one, 0);
    const z = names.map((_, i) => names.map((_, j) => product(i, j)));
    const most = Math.max(1, ...z.flat().map(Math.abs));
    return chart(root.products, [{
      type: "heatmap", x: names, y: names, z, zmin: -most, zmax: most, colorscale: "RdBu", reversescale: false,
      texttemplate: "%{z:.2f}", textfont: {size: 10}, colorbar: {thickness: 8, len: 1, outlinewidth: 0},
      hovertemplate: "features %{y} and %{x}: %{z:.4f}<extra></extra>",
    }], {
      ...SMALL, title: heading("WᵀW: what a feature adds to another"),
      xaxis: {title: {text: "feature"}, type: "category", constrain: "domain"},
      yaxis: {title: {text: "feature"}, type: "category", autorange: "reversed", scaleanchor: "x"},
    });
  }

  function drawErrors(shown, parameters) {
    if (!arrays.patterns) {
      root.errors.textContent = "Errors per pattern: these data have too many patterns, or none that can be listed.";
      return null;
    }
    const {features} = words, share = toy.probability(shown.model.sparsity), found = toy.errors(parameters);
    const weighted = shown.want.weighted;
    const patterns = Array.from({length: share.length}, (_, k) => {
      const active = [...arrays.patterns.data.subarray(k * features, (k + 1) * features)].flatMap((x, i) => (x ? [i + 1] : []));
      return {active, share: share[k], error: found.error[k], output: [...found.output[k]]};
    }).sort((a, b) => a.active.length - b.active.length || a.active.join().localeCompare(b.active.join()));
    const groups = [...Map.groupBy(patterns.keys(), (k) => patterns[k].active.length)];
    return chart(root.errors, [{
      type: "bar", x: patterns.map((_, k) => k), y: patterns.map((one) => (weighted ? one.share : 1) * one.error),
      marker: {color: patterns.map((one) => (one.active.length % 2 ? "#0072b2" : "#56b4e9"))}, hoverinfo: "text",
      hovertext: patterns.map((one) => `active: ${one.active.join(", ") || "none"}<br>error ${digits(one.error)}, ` +
        `probability ${digits(one.share, 3)}<br>x̂ = ${one.output.map((x) => digits(x, 2)).join(", ")}`), textposition: "none",
    }], {
      ...SMALL, title: heading("Error per pattern of active features"), bargap: 0.1,
      xaxis: {
        title: {text: "active features of the pattern"}, tickvals: groups.map(([, places]) => (places[0] + places.at(-1)) / 2),
        ticktext: groups.map(([count]) => String(count)), range: [-0.6, patterns.length - 0.4], showgrid: false,
      },
      yaxis: {title: {text: weighted ? "error × probability" : "mean squared error"}, rangemode: "tozero"},
    });
  }

  function drawLosses(shown, parameters, dragged) {
    const {epochs} = shown.snapshots, scaled = (epoch) => Math.log10(1 + epoch);
    const exact = shown.snapshots.parameters.map((one) => toy.loss(one, shown.model.sparsity));
    const ticks = [0, 1, 10, 100, 1000, 10000, 100000, 1e6].filter((epoch) => epoch <= epochs.at(-1));
    const line = (y, name, dash, colour) => ({
      type: "scatter", mode: "lines+markers", name, x: epochs.map(scaled), y, line: {dash, color: colour, width: 1.5},
      marker: {size: 4}, hovertemplate: "epoch %{customdata:,}: %{y:.5g}<extra>" + name + "</extra>", customdata: epochs,
    });
    const traces = [line(shown.snapshots.losses, "training loss", "solid", "#0072b2")];
    if (exact.some(Number.isFinite)) traces.push(line(exact, "population loss", "dash", "#d55e00"));
    if (dragged) {
      traces.push({
        type: "scatter", mode: "markers", name: "as dragged", x: [scaled(shown.epoch)], y: [toy.loss(parameters, shown.model.sparsity)],
        marker: {symbol: "diamond", size: 11, color: "#000"}, hovertemplate: "as dragged: %{y:.5g}<extra></extra>",
      });
    }
    return chart(root.losses, traces, {
      margin: {...SMALL.margin, t: dragged ? 70 : 52}, title: heading("Loss along training"),
      legend: {orientation: "h", x: 0, y: 1, yanchor: "bottom", font: {size: 11}},
      xaxis: {title: {text: "epoch"}, tickvals: ticks.map(scaled), ticktext: ticks.map((tick) => thousands(tick))},
      yaxis: {title: {text: "loss"}, rangemode: "tozero"},
      shapes: [{type: "line", x0: scaled(shown.epoch), x1: scaled(shown.epoch), yref: "paper", y0: 0, y1: 1, line: {color: "#7f7f7f", width: 1, dash: "dot"}}],
    });
  }

  // ------------------------------------------------------------------- the resolution curve

  function drawCurve({model, epoch}) {
    const of = (one) => textOf(one) === textOf(model) && one.epoch === epoch;
    const curve = words.curves.find(of);
    root.curve.hidden = !curve;
    if (!curve) return sayNoCurve(model, epoch);
    const ok = curve.status.map((status) => status === "ok"), there = curve.llc.filter((value, k) => value !== null && ok[k]);
    const top = 1.25 * Math.max(curve.hessian ?? 0, ...there, 1), ends = [-0.1 * top, top];
    const arrow = (value) => (value < ends[0] ? "triangle-down" : value > ends[1] ? "triangle-up" : "circle");
    const stable = curve.n_beta.filter((_, k) => curve.stable[k]);
    root.curveSaid.textContent = `Seen at ${curve.n_beta.length} scales, ${ok.filter(Boolean).length} estimates are ok` +
      (stable.length ? `, and stay what they are over a decade of nβ both ways at nβ = ${stable.map((one) => digits(one, 3)).join(", ")}. ` : ", none of which stays what it is over a decade of nβ both ways. ") +
      (curve.hessian === null ? "There is no Hessian's value." : `The Hessian says ${digits(curve.hessian, 3)}, whatever the scale.`);
    const beyondEnds = curve.llc.map((value) => value !== null && value !== inside(value, ends));
    return chart(root.curve, [{
      type: "scatter", mode: "lines+markers", x: curve.n_beta, y: curve.llc.map((value) => (value === null ? null : inside(value, ends))),
      error_y: {type: "data", array: curve.llc_se.map((error, k) => (beyondEnds[k] || error === null ? 0 : 2 * error)), color: "#0072b2", thickness: 1},
      line: {color: "#0072b2", width: 1}, marker: {size: 8, color: "#0072b2", symbol: curve.llc.map((value, k) => `${arrow(value)}${ok[k] ? "" : "-open"}`)},
      hoverinfo: "text", text: curve.n_beta.map((n, k) => `nβ = ${digits(n, 3)} (${digits(curve.factor[k], 3)} times)<br>` +
        `LLC ${digits(curve.llc[k] ?? NaN)} ± ${digits(curve.llc_se[k] ?? NaN, 2)}<br>${ok[k] ? "ok" : `${curve.status[k]}: no coefficient`}`),
    }], {
      ...SMALL, title: heading("Resolution: LLC against nβ, ± 2 s.e."),
      xaxis: {title: {text: "nβ, with γ in proportion"}, type: "log", ...logTicks([1, 1e6])},
      yaxis: {title: {text: "LLC"}, range: ends, zeroline: true, zerolinecolor: "#888"},
      shapes: curve.hessian === null ? [] : [{type: "line", xref: "paper", x0: 0, x1: 1, y0: curve.hessian, y1: curve.hessian, line: {color: "#d55e00", width: 1.5, dash: "dash"}}],
      annotations: curve.hessian === null ? [] : [{xref: "paper", x: 0, xanchor: "left", y: curve.hessian, yanchor: "bottom", showarrow: false, text: "of the Hessian", font: {size: 11, color: "#a34700"}}],
    });
  }

  function sayNoCurve(model, epoch) {
    const far = (one) => [one.init !== model.init, one.samples !== model.samples, one.sparsity !== model.sparsity, one.seed !== model.seed, one.epoch !== epoch]
      .reduce((sum, differs, k) => sum + (differs ? 2 ** (4 - k) : 0), 0);
    const close = (one) => Math.abs(Number(one.sparsity) - Number(model.sparsity));
    const [near] = [...words.curves].sort((a, b) => far(a) - far(b) || close(a) - close(b));
    root.curveSaid.replaceChildren("No resolution curve was made of this state. ", ...(near ? ["The nearest is of ", element("button", {
      onclick: () => explorer.go({model: textOf(near), at: near.epoch, moved: null}),
    }, `seed ${near.seed}, ${named(words.starts, near.init).shown}, S = ${near.sparsity}, ${thousands(near.samples)} samples, epoch ${thousands(near.epoch)}`)] : []));
    return null;
  }

  // ------------------------------------------------------------------- controls

  function build(place) {
    const select = (key, label) => {
      const made = root[`${key}Of`] = element("select", {"aria-label": label, onchange: () => explorer.go({[key]: made.value})});
      return element("label", {}, label, made);
    };
    const ticks = (key, values) => values.map(({name, shown, colour, symbol}) => {
      const box = element("input", {type: "checkbox", value: name, "data-key": key, onchange: () => ticked(key)});
      return element("label", {}, box, ...(colour ? [element("span", {style: `color: ${colour}`, "aria-hidden": "true"}, symbol)] : []), shown);
    });
    const marks = ["●", "■", "◆", "▲", "⬟", "⬢", "★", "✚"];
    const starts = words.starts.map((one, i) => ({...one, symbol: marks[i % marks.length]}));
    const sparsities = words.sparsities.map(({name}) => ({name, shown: name}));
    place.append(
      root.said = element("p", {class: "said", "aria-live": "polite"}),
      // On a phone the choices would fill the window.
      element("details", {open: innerWidth > 640}, element("summary", {}, "What is shown"),
        element("div", {class: "controls"}, select("setting", "Estimator"), select("samples", "Training samples"),
          select("measure", "Against"), select("loss", "Loss"), select("trails", "Trails"),
          element("label", {}, root.only = element("input", {type: "checkbox", onchange: toggleOnly}), "only ok")),
        element("fieldset", {class: "controls ticks"}, element("legend", {}, "Starts"), ...ticks("starts", starts)),
        element("fieldset", {class: "controls ticks"}, element("legend", {}, "Sparsity S"), ...ticks("sparsities", sparsities),
          element("button", {onclick: () => explorer.go({starts: null, sparsities: null})}, "all"))),
      element("div", {class: "controls"},
        element("label", {class: "wide"}, "Epoch", root.epoch = element("input", {
          type: "range", min: 0, step: 1, class: "wide", "aria-label": "epoch",
          oninput: () => step(current.setting.epochs[root.epoch.value]),
        }), root.epochAt = element("output", {})),
        root.play = element("button", {onclick: () => play("scatter")}, "Play"),
        element("button", {onclick: download}, "Download these rows")),
      element("div", {class: "models"},
        element("div", {}, root.scatter = element("div", {class: "chart scatter", role: "img", "aria-label": "Loss against LLC, a point per model"}),
          root.hint = element("p", {class: "note"})),
        root.player = buildPlayer()));
    buildTips();
    chart(root.scatter, [], {});
    root.scatter.on("plotly_click", ({points}) => {
      const point = points.find((one) => one.customdata);
      if (point) openModel(point.customdata);
    });
  }

  function buildPlayer() {
    const panel = (key, label) => root[key] = element("div", {class: "chart small", role: "img", "aria-label": label});
    root.plane = svg("svg", {class: "plane", role: "group", "aria-label": "Columns of W in the plane of the hidden dimensions; dotted: norm 1"});
    return element("section", {class: "player", hidden: true, "aria-label": "Polygon of the chosen model"},
      root.title = element("h2", {}),
      root.loss = element("p", {class: "said", "aria-live": "polite"}),
      root.elsewhere = element("p", {class: "note controls"}),
      root.playing = element("div", {class: "controls"},
        root.playerEpoch = element("input", {
          type: "range", min: 0, step: 1, class: "wide", "aria-label": "epoch of the polygon",
          oninput: () => explorer.set({at: root.shown.snapshots.epochs[root.playerEpoch.value], moved: null}),
        }), root.playerAt = element("output", {}),
        root.playPolygon = element("button", {onclick: () => play("player")}, "Play"),
        root.back = element("button", {onclick: putBack}, "Put back"),
        element("button", {onclick: () => nextSeed(-1), "aria-label": "seed before"}, "‹ seed"),
        element("button", {onclick: () => nextSeed(1), "aria-label": "next seed"}, "seed ›"),
        element("button", {onclick: close}, "Close")),
      root.parts = element("div", {class: "parts"},
        element("figure", {}, root.plane, element("figcaption", {class: "note"},
          "Columns of W, a number per feature; dotted: norm 1. Drag one, and the exact loss follows.")),
        panel("bars", "Norms of W's columns and biases, per feature"),
        panel("losses", "Loss along training"),
        element("div", {}, panel("errors", "Squared error per pattern of active features"),
          element("label", {class: "note"}, root.weighted = element("input", {
            type: "checkbox", onchange: () => explorer.go({errors: root.weighted.checked ? "weighted" : null}),
          }), " times its probability: what it adds to the loss")),
        panel("products", "WᵀW"),
        element("div", {}, panel("curve", "Estimate of the LLC against nβ"), root.curveSaid = element("p", {class: "note"}))));
  }

  function ticked(key) {
    const boxes = [...document.querySelectorAll(`#view-superposition input[data-key=${key}]`)];
    const on = boxes.filter((box) => box.checked).map((box) => box.value);
    explorer.go({[key]: on.length === boxes.length ? null : on.join("-")});
  }

  function fill(select, options, value) {
    select.replaceChildren(...Object.entries(options).map(([name, shown]) => element("option", {value: name}, shown)));
    select.value = value;
  }

  function drawControls(want) {
    const pick = (names, from) => Object.fromEntries(names.map((name) => [name, from[name]]));
    fill(root.settingOf, Object.fromEntries(words.settings.map((one) => [one.name, one.shown])), want.setting.name);
    fill(root.samplesOf, Object.fromEntries(words.samples.map((one) => [one, thousands(one)])), want.samples);
    fill(root.measureOf, pick(want.measures, words.measures), want.measure);
    fill(root.lossOf, pick(want.losses, words.losses), want.loss);
    fill(root.trailsOf, TRAILS, want.trails);
    root.only.checked = want.only;
    root.weighted.checked = want.weighted;
    for (const box of document.querySelectorAll("#view-superposition input[data-key]")) {
      box.checked = want[box.dataset.key].includes(box.value);
    }
    Object.assign(root.epoch, {max: want.setting.epochs.length - 1, value: want.setting.epochs.indexOf(want.epoch)});
    root.epoch.setAttribute("aria-valuetext", `epoch ${thousands(want.epoch)}`);
    root.epochAt.textContent = thousands(want.epoch);
  }

  async function show(state) {
    current = chosen(state);
    drawControls(current);
    // The polygon alone changes while it plays, and when a feature was dragged.
    const {at: _at, moved: _moved, weighted: _weighted, ...ofScatter} = current;
    const wanted = JSON.stringify([ofScatter, innerWidth]);
    const scatter = wanted === root.drawn ? null : drawScatter(current);
    root.drawn = wanted;
    await Promise.all([scatter, drawPlayer(current)]);
  }

  // ------------------------------------------------------------------- what a reader does

  function step(epoch) {
    return explorer.set({epoch, at: null, moved: null});
  }

  async function openModel(text) {
    stop();
    await explorer.go({model: text, at: null, moved: null});
    root.player.scrollIntoView({block: "nearest"});
  }

  function close() {
    stop();
    explorer.go({model: null, at: null, moved: null});
  }

  function putBack() {
    explorer.go({moved: null});
  }

  function nextSeed(by) {
    const {model} = current;
    if (!model) return;
    const count = words.seeds.length, place = words.seeds.indexOf(model.seed);
    for (let k = 1; k <= count; k++) {
      const seed = words.seeds[(((place + by * k) % count) + count) % count];
      if (film({...model, seed})) return explorer.go({model: textOf({...model, seed}), moved: null});
    }
  }

  function move(by) {
    if (current.model && root.shown && !root.parts.hidden) {
      const {epochs} = root.shown.snapshots, next = epochs[root.shown.k + by];
      return next === undefined ? null : explorer.set({at: next, moved: null});
    }
    const {epochs} = current.setting, next = epochs[epochs.indexOf(current.epoch) + by];
    return next === undefined ? null : step(next);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    root.play.textContent = root.playPolygon.textContent = "Play";
  }

  // Step through the epochs of the scatter or of the polygon, from the first where it is at the end.
  function play(what) {
    if (timer !== null) return stop();
    const ofPlayer = what === "player";
    (ofPlayer ? root.playPolygon : root.play).textContent = "Stop";
    const epochs = ofPlayer ? root.shown.snapshots.epochs : current.setting.epochs;
    const now = () => (ofPlayer ? root.shown.k : epochs.indexOf(current.epoch));
    const to = (k) => (ofPlayer ? explorer.set({at: epochs[k], moved: null}) : step(epochs[k]));
    if (now() === epochs.length - 1) to(0);
    timer = setInterval(() => {
      if (root.scatter.closest("section").hidden || now() >= epochs.length - 1) stop();
      else to(now() + 1);
    }, PLAYED);
  }

  function toggleOnly() {
    explorer.go({only: current.only ? null : "ok"});
  }

  function download() {
    explorer.download("loss_against_llc.csv", rowsShown());
  }

  explorer.view({
    id: "superposition",
    title: "Loss against LLC",
    data: "superposition",
    create,
    show,
    keys: {
      ArrowLeft: ["an epoch back", () => move(-1)],
      ArrowRight: ["an epoch on", () => move(1)],
      " ": ["play", () => play(current.model && !root.parts.hidden ? "player" : "scatter")],
      n: ["next seed", () => nextSeed(1)],
      b: ["seed before", () => nextSeed(-1)],
      r: ["put back what was dragged", putBack],
      t: ["next trails", () => {
        const names = Object.keys(TRAILS);
        explorer.go({trails: names[(names.indexOf(current.trails) + 1) % names.length]});
      }],
      o: ["only ok", toggleOnly],
      d: ["download these rows", download],
      Escape: ["close the polygon", close],
    },
  });

  return {film, toy: () => toy, state: () => root.shown};
})();
