// Best loss against N over seeds, and what one seed alone would have said.
"use strict";

(() => {
  let curves = [];
  let parts = {};
  let shown = null;

  function chosen(state) {
    const curve = curves.find((one) => one.name === state.runs) ?? curves[0];
    const drawn = Math.max(0, Math.floor(Number(state.draw ?? 0)) || 0);
    const place = drawn ? curve.order[(drawn - 1) % curve.order.length] : null;
    return {curve, drawn, place, every: state.every === "1"};
  }

  function create(root, {words}) {
    curves = words.curves;
    const e = explorer.element;
    parts.runs = e("select", {id: "loss_vs_n-runs", onchange: () => explorer.go({runs: parts.runs.value, draw: null})},
      ...curves.map((curve) => e("option", {value: curve.name}, `${curve.recipe}: ${curve.seeds.length} seeds`)));
    parts.every = e("input", {type: "checkbox", id: "loss_vs_n-every", onchange: () => explorer.go({every: shown.every ? null : 1})});
    root.append(
      e("p", {class: "said"}, "Best loss along training against the number of Gaussians: the mean over seeds, and one seed of them."),
      e("div", {class: "controls"}, e("label", {for: "loss_vs_n-runs"}, "runs ", parts.runs),
        e("button", {type: "button", id: "loss_vs_n-draw", onclick: draw}, "draw one random seed"),
        parts.none = e("button", {type: "button", id: "loss_vs_n-none", onclick: () => explorer.go({draw: null})}, "none"),
        e("label", {for: "loss_vs_n-every"}, parts.every, " every seed")),
      parts.chart = e("div", {class: "chart loss-vs-n", role: "img"}),
      parts.said = e("div", {class: "said", role: "status"}),
      e("div", {class: "controls"}, e("button", {type: "button", id: "loss_vs_n-download", onclick: save}, "download these rows")),
      parts.note = e("p", {class: "note"}),
    );
  }

  const values = (list, places) => places.map((place) => list[place]);
  const finite = (list) => list.map((value, place) => [value, place]).filter(([value]) => value !== null);
  const least = (list) => finite(list).reduce((best, one) => (one[0] < best[0] ? one : best))[1];
  // How often a curve rises from one N to the next, of how many steps.
  function rises(list) {
    const steps = list.slice(1).map((value, i) => [value, list[i]]).filter(([a, b]) => a !== null && b !== null);
    return [steps.filter(([a, b]) => a > b).length, steps.length];
  }

  function sentences({curve, place}) {
    const {n, seeds, losses, value, recipe, image} = curve;
    if (!finite(value).length) return ["No fit of these runs has a finite loss."];
    const [up, of] = rises(value);
    const said = [`Over ${seeds.length} seed${seeds.length > 1 ? "s" : ""} (${recipe}; ${image}) the mean is least at N = ${n[least(value)]} and rises at ${up} of ${of} steps from one N to the next.`];
    if (place === null) return [...said, "Draw a seed to see what it alone would have said."];
    const own = losses[place];
    if (!finite(own).length) return [...said, `Seed ${seeds[place]} has no finite loss.`];
    const others = losses.filter((one, i) => i !== place && finite(one).length);
    const same = others.filter((one) => least(one) === least(own)).length;
    const [higher, steps] = rises(own);
    const found = `Seed ${seeds[place]} has its least loss, ${own[least(own)].toFixed(4)}, at N = ${n[least(own)]} and rises at ${higher} of ${steps} steps.`;
    return [...said, others.length ? `${found} Of the ${others.length} other seeds ${same || "none"} ${same > 1 ? "have their" : "has its"} least loss at the same N.` : found];
  }

  async function show(state) {
    if (!curves.length) return;
    shown = chosen(state);
    const {curve, place, every} = shown;
    parts.runs.value = curve.name;
    parts.every.checked = every;
    parts.none.disabled = place === null;
    const level = `${Number((100 * curve.confidence).toPrecision(4))} %`;
    parts.said.replaceChildren(...sentences(shown).map((words) => explorer.element("p", {}, words)));
    const counts = [...new Set(curve.count)];
    parts.note.textContent = `The band is the ${level} t interval of the mean at each N, n = ${counts.length > 1 ? `${Math.min(...counts)} to ${Math.max(...counts)}` : counts[0]} seeds; there is none of fewer than two. `
      + "Seeds are drawn in an order that is fixed: the same link shows the same seed. Runs of one seed share their start, so that neighbouring N are not independent.";
    parts.chart.setAttribute("aria-label", `Best loss against N. ${sentences(shown).join(" ")}`);
    const banded = finite(curve.low).map(([, i]) => i);
    const traces = [];
    if (every) {
      curve.losses.forEach((one, i) => traces.push({
        x: curve.n, y: one, mode: "lines", name: "one seed", legendgroup: "every", showlegend: i === 0,
        line: {color: "#b0b0b0", width: 1}, hovertemplate: `seed ${curve.seeds[i]}, N = %{x}: %{y:.4f}<extra></extra>`,
      }));
    }
    if (banded.length) {
      const back = [...banded].reverse();
      traces.push({
        x: [...values(curve.n, banded), ...values(curve.n, back)], y: [...values(curve.high, banded), ...values(curve.low, back)],
        fill: "toself", mode: "lines", line: {width: 0}, fillcolor: "rgba(0, 114, 178, 0.25)", name: `${level} interval`, hoverinfo: "skip",
      });
    }
    traces.push({
      x: curve.n, y: curve.value, mode: "lines+markers", name: `mean of ${curve.seeds.length} seeds`,
      line: {color: explorer.colours.blue, width: 2}, marker: {size: 7}, hovertemplate: "mean, N = %{x}: %{y:.4f}<extra></extra>",
    });
    if (place !== null) {
      traces.push({
        x: curve.n, y: curve.losses[place], mode: "lines+markers", name: `seed ${curve.seeds[place]}`,
        line: {color: explorer.colours.vermilion, width: 2, dash: "dash"}, marker: {symbol: "diamond", size: 9},
        hovertemplate: `seed ${curve.seeds[place]}, N = %{x}: %{y:.4f}<extra></extra>`,
      });
    }
    // One scale for every draw, so that what changes is the seed.
    const all = [...curve.losses.flat(), ...curve.high, ...curve.low].filter((value) => value !== null);
    const [low, high] = [Math.min(...all), Math.max(...all)], margin = 0.05 * (high - low || high || 1);
    await explorer.chart(parts.chart, traces, {
      xaxis: {title: {text: "number of Gaussians N (count)"}, dtick: curve.n.length > 15 ? null : 1},
      yaxis: {title: {text: "best loss along training (no unit)"}, ...(all.length ? {range: [low - margin, high + margin]} : {})},
    });
  }

  function draw() {
    explorer.go({draw: (shown.drawn % shown.curve.order.length) + 1});
  }

  function save() {
    const {curve, place, every} = shown;
    const rows = curve.n.map((n, i) => ({
      n, seeds: curve.count[i], mean: curve.value[i], low: curve.low[i], high: curve.high[i],
      ...(place === null ? {} : {[`seed_${curve.seeds[place]}`]: curve.losses[place][i]}),
      ...(every ? Object.fromEntries(curve.seeds.map((seed, s) => [`seed_${seed}`, curve.losses[s][i]])) : {}),
    }));
    explorer.download(`loss_vs_n_${curve.name}.csv`, rows);
  }

  explorer.view({
    id: "loss_vs_n",
    title: "Loss against N",
    data: "gaussians",
    create,
    show,
    keys: {
      d: ["draw one random seed", draw],
      n: ["none", () => explorer.go({draw: null})],
      a: ["every seed", () => explorer.go({every: shown.every ? null : 1})],
    },
  });
})();
