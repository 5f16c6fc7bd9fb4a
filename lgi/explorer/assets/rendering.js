// What a fit looks like, and what it costs: pure functions, in float64, with the formulas of
// lgi/gaussians/fits/render64.py, edge.py and loss.py.
"use strict";

const rendering = (() => {
  const COVERED = 1e-10; // a pixel is uncovered whose weights sum to no more, or not beyond black's
  const WINDOW = 8; // side of a window of SSIM in pixels
  const C1 = 0.01 ** 2, C2 = 0.03 ** 2; // constants of SSIM

  // How a fit is rendered: {cutoff, edge: "hard" | "smooth", background, blend: "mean" | "sum"}.
  // The weight of black counts where a smooth edge meets a mean alone.
  function edgeOf({cutoff, edge, background, blend}) {
    if (edge === "hard") return {cutoff, floor: 0, background: 0};
    return {cutoff, floor: Math.exp(-0.5 * cutoff ** 2), background: blend === "sum" ? 0 : background};
  }

  // Image [height * width * 3], and which of the pixels [height * width] are covered. Parameters hold x, y, sx, sy, rotation, red, green, blue of one Gaussian after the other;
  // one that is 0 throughout is not there.
  function render(parameters, width, height, how) {
    const {cutoff, floor, background} = edgeOf(how);
    const limit = cutoff ** 2;
    const weight = new Float64Array(width * height);
    // In float32 as in the engine, where a weight that is lost beside black's covers nothing.
    const reached = new Float32Array(width * height).fill(background);
    const image = new Float64Array(width * height * 3);
    for (let g = 0; g < parameters.length; g += 8) {
      const [x, y, sx, sy, rotation, red, green, blue] = parameters.subarray(g, g + 8);
      if (sx === 0) continue;
      const cos = Math.cos(rotation), sin = Math.sin(rotation);
      const [left, right] = span(x, cutoff * Math.hypot(sx * cos, sy * sin), width);
      const [top, bottom] = span(y, cutoff * Math.hypot(sx * sin, sy * cos), height);
      for (let row = top; row < bottom; row++) {
        const dy = row / height - y;
        for (let column = left; column < right; column++) {
          const dx = column / width - x;
          const s = ((dx * cos + dy * sin) / sx) ** 2 + ((dy * cos - dx * sin) / sy) ** 2;
          if (!(s <= limit)) continue;
          const decay = Math.exp(-s / 2) - floor;
          const w = decay + 0.5 * floor * (s - limit);
          const pixel = row * width + column;
          weight[pixel] += w;
          reached[pixel] += w;
          image[3 * pixel] += w * red;
          image[3 * pixel + 1] += w * green;
          image[3 * pixel + 2] += w * blue;
        }
      }
    }
    if (how.blend === "mean") {
      for (let pixel = 0; pixel < weight.length; pixel++) {
        const all = weight[pixel] + background;
        for (let k = 3 * pixel; k < 3 * pixel + 3; k++) image[k] = all > COVERED ? image[k] / all : 0;
      }
    }
    const least = Math.fround(Math.max(COVERED, background));
    return {image, covered: reached.map((sum) => sum > least), width, height};
  }

  // The first pixel within reach, and one past the last, with one more at both ends.
  function span(centre, reach, size) {
    const first = Math.max(0, Math.floor((centre - reach) * size) - 1);
    return [first, Math.min(size, Math.ceil((centre + reach) * size) + 2)];
  }

  // Mean absolute difference over the channels of each pixel.
  function errors({image}, target) {
    const found = new Float64Array(image.length / 3);
    for (let k = 0; k < image.length; k++) found[Math.floor(k / 3)] += Math.abs(image[k] - target[k]) / 3;
    return found;
  }

  // The reported loss with its parts, the uncovered share, and what covered and uncovered pixels add
  // to the pixel loss, l1 L1 + l2 L2: their sums over all pixels of the image.
  function losses(rendered, target, weights) {
    const {image, covered, width, height} = rendered;
    let l1 = 0, l2 = 0, uncovered = 0, onUncovered = 0;
    for (let pixel = 0; pixel < width * height; pixel++) {
      let absolute = 0, squared = 0;
      for (let k = 3 * pixel; k < 3 * pixel + 3; k++) {
        const gap = image[k] - target[k];
        absolute += Math.abs(gap);
        squared += gap * gap;
      }
      l1 += absolute;
      l2 += squared;
      if (covered[pixel]) continue;
      uncovered += 1;
      onUncovered += weights.l1 * absolute + weights.l2 * squared;
    }
    const pixels = width * height;
    l1 /= 3 * pixels;
    l2 /= 3 * pixels;
    onUncovered /= 3 * pixels;
    const similarity = ssim(image, target, width, height);
    return {
      loss: weights.l1 * l1 + weights.l2 * l2 + weights.ssim * (1 - similarity),
      l1, l2, ssim: similarity,
      uncovered: uncovered / pixels,
      on_covered: weights.l1 * l1 + weights.l2 * l2 - onUncovered,
      on_uncovered: onUncovered,
    };
  }

  // Mean structural similarity over windows and channels (Wang et al. 2004, eq. 13), windows
  // [c - 4, c + 4) around 4 <= c < size - 4.
  function ssim(a, b, width, height) {
    const size = WINDOW * WINDOW;
    const rows = height - WINDOW, columns = width - WINDOW;
    let total = 0;
    for (let channel = 0; channel < 3; channel++) {
      const [sa, sb, saa, sbb, sab] = windowSums(a, b, channel, width, height);
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const k = row * width + column;
          const ma = sa[k] / size, mb = sb[k] / size;
          const va = saa[k] / size - ma * ma, vb = sbb[k] / size - mb * mb, cab = sab[k] / size - ma * mb;
          total += ((2 * ma * mb + C1) * (2 * cab + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
        }
      }
    }
    return total / (3 * rows * columns);
  }

  // Sums over the window that begins at each pixel, of a, b, a², b² and a b.
  function windowSums(a, b, channel, width, height) {
    const products = [(x) => x, (x, y) => y, (x) => x * x, (x, y) => y * y, (x, y) => x * y];
    return products.map((product) => {
      const across = new Float64Array(width * height), sums = new Float64Array(width * height);
      const values = new Float64Array(width * height);
      for (let k = 0; k < values.length; k++) values[k] = product(a[3 * k + channel], b[3 * k + channel]);
      for (let row = 0; row < height; row++) {
        for (let column = 0; column <= width - WINDOW; column++) {
          let sum = 0;
          for (let d = 0; d < WINDOW; d++) sum += values[row * width + column + d];
          across[row * width + column] = sum;
        }
      }
      for (let row = 0; row <= height - WINDOW; row++) {
        for (let column = 0; column <= width - WINDOW; column++) {
          let sum = 0;
          for (let d = 0; d < WINDOW; d++) sum += across[(row + d) * width + column];
          sums[row * width + column] = sum;
        }
      }
      return sums;
    });
  }

  return {render, errors, losses, ssim};
})();
