// What all views share: their registry, the state in the URL's hash, keys, data and downloads.
"use strict";

const explorer = (() => {
  const views = new Map(); // by id: {id, title, create(root, data), show(state), keys}
  const unpacked = new Map();
  let current = null;

  // A view is {id, title, data, create(root, data), show(state), keys: {key: [words, action]}}.
  // `create` is called once with its element and the data of that name, `show` whenever it is the
  // current view and the state has changed.
  function view(described) {
    views.set(described.id, described);
  }

  function state() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  }

  // Change some of the state; null removes a key. Numbers become text.
  function set(changes) {
    const next = new URLSearchParams(location.hash.slice(1));
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) next.delete(key);
      else next.set(key, String(value));
    }
    history.replaceState(null, "", `#${next}`);
    return show();
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

  // Offer rows, objects of the same keys, as a CSV file.
  function download(name, rows) {
    const columns = Object.keys(rows[0] ?? {});
    const cell = (value) => {
      const text = value === null || value === undefined ? "" : String(value);
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

  async function show() {
    const wanted = views.get(state().view) ?? views.values().next().value;
    for (const link of document.querySelectorAll("#views a")) {
      link.toggleAttribute("aria-current", link.dataset.view === wanted.id);
    }
    if (!wanted.root) {
      wanted.root = document.createElement("section");
      wanted.root.id = `view-${wanted.id}`;
      document.getElementById("view").append(wanted.root);
      wanted.ready = data(wanted.data).then((held) => wanted.create(wanted.root, held));
    }
    current = wanted;
    for (const one of views.values()) if (one.root) one.root.hidden = one !== wanted;
    const keys = Object.entries(wanted.keys ?? {});
    document.getElementById("keys").textContent = keys.map(([key, [words]]) => `${key}: ${words}`).join("  ·  ");
    await wanted.ready;
    await wanted.show(state());
    document.body.dataset.shown = `${Number(document.body.dataset.shown ?? 0) + 1}`; // tests wait for it
  }

  function start() {
    for (const one of views.values()) {
      const link = document.createElement("a");
      link.href = `#view=${one.id}`;
      link.textContent = one.title;
      link.dataset.view = one.id;
      document.getElementById("views").append(link);
    }
    addEventListener("hashchange", show);
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^(input|select|textarea)$/i.test(event.target.tagName)) return;
      const found = current?.keys?.[event.key];
      if (found) {
        event.preventDefault();
        found[1]();
      }
    });
    return show();
  }

  return {view, state, set, data, download, start};
})();
