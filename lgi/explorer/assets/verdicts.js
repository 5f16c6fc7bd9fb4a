// The claims of both studies: a card each, which leads to its evidence.
"use strict";

(() => {
  const {element} = explorer;
  // Told apart by sign and word as well as by colour; words dark enough on white.
  const LOOKS = {
    "supported": ["✓", "#00694d"], "not supported": ["✗", "#a34700"], "contradicted": ["⊘", "#a34700"],
    "within the margin": ["≈", "#8a5d00"], "undecided": ["?", "#0060a0"], "not applicable": ["–", "#595959"],
  };
  const FILTERS = ["verdict", "study", "whose"];
  const VIEWS = {fits: "the fits", loss_vs_n: "loss against N", superposition: "loss against LLC"};
  const WHOSE = {"original study": "the original study's", "this study": "this study's"};
  const parts = {};
  let words = null, current = null;

  function create(root, held) {
    ({words} = held);
    const choices = {
      verdict: Object.fromEntries(words.verdicts.map((one) => [one, `${LOOKS[one][0]} ${one}`])),
      study: words.studies, whose: Object.fromEntries(words.sources.map((one) => [one, WHOSE[one] ?? one])),
    };
    const labels = {verdict: "Verdict", study: "Study", whose: "Whose"};
    const select = (key) => {
      const options = Object.entries(choices[key]).map(([name, shown]) => element("option", {value: name}, shown));
      parts[key] = element("select", {"aria-label": labels[key], onchange: () => explorer.go({[key]: parts[key].value || null})},
        element("option", {value: ""}, "all"), ...options);
      return element("label", {}, labels[key], parts[key]);
    };
    root.append(
      element("p", {class: "said"}, "Every statement of both studies with its computed verdict. A card leads to what it rests on."),
      element("div", {class: "controls"}, ...FILTERS.map(select),
        element("button", {onclick: () => explorer.go(Object.fromEntries(FILTERS.map((key) => [key, null])))}, "Show all"),
        element("button", {onclick: download}, "Download these rows")),
      parts.counts = element("p", {class: "note", role: "status"}),
      parts.board = element("div", {class: "board"}),
    );
  }

  function shown(state) {
    return words.cards.filter((one) => (!state.verdict || one.verdict === state.verdict) &&
      (!state.study || one.study === state.study) && (!state.whose || one.source === state.whose));
  }

  function show(state) {
    for (const key of FILTERS) {
      const known = [...parts[key].options].some((option) => option.value === state[key]);
      parts[key].value = known ? state[key] : "";
    }
    current = shown(Object.fromEntries(FILTERS.map((key) => [key, parts[key].value])));
    const count = (verdict) => current.filter((one) => one.verdict === verdict).length;
    const each = words.verdicts.filter(count).map((verdict) => `${count(verdict)} ${verdict}`);
    parts.counts.textContent = `${current.length} of ${words.cards.length} statements${each.length ? `: ${each.join(", ")}` : ""}.`;
    parts.board.replaceChildren(...current.map(card));
  }

  function card(one) {
    const [sign, colour] = LOOKS[one.verdict], there = one.state.view && VIEWS[one.state.view];
    const lead = there || one.links.length > 0;
    const follow = (event) => {
      if (!event.target.closest("a, button") && !String(getSelection())) leadTo(one);
    };
    const split = Object.entries(one.parts).map(([verdict, n]) => `${n} ${verdict}`).join(", ");
    return element("article", {class: `card${lead ? " leads" : ""}`, style: `border-left-color: ${colour}`, "data-claim": one.id, onclick: follow},
      element("p", {class: "verdict", style: `color: ${colour}`}, element("span", {"aria-hidden": "true"}, sign), ` ${one.verdict}`),
      element("h2", {}, one.claim),
      element("p", {class: "value"}, [one.value, one.n].filter(Boolean).join(", ")),
      element("p", {class: "note"}, `${one.measure}${split ? `; by part: ${split}` : ""}${one.reason ? `; ${one.reason}` : ""}`),
      ...(one.sentence ? [element("p", {class: "sentence"}, one.sentence)] : []),
      element("p", {class: "note"}, `${words.studies[one.study]}; ${WHOSE[one.source] ?? one.source}`),
      element("p", {class: "links"},
        ...(there ? [element("button", {onclick: () => leadTo(one)}, `Show in ${there}`)] : []),
        ...one.links.map(({href, text}) => element("a", {href}, text))));
  }

  // Set the views to the evidence of a claim; without a view, open the picture that shows it.
  function leadTo({state, links}) {
    if (state.view && VIEWS[state.view]) {
      const {view, ...values} = state;
      explorer.open(view, values);
      scrollTo(0, 0);
    } else if (links.length) location.href = links[0].href;
  }

  function download() {
    explorer.download("verdicts.csv", current.map((one) => ({
      study: words.studies[one.study], claim: one.claim, whose: one.source, verdict: one.verdict, value: one.value,
      n: one.n, measure: one.measure, reason: one.reason, sentence: one.sentence,
    })));
  }

  // The next verdict, after the last one all of them.
  function turn(by) {
    const options = ["", ...words.verdicts.filter((one) => words.cards.some((card) => card.verdict === one))];
    const place = options.indexOf(parts.verdict.value) + by;
    explorer.go({verdict: options[(place + options.length) % options.length] || null});
  }

  explorer.view({
    id: "verdicts",
    title: "Verdicts",
    data: "verdicts",
    create,
    show,
    keys: {
      ArrowLeft: ["verdict before", () => turn(-1)],
      ArrowRight: ["next verdict", () => turn(1)],
      d: ["download these rows", download],
    },
  });
})();
