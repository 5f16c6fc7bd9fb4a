"use strict";

explorer.view({
  id: "gaussians",
  title: "Fits",
  data: "gaussians",
  create(root, {words}) {
    root.textContent = JSON.stringify(words);
  },
  show() {},
});
