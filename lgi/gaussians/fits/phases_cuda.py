"""What the threads of a block do in each phase of an iteration of `lgi.gaussians.fits.fit_cuda`.

A phase is a function of a thread's number and of how many there are: it goes over its items in
strides, so how many threads there are decides no bit. Between two phases all threads wait for each
other. Sums are those of the CPU engine, to the last bit: a pixel adds the Gaussians in their order,
and each of the eight sums of a Gaussian adds the pixels in raster order.
"""


import numpy as np

_ZERO, _ONE, _TWO = np.float32([0, 1, 2])
_PUBLISHED_TERMS = 2**14

ROWS = 8
"""Parameters that can be trained: all but the opacity."""
GROUP = 32
"""Pixels of a Gaussian whose terms are made at once, by as many threads."""
TILE_WIDTH, TILE_HEIGHT, WORD = 8, 4, 32
"""Pixels that share a list of Gaussians, and the bits of a word of it."""

# Rows of `Fit.gaussians`, each with room for a number of each Gaussian.
_PARAMETERS, GRADIENT, M, V, _MOVED = (ROWS * i for i in range(5))
_COS, _SIN, _LEFT, _LEAN = range(5 * ROWS, 5 * ROWS + 4)
GAUSSIAN_ROWS = 5 * ROWS + 4
# Rows of `Fit.integers`, likewise.
_TOP, _BOTTOM, _COLUMNS, STEPS = range(4)
INTEGER_ROWS = 4

# Planes of `Fit.planes`, each a number of each pixel.
TARGET, RENDERED, _ERROR, MEAN, VARIANCE, _SCRATCH = range(0, 18, 3)
_WEIGHT = 15
_SCRATCH = 16
PLANES, SSIM_PLANES = _SCRATCH + 13, _SCRATCH + 18
# of the scratch, when an image is measured: its parts for both versions
_PAINTED, _L1, _L2, _SIMILARITY = _SCRATCH, _SCRATCH + 3, _SCRATCH + 5, _SCRATCH + 7

# Places in `Fit.constants`
LOW, HIGH, BETA1, BETA2, EPSILON, SSIM_SCALE = 0, 8, 16, 17, 18, 19
CONSTANTS = 20

MEASURED, COUNTED = 6, 2
"""Numbers of a pause besides parameters and gradient: L1, L2 and SSIM, as rendered and with the
target where it is uncovered; how many pixels are uncovered, and how often one is reached."""
