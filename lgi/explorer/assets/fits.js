// Two recipes beside each other at one N and seed, rendered from the parameters that were kept.
"use strict";

(() => {
  const LOWEST = 3.5, HIGHEST = 10; // of the slider of the cut-off, in sigma
  const BRIGHTEST = 0.3; // error of the last colour
  const PACE = 120; // milliseconds between states while playing
  // Colours of the error, dark to light, equal steps of "inferno" (van der Walt and Smith 2015).
  const ERROR = [[0, 0, 4], [40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21], [250, 193, 39], [252, 255, 164]];
  const SIDES = ["left", "right"];
  const COVERED = {name: "on covered pixels", color: explorer.colours.blue, dash: "solid"};
  const UNCOVERED = {name: "on uncovered pixels", color: explorer.colours.vermilion, dash: "dash"};

  let held = null; // {words, arrays}
  let runs = []; // as in words, with target, states, measured, logged
  let parts = {}; // elements of the page by name
  let shown = null; // what `chosen` returned last
  let playing = null; // the timer
  let later = null; // the timer of curves that are computed anew
  const curves = new Map(); // losses of all states of a run, by run and how it is rendered

  // ---------------------------------------------------------------- what the state asks for

  const values = (found, key) => [...new Set(found.map((run) => run[key]))];
  const take = (wanted, allowed, otherwise) => allowed.find((value) => String(value) === wanted) ?? otherwise;

  // Everything that the state decides: runs, their states, how they are rendered; what it names and
  // is not in the page is replaced and told in `missing`.
  function chosen(state) {
    const missing = [];
    const pick = (key, allowed, words, otherwise = allowed[0]) => {
      const found = take(state[key], allowed, otherwise);
      if (state[key] !== undefined && String(found) !== state[key]) missing.push(words(state[key], found));
      return found;
    };
    const title = (name) => runs.find((run) => run.recipe === name)?.title ?? name;
    const image = pick("image", values(runs, "image"), () => "This page holds no fit of that image.");
    let here = runs.filter((run) => run.image === image);
    const n = pick("n", values(here, "n"), (wanted, found) => `This page holds no fit of N = ${wanted} to this image; N = ${found} is shown.`);
    here = here.filter((run) => run.n === n);
    const seed = pick("seed", values(here, "seed"), (wanted, found) => `This page holds no fit of seed ${wanted} at N = ${n}; seed ${found} is shown.`);
    here = here.filter((run) => run.seed === seed);
    // Where none is asked for: the study's reference, or one that turns, beside one that does not.
    const first = (...wishes) => wishes.map((wish) => here.find(wish)).find(Boolean) ?? here[0];
    const names = here.map((run) => run.recipe);
    const one = (side, otherwise) => {
      const name = pick(side, names, (wanted, found) => `This page holds no fit “${title(wanted)}” at N = ${n} and seed ${seed}; “${title(found)}” is shown.`, otherwise.recipe);
      return here.find((run) => run.recipe === name);
    };
    const left = one("left", first(
      ...[(run) => run.recipe === held.words.reference, (run) => run.turn !== null, () => true].map((wish) => (run) => run.recipe !== state.right && wish(run))));
    const sides = [left, one("right", first((run) => run !== left && run.turn === null, (run) => run !== left))];
    const times = [...new Set(sides.flatMap((run) => run.states))].sort((a, b) => a - b);
    const wanted = state.iteration === "turn" ? atTurn(sides[0]) : Number(state.iteration ?? times.at(-1));
    const iteration = Number.isFinite(wanted) ? wanted : times.at(-1);
    const cutoff = state.cutoff === undefined ? null : Number(state.cutoff);
    const edge = ["hard", "smooth"].includes(state.edge) ? state.edge : null;
    return {
      image, n, seed, here, sides, times, iteration, missing, edge,
      cutoff: cutoff >= 0.5 && cutoff <= 20 ? cutoff : null,
      places: sides.map((run) => below(run.states, iteration)),
      ellipses: state.ellipses === "1", error: state.error === "1", uncovered: state.uncovered === "1",
    };
  }

  // Place of the last of ascending values that does not exceed one; 0 if there is none.
  function below(ascending, value) {
    return Math.max(0, ascending.findLastIndex((one) => one <= value));
  }

  // How a run is rendered: as trained, but for what is asked.
  function howOf(run, {cutoff, edge}) {
    return {
      cutoff: cutoff ?? run.cutoff, edge: edge ?? run.edge, blend: run.blend,
      background: run.edge === "smooth" ? run.background : held.words.background,
    };
  }

  function isAsTrained(run, how) {
    return how.cutoff === run.cutoff && how.edge === run.edge;
  }

  // Parameters of a state as `rendering.render` takes them.
  function parametersOf(run, place) {
    const {data, shape: [columns, states, n]} = run.states_held;
    const found = new Float32Array(n * columns);
    for (let c = 0; c < columns; c++) {
      for (let g = 0; g < n; g++) found[g * columns + c] = data[(c * states + place) * n + g];
    }
    return found;
  }

  function rendered(run, place, how) {
    const [height, width] = run.target.shape;
    return rendering.render(parametersOf(run, place), width, height, how);
  }

  function measured(run, place) {
    const {data, shape: [, states]} = run.measured_held;
    return Object.fromEntries(held.words.measured.map((name, i) => [name, data[i * states + place]]));
  }

  // Losses of every state of a run, as the engine measured them or as the page renders them now.
  function curveOf(run, how) {
    if (isAsTrained(run, how)) return run.states.map((_, place) => measured(run, place));
    return curves.get(keyOf(run, how));
  }

  function computeCurve(run, how) {
    const found = run.states.map((_, place) => rendering.losses(rendered(run, place, how), run.target.data, run.weights));
    if (curves.size > 40) curves.clear();
    curves.set(keyOf(run, how), found);
  }

  const keyOf = (run, how) => `${runs.indexOf(run)} ${how.cutoff} ${how.edge}`;

  // ---------------------------------------------------------------- words

  const whole = (value) => value.toLocaleString("en-US");
  const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 2 : 1)}\u00a0%`;
  const number = (value) => value.toFixed(5);
  const edgeWords = ({cutoff, edge}) => `cut-off ${Number(cutoff.toFixed(2))} σ, ${edge} edge`;

  function sentence(side, run, place, how, loss) {
    const trained = isAsTrained(run, how) ? "as trained" : edgeWords(how);
    const at = `${side === "left" ? "Left" : "Right"}, ${run.title}: iteration ${whole(run.states[place])} of ${whole(run.iterations)}, ${trained}.`;
    if (loss.uncovered === 0) return `${at} A Gaussian reaches every pixel.`;
    const part = loss.on_uncovered / (loss.on_covered + loss.on_uncovered);
    return `${at} No Gaussian reaches ${percent(loss.uncovered)} of the pixels, which are black; they carry ${percent(part)} of the pixel loss.`;
  }

  function turnWords(run) {
    const {data, shape: [, count]} = run.logged_held;
    const best = [...data.subarray(0, count)].indexOf(run.best);
    const least = best < 0 ? "" : ` Its least loss is ${number(data[count + best])}, at iteration ${whole(run.best)}.`;
    if (run.turn === null) return `The fit does not turn within ${whole(run.iterations)} iterations.${least}`;
    return `The fit turns at iteration ${whole(run.turn)}: from there its loss exceeds ${held.words.factor} times its least.${least}`;
  }

  // ---------------------------------------------------------------- elements

  function create(root, data) {
    held = data;
    runs = data.words.runs.map((run, i) => ({
      ...run,
      target: data.arrays[`target_${data.words.images.findIndex((image) => image.name === run.image)}`],
      states_held: data.arrays[`states_${i}`],
      measured_held: data.arrays[`measured_${i}`],
      logged_held: data.arrays[`logged_${i}`],
    }));
    const e = explorer.element;
    if (!runs.length) {
      root.append(e("p", {class: "said"}, "The configuration names no fits to be shown here (explorer.gaussians.fits)."));
      return;
    }
    const select = (key, words) => {
      parts[key] = e("select", {id: `fits-${key}`, onchange: () => explorer.go({[key]: parts[key].value})});
      return e("label", {for: `fits-${key}`}, words, " ", parts[key]);
    };
    const check = (key, words) => {
      parts[key] = e("input", {type: "checkbox", id: `fits-${key}`, onchange: () => toggle(key)});
      return e("label", {for: `fits-${key}`}, parts[key], ` ${words}`);
    };
    const button = (key, words, action) => (parts[key] = e("button", {type: "button", id: `fits-${key}`, onclick: action}, words));
    const picture = (side, heading) => {
      parts[`${side}Canvas`] = e("canvas", {role: "img"});
      parts[`${side}Over`] = e("canvas", {"aria-hidden": "true", class: "fits-over"});
      parts[`${side}Caption`] = e("figcaption");
      return e("figure", {class: `fits-picture fits-${side}`}, e("div", {class: "fits-heading"}, heading),
        e("div", {class: "fits-stack"}, parts[`${side}Canvas`], parts[`${side}Over`]), parts[`${side}Caption`]);
    };
    parts.iteration = e("input", {type: "range", min: 0, step: 1, id: "fits-iteration", class: "wide",
      oninput: () => explorer.set({iteration: shown.times[parts.iteration.value]})});
    parts.iterationWords = e("output", {for: "fits-iteration", class: "fits-iteration"});
    parts.cutoff = e("input", {type: "range", min: LOWEST, max: HIGHEST, step: 0.1, id: "fits-cutoff", class: "wide",
      oninput: () => explorer.set({cutoff: Number(parts.cutoff.value).toFixed(1)})});
    parts.cutoffWords = e("output", {for: "fits-cutoff"});
    parts.edge = e("select", {id: "fits-edge", onchange: () => explorer.go({edge: parts.edge.value || null})},
      e("option", {value: ""}, "as trained"), e("option", {value: "hard"}, "hard"), e("option", {value: "smooth"}, "smooth"));
    root.append(
      e("p", {class: "said"}, "N Gaussians fitted to one image by two recipes from the same seed. Every picture is computed here, from the parameters of the run."),
      e("div", {class: "controls"}, select("image", "image"), select("n", "number of Gaussians N"), select("seed", "seed")),
      parts.missing = e("p", {class: "said fits-missing", role: "status"}),
      e("div", {class: "fits-pictures"}, picture("left", select("left", "left")), picture("target", "target"), picture("right", select("right", "right"))),
      e("div", {class: "controls"}, button("play", "play", play), e("label", {for: "fits-iteration"}, "iteration"), parts.iterationWords, parts.iteration),
      e("div", {class: "controls"}, button("leftTurn", "", () => jump(0)), button("rightTurn", "", () => jump(1)), button("best", "jump to the least loss of the left", best)),
      e("div", {class: "controls"}, check("ellipses", "ellipses at the cut-off"), check("uncovered", "mark uncovered pixels"), check("error", "error in place of the picture"), parts.scale = scale()),
      e("div", {class: "controls fits-how"}, e("label", {for: "fits-cutoff"}, "cut-off"), parts.cutoffWords, parts.cutoff,
        e("label", {for: "fits-edge"}, "edge ", parts.edge), button("trained", "as trained", () => explorer.go({cutoff: null, edge: null}))),
      parts.sentences = e("div", {class: "said fits-sentences"}),
      parts.table = e("div", {class: "fits-table"}),
      e("div", {class: "fits-charts"}, ...SIDES.map((side) => e("div", {}, parts[`${side}Heading`] = e("h2"), parts[`${side}Chart`] = e("div", {class: "chart", role: "img"})))),
      e("div", {class: "controls"}, button("download", "download these rows", save)),
      parts.note = e("p", {class: "note"}),
    );
    addEventListener("resize", () => shown && !root.hidden && explorer.set({}));
  }

  function scale() {
    const e = explorer.element;
    const stops = ERROR.map((rgb) => `rgb(${rgb})`).join(", ");
    return e("span", {class: "fits-scale"}, "mean absolute error 0 ",
      e("span", {style: `background: linear-gradient(90deg, ${stops})`, "aria-hidden": "true"}), ` ${BRIGHTEST} and more`);
  }

  function fill(select, options, value) {
    const wanted = JSON.stringify(options);
    if (select.dataset.options !== wanted) {
      select.replaceChildren(...options.map(([key, words]) => explorer.element("option", {value: key}, words)));
      select.dataset.options = wanted;
    }
    select.value = String(value);
  }

  // ---------------------------------------------------------------- drawing

  async function show(state) {
    if (!runs.length) return;
    shown = chosen(state);
    const {sides, places} = shown;
    const hows = sides.map((run) => howOf(run, shown));
    const images = sides.map((run, i) => rendered(run, places[i], hows[i]));
    const losses = sides.map((run, i) => rendering.losses(images[i], run.target.data, run.weights));
    showControls(hows);
    sides.forEach((run, i) => {
      const words = sentence(SIDES[i], run, places[i], hows[i], losses[i]);
      paint(SIDES[i], run, images[i], parametersOf(run, places[i]), hows[i], words);
      parts[`${SIDES[i]}Caption`].textContent = `${edgeWords(hows[i])}, colours ${run.blend === "sum" ? "added" : "averaged"}`;
    });
    const {target} = sides[0];
    paint("target", sides[0], {image: target.data, width: target.shape[1], height: target.shape[0]}, null, null, `Target: ${shown.image}`);
    const [height, width] = target.shape;
    parts.targetCaption.textContent = `${width} × ${height} pixels`;
    parts.sentences.replaceChildren(...sides.map((run, i) =>
      explorer.element("p", {}, `${sentence(SIDES[i], run, places[i], hows[i], losses[i])} ${turnWords(run)}`)));
    showTable(losses);
    showNote();
    await showCharts(hows);
  }

  function showControls(hows) {
    const {image, n, seed, here, sides, times, iteration, cutoff, edge, missing} = shown;
    const titles = Object.fromEntries(held.words.images.map((one) => [one.name, one.title]));
    const pairs = (list, words = String) => list.map((value) => [String(value), words(value)]);
    fill(parts.image, pairs(values(runs, "image"), (name) => titles[name]), image);
    fill(parts.n, pairs(values(runs.filter((run) => run.image === image), "n")), n);
    fill(parts.seed, pairs(values(runs.filter((run) => run.image === image && run.n === n), "seed")), seed);
    SIDES.forEach((side, i) => fill(parts[side], here.map((run) => [run.recipe, run.title]), sides[i].recipe));
    parts.missing.textContent = missing.join(" ");
    if (here.length === 1) parts.missing.textContent += ` The page holds one fit of N = ${n} and seed ${seed}: it stands on both sides.`;
    parts.missing.hidden = !parts.missing.textContent;
    parts.iteration.max = times.length - 1;
    parts.iteration.value = below(times, iteration);
    const words = whole(Math.min(iteration, times.at(-1)));
    parts.iteration.setAttribute("aria-valuetext", `iteration ${words}`);
    parts.iterationWords.textContent = words;
    for (const key of ["ellipses", "uncovered", "error"]) parts[key].checked = shown[key];
    parts.scale.hidden = !shown.error;
    parts.cutoff.value = cutoff ?? hows[0].cutoff;
    const trained = [...new Set(sides.map((run) => `${run.cutoff} σ`))].join(" and ");
    parts.cutoffWords.textContent = cutoff === null ? `as trained: ${trained}` : `${cutoff.toFixed(1)} σ`;
    parts.cutoff.setAttribute("aria-valuetext", parts.cutoffWords.textContent);
    parts.edge.value = edge ?? "";
    parts.trained.disabled = cutoff === null && edge === null;
    SIDES.forEach((side, i) => {
      const turn = sides[i].turn;
      parts[`${side}Turn`].disabled = turn === null;
      parts[`${side}Turn`].textContent = turn === null ? `${side} does not turn` : `jump to the turn of the ${side}`;
    });
  }

  // Draw one picture, in pixels of the image, and over it what belongs to the Gaussians.
  function paint(side, run, picture, parameters, how, words) {
    const canvas = parts[`${side}Canvas`], over = parts[`${side}Over`];
    const {width, height} = picture;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
    canvas.parentElement.style.aspectRatio = `${width} / ${height}`;
    canvas.setAttribute("aria-label", words);
    const pixels = new ImageData(width, height);
    const error = shown.error && how ? rendering.errors(picture, run.target.data) : null;
    for (let pixel = 0; pixel < width * height; pixel++) {
      const rgb = error ? colourOf(error[pixel]) : [0, 1, 2].map((k) => 255 * picture.image[3 * pixel + k]);
      pixels.data.set([...rgb, 255], 4 * pixel); // clamped and rounded by its type
    }
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    const box = canvas.getBoundingClientRect(), ratio = devicePixelRatio || 1;
    Object.assign(over, {width: Math.round(box.width * ratio), height: Math.round(box.height * ratio)});
    if (!how) return;
    if (shown.uncovered) markUncovered(over, picture);
    if (shown.ellipses) drawEllipses(over, picture, parameters, how.cutoff, ratio);
  }

  function colourOf(error) {
    const at = Math.min(error / BRIGHTEST, 1) * (ERROR.length - 1), k = Math.min(Math.floor(at), ERROR.length - 2);
    return ERROR[k].map((value, i) => value + (at - k) * (ERROR[k + 1][i] - value));
  }

  function markUncovered(over, picture) {
    const context = over.getContext("2d");
    const sx = over.width / picture.width, sy = over.height / picture.height;
    for (let pixel = 0; pixel < picture.covered.length; pixel++) {
      if (picture.covered[pixel]) continue;
      const x = (pixel % picture.width) * sx, y = Math.floor(pixel / picture.width) * sy;
      context.fillStyle = explorer.colours.vermilion;
      context.fillRect(x, y, sx, sy);
      context.strokeStyle = "#000";
      context.lineWidth = sx / 8;
      context.beginPath();
      context.moveTo(x, y + sy);
      context.lineTo(x + sx, y);
      context.stroke();
    }
  }

  // A pixel is drawn as a square whose upper left corner is its place in the formulas, so that what
  // is drawn over it lies half a pixel further right and down.
  function drawEllipses(over, {width, height}, parameters, cutoff, ratio) {
    const context = over.getContext("2d");
    for (let g = 0; g < parameters.length; g += 8) {
      const [x, y, sx, sy, rotation] = parameters.subarray(g, g + 5);
      if (sx === 0) continue;
      context.beginPath();
      context.save();
      context.scale(over.width, over.height);
      context.ellipse(x + 0.5 / width, y + 0.5 / height, cutoff * sx, cutoff * sy, rotation, 0, 2 * Math.PI);
      context.restore();
      for (const [colour, thick] of [["rgba(0, 0, 0, 0.6)", 2.5], ["#fff", 1]]) {
        context.strokeStyle = colour;
        context.lineWidth = thick * ratio;
        context.stroke();
      }
    }
  }

  function showTable(losses) {
    const e = explorer.element, {sides, places} = shown;
    const engine = sides.map((run, i) => measured(run, places[i]));
    const rows = [["reported loss", "loss", number], ["L1", "l1", number], ["L2", "l2", number], ["SSIM", "ssim", number],
      ["uncovered pixels", "uncovered", percent], ["pixel loss on covered pixels", "on_covered", number], ["pixel loss on uncovered pixels", "on_uncovered", number]];
    const head = e("thead", {}, e("tr", {}, e("td"), ...SIDES.map((side) => e("th", {scope: "colgroup", colspan: 2}, side))),
      e("tr", {}, e("td"), ...SIDES.flatMap(() => [e("th", {scope: "col"}, "rendered here"), e("th", {scope: "col"}, "the run's own")])));
    const body = rows.map(([words, key, said]) => e("tr", {}, e("th", {scope: "row"}, words),
      ...SIDES.flatMap((_, i) => [e("td", {"data-loss": key}, said(losses[i][key])), e("td", {}, said(engine[i][key]))])));
    parts.table.replaceChildren(e("table", {class: "numbers"}, head, e("tbody", {}, ...body)));
  }

  function showNote() {
    const w = shown.sides[0].weights;
    parts.note.textContent = `Reported loss: ${w.l1} L1 + ${w.l2} L2 + ${w.ssim} (1 − SSIM). Pixel loss: ${w.l1} L1 + ${w.l2} L2, the sum of what covered and uncovered pixels add, each divided by all pixels of the image. `
      + "A pixel is uncovered where the weights of all Gaussians sum to no more than 1e-10 beyond that of black. “The run's own” is what the engine measures of the same state, as it was trained; the reported loss in the charts is the one that the run logged. "
      + `A fit has turned once a logged loss exceeds ${held.words.factor} times its least. Ellipses end at the cut-off. Where a hard edge is made smooth, black has the weight ${held.words.background}.`;
  }

  async function showCharts(hows) {
    const {sides} = shown;
    const lacking = sides.filter((run, i) => !curveOf(run, hows[i]));
    clearTimeout(later);
    if (lacking.length) {
      // After the slider has come to rest: it is some hundred pictures.
      later = setTimeout(() => {
        sides.forEach((run, i) => curveOf(run, hows[i]) ?? computeCurve(run, hows[i]));
        explorer.set({});
      }, 250);
    }
    const highest = 1.05 * Math.max(...sides.flatMap((run, i) => {
      const {data, shape: [, count]} = run.logged_held;
      const rendered = (curveOf(run, hows[i]) ?? []).map((one) => Math.max(one.on_covered, one.on_uncovered));
      return [...data.subarray(count, 2 * count), ...rendered].filter(Number.isFinite);
    }));
    const times = [Math.min(...sides.map((run) => run.states[0])), Math.max(...sides.map((run) => run.iterations))].map(Math.log10);
    await Promise.all(SIDES.map((side, i) => showChart(side, sides[i], shown.places[i], hows[i], highest, times)));
  }

  async function showChart(side, run, at, how, highest, times) {
    const {data, shape: [, count]} = run.logged_held;
    const curve = curveOf(run, how);
    const words = isAsTrained(run, how) ? run.title : `${run.title}, ${edgeWords(how)}`;
    const place = parts[`${side}Chart`];
    const traces = [{
      x: [...data.subarray(0, count)], y: [...data.subarray(count, 2 * count)], name: "reported loss, as logged", mode: "lines",
      line: {color: explorer.colours.black, width: 1.5, dash: "dot"}, hovertemplate: "iteration %{x:,d}: %{y:.4f}<extra>reported loss</extra>",
    }];
    for (const [key, {name, color, dash}] of [["on_covered", COVERED], ["on_uncovered", UNCOVERED]]) {
      if (!curve) continue;
      traces.push({
        x: run.states, y: curve.map((one) => one[key]), name: `pixel loss ${name}`, mode: "lines",
        line: {color, dash, width: 2}, hovertemplate: `iteration %{x:,d}: %{y:.4f}<extra>${name}</extra>`,
      });
    }
    const line = (x, color, dash) => ({type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line: {color, dash, width: 1.5}});
    parts[`${side}Heading`].textContent = `Loss along training, ${side}: ${words}`;
    place.setAttribute("aria-label", `Loss of ${words} against the iteration`);
    await explorer.chart(place, traces, {
      margin: {l: 56, r: 28, t: 62, b: 44},
      xaxis: {title: {text: "iteration"}, type: "log", range: [times[0] - 0.05, times[1] + 0.05], dtick: 1, exponentformat: "none", separatethousands: true},
      yaxis: {title: {text: "loss (no unit)"}, range: [0, highest]},
      shapes: [line(run.states[at], explorer.colours.purple, "solid"), ...(run.turn === null ? [] : [line(run.turn, explorer.colours.grey, "dot")])],
      annotations: run.turn === null ? [] : [{x: Math.log10(run.turn), y: 1, xref: "x", yref: "paper", text: "turn", showarrow: false, xanchor: "left", yanchor: "top", font: {color: "#595959"}}],
    });
    if (!place.dataset.listens) {
      place.dataset.listens = "1";
      place.on("plotly_click", ({points: [point]}) => explorer.go({iteration: point.x}));
    }
  }

  // ---------------------------------------------------------------- actions

  function toggle(key) {
    return explorer.go({[key]: shown[key] ? null : 1});
  }

  function step(by) {
    const place = below(shown.times, shown.iteration) + by;
    if (place < 0 || place >= shown.times.length) return false;
    explorer.set({iteration: shown.times[place]});
    return true;
  }

  // The first kept state from the turn on, where the study looks at it too; the last without a turn.
  function atTurn(run) {
    const found = run.turn === null ? undefined : run.states.find((iteration) => iteration >= run.turn);
    return found ?? run.states.at(-1);
  }

  function jump(side) {
    const run = shown.sides[side];
    if (run.turn === null) return;
    explorer.go({iteration: atTurn(run)});
  }

  function best() {
    explorer.go({iteration: shown.sides[0].best || shown.times[0]});
  }

  function play() {
    if (playing !== null) return pause();
    if (below(shown.times, shown.iteration) === shown.times.length - 1) explorer.set({iteration: shown.times[0]});
    parts.play.textContent = "pause";
    playing = setInterval(() => {
      if (document.getElementById("view-fits").hidden || !step(1)) pause();
    }, PACE);
  }

  function pause() {
    clearInterval(playing);
    playing = null;
    parts.play.textContent = "play";
  }

  function stepCutoff(by) {
    const now = shown.cutoff ?? shown.sides[0].cutoff;
    explorer.set({cutoff: Math.min(HIGHEST, Math.max(LOWEST, now + by)).toFixed(1)});
  }

  // Every state of both runs, as the charts show them; empty while a curve is not computed yet.
  function save() {
    const rows = shown.sides.flatMap((run) => {
      const how = howOf(run, shown);
      if (!curveOf(run, how)) computeCurve(run, how);
      return curveOf(run, how).map((loss, place) => ({
        image: run.image, recipe: run.recipe, n: run.n, seed: run.seed, iteration: run.states[place],
        cutoff: how.cutoff, edge: how.edge, blend: run.blend, rendered: isAsTrained(run, how) ? "engine" : "page", ...loss,
      }));
    });
    explorer.download(`fits_n${shown.n}_seed${shown.seed}.csv`, rows);
  }

  explorer.view({
    id: "fits",
    title: "Fits",
    data: "gaussians",
    create,
    show,
    keys: {
      ArrowLeft: ["earlier", () => step(-1)],
      ArrowRight: ["later", () => step(1)],
      " ": ["play or pause", () => play()],
      t: ["turn", () => jump(shown.sides[0].turn === null ? 1 : 0)],
      b: ["least loss of the left", () => best()],
      e: ["ellipses", () => toggle("ellipses")],
      u: ["uncovered pixels", () => toggle("uncovered")],
      r: ["error", () => toggle("error")],
      "-": ["cut-off down", () => stepCutoff(-0.5)],
      "+": ["cut-off up", () => stepCutoff(0.5)],
      h: ["hard or smooth", () => explorer.go({edge: howOf(shown.sides[0], shown).edge === "hard" ? "smooth" : "hard"})],
      o: ["as trained", () => explorer.go({cutoff: null, edge: null})],
    },
  });
})();
