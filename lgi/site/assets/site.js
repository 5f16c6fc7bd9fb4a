// Sorts and searches tables, opens what a link points to, and lets films rest where motion is not wanted.
const LONG = 25; // rows of a table that is shown in parts
const SEARCHED = 8; // rows from which on a table can be searched

function enhance(table, options = {}) {
  const rows = options.data?.length ?? table.tBodies[0]?.rows.length ?? 0;
  new DataTable(table, {
    order: [],
    autoWidth: false,
    deferRender: true,
    info: rows > LONG,
    paging: rows > LONG,
    pageLength: LONG,
    lengthMenu: [LONG, 100, {label: "all", value: -1}],
    searching: rows >= SEARCHED,
    language: {search: "Search:"},
    ...options,
  });
}

// The words that lgi.explorer.packing wrote.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))).words;
}

// A table whose rows wait in the page until it is opened.
async function fill(details) {
  const holder = details.querySelector(":scope > .rows");
  if (!holder || holder.dataset.filled) return;
  holder.dataset.filled = "yes";
  const {columns, rows} = await unpacked(details.querySelector(":scope > script").textContent);
  const table = document.createElement("table");
  table.className = "data";
  holder.append(table);
  // As text: a value of a table is never HTML.
  const text = DataTable.render.text();
  enhance(table, {
    data: rows,
    columns: columns.map((title, index) => ({
      title: text.display(title),
      data: (row) => row[index],
      render: {_: (value) => value ?? "", display: (value) => text.display(value ?? "")},
    })),
  });
}

function reveal() {
  const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted) return;
  for (let one = wanted; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  wanted.scrollIntoView();
}

for (const table of document.querySelectorAll("table.data")) enhance(table);
for (const details of document.querySelectorAll("details.table")) {
  details.addEventListener("toggle", () => details.open && fill(details));
}
const filter = document.getElementById("filter");
filter?.addEventListener("input", () => {
  const wanted = filter.value.toLowerCase();
  for (const one of document.querySelectorAll("details.table")) {
    one.hidden = !one.querySelector("summary").textContent.toLowerCase().includes(wanted);
  }
});
if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
  for (const film of document.querySelectorAll("video[autoplay]")) {
    film.autoplay = false;
    film.pause();
  }
}
if (matchMedia("(max-width: 63.99rem)").matches) {
  document.querySelector(".contents details")?.removeAttribute("open");
}
// In Snakemake's report a page is alone: what lies beside it elsewhere is told by its name.
if (location.protocol === "data:") {
  document.querySelector("body > header nav").remove();
  for (const shown of document.querySelectorAll("img, video")) {
    const source = shown.getAttribute("src") ?? shown.querySelector("source").getAttribute("src");
    const told = document.createElement("p");
    told.className = "missing";
    told.textContent = `${source.replace("../", "results/")}: figures are among the results of this report.`;
    if (!source.startsWith("data:")) shown.replaceWith(told);
  }
  for (const link of document.querySelectorAll("a[href]")) {
    if (!/^(#|https?:)/.test(link.getAttribute("href"))) link.replaceWith(...link.childNodes);
  }
}
addEventListener("hashchange", reveal);
reveal();
document.body.dataset.ready = "yes"; // tests wait for it
