"use strict";

explorer.view({
  id: "superposition",
  title: "Models",
  data: "superposition",
  create(root, {words}) {
    root.textContent = JSON.stringify(words);
  },
  show() {},
});
