// The toy model of study 2 as a page computes it: x̂ = ReLU(Wᵀ W x + b), its exact loss, its polygon.
"use strict";

// Functions of parameters [P], W row by row and then b, of models whose sizes `words` holds and whose
// patterns and their probabilities `arrays` does.
const toyModel = (words, arrays) => {
  const NEAR = 1e-7, DEAD = 0.1; // as in lgi.superposition.geometry.geometry

  // x̂ = ReLU(Wᵀ W x + b) of every pattern of the data, with its squared error, the mean over
  // features; parameters are W row by row, then b.
  function errors(parameters) {
    const {features, hidden} = words, patterns = arrays.patterns, count = patterns.shape[0];
    const found = {output: [], error: new Float64Array(count)};
    const hidden_ = new Float64Array(hidden);
    for (let k = 0; k < count; k++) {
      const x = patterns.data.subarray(k * features, (k + 1) * features), output = new Float64Array(features);
      for (let h = 0; h < hidden; h++) {
        hidden_[h] = 0;
        for (let i = 0; i < features; i++) hidden_[h] += parameters[h * features + i] * x[i];
      }
      let sum = 0;
      for (let j = 0; j < features; j++) {
        let value = parameters[hidden * features + j];
        for (let h = 0; h < hidden; h++) value += parameters[h * features + j] * hidden_[h];
        output[j] = Math.max(value, 0);
        sum += (output[j] - x[j]) ** 2;
      }
      found.output.push(output);
      found.error[k] = sum / features;
    }
    return found;
  }

  function probability(sparsity) {
    const count = arrays.patterns.shape[0], s = words.sparsities.findIndex((one) => one.name === sparsity);
    return arrays.probability.data.subarray(s * count, (s + 1) * count);
  }

  // The exact population loss, NaN where the page does not hold the patterns.
  function loss(parameters, sparsity) {
    if (!arrays.patterns) return NaN;
    const share = probability(sparsity);
    return errors(parameters).error.reduce((sum, error, k) => sum + share[k] * error, 0);
  }

  function columns(parameters) {
    const {features} = words;
    return Array.from({length: features}, (_, i) => [parameters[i], parameters[features + i]]);
  }

  // Which columns are corners of the hull of those that are not dead, as
  // lgi.superposition.geometry.geometry.corners has them.
  function corners(tips) {
    const norms = tips.map(([x, y]) => Math.hypot(x, y)), longest = Math.max(...norms);
    const live = norms.map((norm) => norm >= DEAD * longest);
    const equal = (a, b) => Math.hypot(tips[a][0] - tips[b][0], tips[a][1] - tips[b][1]) <= NEAR * longest;
    const found = tips.map((_, i) => {
      if (!live[i] || tips.some((_, j) => j < i && live[j] && equal(i, j))) return false;
      const angles = tips.flatMap((tip, j) => (live[j] && !equal(i, j)
        ? [Math.atan2(tip[1] - tips[i][1], tip[0] - tips[i][0])] : [])).sort((a, b) => a - b);
      const gaps = angles.map((angle, k) => (k + 1 < angles.length ? angles[k + 1] : angles[0] + 2 * Math.PI) - angle);
      return Math.max(...gaps) > Math.PI + NEAR;
    });
    return found.filter(Boolean).length > 2 ? found : found.map(() => false);
  }

  function kind(parameters) {
    if (!parameters.every(Number.isFinite)) return "diverged";
    const found = corners(columns(parameters)), count = found.filter(Boolean).length;
    const b = parameters.subarray(words.hidden * words.features);
    if (!count) return "degenerate";
    return count === 5 && found.some((corner, i) => !corner && b[i] > 0) ? "5+‑gon" : `${count}‑gon`;
  }

  // Length of every column of W.
  function norms(parameters) {
    const {features, hidden} = words;
    return words.colours.map((_, i) => Math.hypot(...Array.from({length: hidden}, (_, h) => parameters[h * features + i])));
  }

  return {errors, probability, loss, columns, corners, kind, norms};
};

const statistics = (() => {
  function median(values) {
    const sorted = [...values].sort((a, b) => a - b), middle = sorted.length / 2;
    return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  }

  function ranks(values) {
    const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]), found = [];
    for (let i = 0, j; i < order.length; i = j) {
      for (j = i; j < order.length && values[order[j]] === values[order[i]];) j++;
      for (let k = i; k < j; k++) found[order[k]] = (i + j - 1) / 2;
    }
    return found;
  }

  // Spearman's rank correlation, NaN where one of the two does not vary.
  function correlation(x, y) {
    const [a, b] = [ranks(x), ranks(y)], middle = (x.length - 1) / 2;
    const product = (u, v) => u.reduce((sum, one, i) => sum + (one - middle) * (v[i] - middle), 0);
    return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
  }

  return {median, correlation};
})();
