"""Loss and gradient of many toy models at once on weighted patterns, in numba.

The loss of x̂ = ReLU(WᵀW x + b) on a data set depends on how often each pattern x occurs in it:
L = (1/features) Σ_k c_k |x̂(x_k) - x_k|² with c_k the share of pattern k. On binary data at most
2^features patterns so replace any number of samples, exactly.

Models, called lanes, are the innermost axis. They are worked through in zero-padded blocks of
`BLOCK`, which LLVM turns into vector instructions; a lane never sees its neighbours, so its bits do
not depend on what else is in the batch.
"""

import numpy as np

from lgi.jit import njit

BLOCK = 16  # one vector register of float32 on the widest current CPUs


@njit
def loss_and_gradient(parameters, patterns, weights, gradient, loss):
    """Write the loss and its gradient for every lane into `gradient` and `loss`.

    All arrays share one floating dtype, in which everything is computed.

    Parameters
    ----------
    parameters : array [P, lanes]
        W row-major, then b: P = hidden × features + features.
    patterns : array [K, features]
        Inputs, the same for every lane.
    weights : array [K, lanes]
        Share of each pattern in the lane's data; they sum to 1 over K. A pattern of weight 0 has
        no effect at all, not even where it would overflow.
    gradient : array [P, lanes]
        Output.
    loss : array [lanes]
        Output: mean of (x̂ - x)² over samples and features.
    """
    size, lanes = parameters.shape
    features = patterns.shape[1]
    hidden = size // features - 1
    share = loss.dtype.type(1) / loss.dtype.type(features)
    work = workspace(hidden, features, parameters.dtype)
    for start in range(0, lanes, BLOCK):
        width = min(BLOCK, lanes - start)
        load(work, parameters, start, width)
        accumulate(work, hidden, patterns, weights, start, width)
        for p in range(size):
            for lane in range(width):
                gradient[p, start + lane] = work[(size + p) * BLOCK + lane] * (share + share)
        for lane in range(width):
            loss[start + lane] = work[2 * size * BLOCK + lane] * share


@njit
def workspace(hidden, features, dtype):
    """Return the scratch memory of one block, all zero.

    Its rows of `BLOCK` lanes are: P parameters, P gradient, loss, weight, hidden activations,
    slopes. One array for all of them tells LLVM that rows do not overlap.
    """
    size = (hidden + 1) * features
    return np.zeros((2 * size + 2 + hidden + features) * BLOCK, dtype)


@njit
def load(work, parameters, start, width):
    """Copy lanes [start, start + width) of `parameters` into the block, zeros after them."""
    work[: parameters.shape[0] * BLOCK] = 0
    for p in range(parameters.shape[0]):
        for lane in range(width):
            work[p * BLOCK + lane] = parameters[p, start + lane]


@njit
def accumulate(work, hidden, patterns, weights, start, width):
    """Leave Σ_k c_k |x̂ - x|² and half its gradient in the block's rows.

    The factors 1 / features and 2 / features are left to the caller, once per lane.

    Parameters
    ----------
    work : array
        Workspace with the parameters loaded.
    hidden : int
        Hidden dimension.
    patterns : array [K, features] or [K, features, BLOCK]
        Inputs, shared by all lanes or each lane's own.
    weights : array [K, lanes]
        Share of each pattern in the lane's data.
    start, width : int
        The block's lanes are [start, start + width) of `weights`.
    """
    features = patterns.shape[1]
    size = (hidden + 1) * features
    work[size * BLOCK :] = 0
    for k in range(patterns.shape[0]):
        occurs = False
        for lane in range(width):
            weight = weights[k, start + lane]
            work[(2 * size + 1) * BLOCK + lane] = weight
            occurs |= weight != 0
        # Rare patterns are in the data of few models.
        if not occurs:
            continue
        # Literal sizes let LLVM unroll the loops over them and vectorise over the lanes.
        if hidden == 2 and features == 6:
            _add_pattern(work, patterns, k, 2, 6)
        else:
            _add_pattern(work, patterns, k, hidden, features)


@njit
def _add_pattern(work, patterns, k, hidden, features):
    """Add one pattern's share of the loss and of half the gradient, for all lanes of a block."""
    zero = work.dtype.type(0)
    biases = hidden * features
    gradients = biases + features
    loss = 2 * gradients
    weight = loss + 1
    activations = loss + 2
    slopes = activations + hidden
    for lane in range(BLOCK):
        # Without this a lane could overflow on a pattern that only its neighbours' data hold.
        absent = work[weight * BLOCK + lane] == zero
        for a in range(hidden):
            activation = zero
            for j in range(features):
                activation += _input(patterns, k, j, lane) * work[(a * features + j) * BLOCK + lane]
            work[(activations + a) * BLOCK + lane] = activation
        pattern_loss = zero
        for j in range(features):
            output = work[(biases + j) * BLOCK + lane]
            for a in range(hidden):
                output += (
                    work[(activations + a) * BLOCK + lane] * work[(a * features + j) * BLOCK + lane]
                )
            # Written so that NaN stays NaN: only an output known not to be positive is cut.
            error = (zero if output <= zero else output) - _input(patterns, k, j, lane)
            weighted = work[weight * BLOCK + lane] * error
            pattern_loss += weighted * error
            slope = zero if output <= zero or absent else weighted
            work[(slopes + j) * BLOCK + lane] = slope
            work[(gradients + biases + j) * BLOCK + lane] += slope
        work[loss * BLOCK + lane] += zero if absent else pattern_loss
        for a in range(hidden):
            activation = zero if absent else work[(activations + a) * BLOCK + lane]
            back = zero
            for j in range(features):
                back += work[(slopes + j) * BLOCK + lane] * work[(a * features + j) * BLOCK + lane]
            for j in range(features):
                work[(gradients + a * features + j) * BLOCK + lane] += work[
                    (slopes + j) * BLOCK + lane
                ] * activation + back * _input(patterns, k, j, lane)


@njit
def _input(patterns, k, j, lane):
    # Numba resolves ndim when it compiles.
    if patterns.ndim == 2:
        return patterns[k, j]
    return patterns[k, j, lane]
