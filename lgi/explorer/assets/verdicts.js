"use strict";

explorer.view({
  id: "verdicts",
  title: "Verdicts",
  data: "verdicts",
  create(root, {words}) {
    root.textContent = JSON.stringify(words);
  },
  show() {},
});
