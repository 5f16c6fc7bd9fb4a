// What all views share: their registry, the state in the URL's hash, keys, data, charts, downloads.
"use strict";

const explorer = (() => {
  const views = new Map(); // by id, as given to `view`
  const unpacked = new Map();
  const left = new Map(); // by id of a view: its hash when it was last shown
  let current = null;
  let shown = null; // a promise while something is being shown
  let again = false; // whether the state has changed meanwhile

  // Okabe and Ito (2008), as in lgi/figures/style.py: told apart with any colour vision.
  const colours = {
    blue: "#0072b2", vermilion: "#d55e00", green: "#009e73", purple: "#cc79a7",
    sky: "#56b4e9", orange: "#e69f00", black: "#000000", yellow: "#f0e442", grey: "#7f7f7f",
  };

  // A view is {id, title, data, create(root, data), show(state), keys: {key: [words, action]}}.
  // `create` is called once with its element and the data of that name, `show` whenever it is the
  // current view and the state has changed; either may return a promise.
  function view(described) {
    views.set(described.id, described);
  }

  function state() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  }

  // Change some of the state in place, as while a slider moves; null removes a key. The promise is
  // kept once the state is shown.
  function set(changes) {
    history.replaceState(null, "", changed(changes));
    return show();
  }

  // The same as a step of its own, which "back" undoes.
  function go(changes) {
    const hash = changed(changes);
    if (hash !== location.hash) history.pushState(null, "", hash);
    return show();
  }

  // Go to a view with this state and no other.
  function open(id, values = {}) {
    history.pushState(null, "", `#${new URLSearchParams({view: id, ...texts(values)})}`);
    return show();
  }

  function changed(changes) {
    const next = new URLSearchParams(location.hash.slice(1));
    for (const [key, value] of Object.entries(changes)) if (value === null) next.delete(key);
    for (const [key, value] of Object.entries(texts(changes))) next.set(key, value);
    return `#${next}`;
  }

  function texts(values) {
    const stated = Object.entries(values).filter(([, value]) => value !== null);
    return Object.fromEntries(stated.map(([key, value]) => [key, String(value)]));
  }

  // {words, arrays: {name: {data, shape}}} of a packed text in the page (lgi.explorer.packing).
  async function data(name) {
    if (!unpacked.has(name)) unpacked.set(name, unpack(document.getElementById(`data-${name}`)));
    return unpacked.get(name);
  }

  async function unpack(element) {
    const bytes = Uint8Array.from(atob(element.textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const buffer = await new Response(stream).arrayBuffer();
    const length = new DataView(buffer).getUint32(0, true);
    const {words, arrays} = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const kinds = {Float32Array, Float64Array, Int32Array, Uint8Array, Uint16Array};
    for (const array of Object.values(arrays)) {
      const size = array.shape.reduce((product, n) => product * n, 1);
      array.data = new kinds[array.type](buffer, 4 + length + array.place, size);
    }
    return {words, arrays};
  }

  // An element of the page. Attributes that begin with "on" are listeners; those that are null or
  // false are left out, true ones stand without a value.
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== null && value !== false) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  // Draw or redraw a chart. `layout` is Plotly's; what all charts have in common is added to it.
  function chart(place, traces, layout) {
    const axis = {zeroline: false, gridcolor: "#e5e5e5", linecolor: "#888", ticks: "outside", automargin: true};
    const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
    return Plotly.react(place, traces, {
      font: {family: "system-ui, sans-serif", size: 12, color: "#222"},
      paper_bgcolor: "#fff", plot_bgcolor: "#fff",
      margin: {l: 56, r: 12, t: 36, b: 44},
      legend: {orientation: "h", x: 0, y: 1, yanchor: "bottom"},
      hoverlabel: {namelength: -1},
      ...layout,
      ...Object.fromEntries(axes.map((key) => [key, {...axis, ...layout[key]}])),
    }, {responsive: true, displaylogo: false, displayModeBar: false});
  }

  // Offer rows, objects of the same keys, as a CSV file.
  function download(name, rows) {
    const columns = Object.keys(rows[0] ?? {});
    const cell = (value) => {
      const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
      return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
    const text = lines.map((line) => line.map(cell).join(",")).join("\n") + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "text/csv"}));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // Show the state; changes that come meanwhile are shown together after it.
  function show() {
    again = true;
    shown ??= (async () => {
      try {
        while (again) {
          again = false;
          await showOnce();
        }
      } finally {
        shown = null;
      }
    })();
    return shown;
  }

  async function showOnce() {
    const named = state().view;
    // A study's name, as other pages link to it, is its first view; without any it is the first of all.
    const [first] = [...views.values()].filter((one) => one.data === named).concat(...views.values());
    const wanted = views.get(named) ?? first;
    left.set(wanted.id, location.hash || `#view=${wanted.id}`);
    for (const link of document.querySelectorAll("#views a")) {
      link.href = left.get(link.dataset.view) ?? `#view=${link.dataset.view}`;
      if (link.dataset.view === wanted.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (!wanted.root) {
      wanted.root = element("section", {id: `view-${wanted.id}`, "aria-label": wanted.title});
      document.getElementById("view").append(wanted.root);
      wanted.ready = data(wanted.data).then((held) => wanted.create(wanted.root, held));
    }
    current = wanted;
    for (const one of views.values()) if (one.root) one.root.hidden = one !== wanted;
    await wanted.ready;
    showKeys(wanted.keys ?? {});
    await wanted.show(state());
    document.body.dataset.shown = `${Number(document.body.dataset.shown ?? 0) + 1}`; // tests wait for it
  }

  function showKeys(keys) {
    const called = {" ": "space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓"};
    const items = Object.entries(keys).map(([key, [words]]) =>
      element("span", {}, element("kbd", {}, called[key] ?? key), ` ${words}`));
    document.getElementById("keys").replaceChildren(...items);
  }

  // Whether an element that has the focus uses a key itself.
  function takes(target, key) {
    const tag = target.tagName.toLowerCase();
    if (tag === "textarea" || tag === "select") return true;
    if (tag === "button" || tag === "a") return key === " " || key === "Enter";
    if (tag !== "input") return false;
    if (target.type === "range") return /^(Arrow|Page|Home|End)/.test(key);
    if (target.type === "checkbox") return key === " ";
    return target.type === "radio" ? key === " " || key.startsWith("Arrow") : true;
  }

  function start() {
    for (const one of views.values()) {
      document.getElementById("views").append(
        element("a", {href: `#view=${one.id}`, "data-view": one.id}, one.title));
    }
    addEventListener("hashchange", show);
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (takes(event.target, event.key)) return;
      const found = current?.keys?.[event.key];
      if (found) {
        event.preventDefault();
        found[1]();
      }
    });
    return show();
  }

  return {colours, view, state, set, go, open, data, element, chart, download, start};
})();
