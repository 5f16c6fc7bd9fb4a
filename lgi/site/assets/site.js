// Sorts and searches tables, opens what a link points to, and lets films rest where motion is not wanted.
const LONG = 25; // rows of a table that is shown in parts
const SEARCHED = 8; // rows from which on a table can be searched

function enhance(table, options = {}) {
  const rows = options.data?.length ?? table.tBodies[0].rows.length;
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

// A table whose rows wait in the page until it is opened.
function fill(details) {
  const holder = details.querySelector(":scope > .rows");
  const source = details.querySelector(":scope > script");
  if (!holder || holder.childElementCount) return;
  const {columns, rows} = JSON.parse(source.textContent);
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
addEventListener("hashchange", reveal);
reveal();
document.body.dataset.ready = "yes"; // tests wait for it
