"""Loss and gradient of many toy models at once on weighted patterns, in numba.

The loss of x̂ = ReLU(WᵀW x + b) on a data set depends on how often each pattern x occurs in it:
L = (1/features) Σ_k c_k |x̂(x_k) - x_k|² with c_k the share of pattern k. On binary data at most
2^features patterns so replace any number of samples, exactly.

Models, called lanes, are the innermost axis. A CPU works through them in zero-padded blocks of
`BLOCK`, which LLVM turns into vector instructions; a thread of CUDA has a block of one lane. A lane
never sees its neighbours, so its bits do not depend on what else is in the batch.

Where the width of a block and the sizes of a model are literals, LLVM unrolls the loops over them:
so they are arguments everywhere. What takes them from a literal of its caller is inlined by numba.
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
    work = np.zeros(rows(hidden, features) * BLOCK, parameters.dtype)
    for start in range(0, lanes, BLOCK):
        width = min(BLOCK, lanes - start)
        load(work, hidden, features, parameters, start, width, BLOCK)
        evaluate(work, hidden, features, patterns, weights, gradient, loss, start, width, BLOCK)


@njit
def lane_loss_and_gradient(work, hidden, features, parameters, patterns, weights, gradient, loss):
    """Do what `loss_and_gradient` does for one lane, without memory of its own: in CUDA's threads.

    Parameters
    ----------
    work : array [rows(hidden, features)]
        Scratch memory, whatever it holds.
    hidden, features : int
        Sizes of the model, best literals.
    parameters : array [P, 1]
        As for `loss_and_gradient`, like all that follow.
    patterns : array [K, features]
        Inputs.
    weights : array [K, 1]
        Share of each.
    gradient : array [P, 1]
        Output.
    loss : array [1]
        Output.
    """
    load(work, hidden, features, parameters, 0, 1, 1)
    evaluate(work, hidden, features, patterns, weights, gradient, loss, 0, 1, 1)


@njit
def rows(hidden, features):
    """Return how many rows the scratch memory of a block has, each of as many lanes as the block.

    They are: P parameters, P gradient, loss, weight, hidden activations, slopes. One array for all
    of them tells LLVM that rows do not overlap.
    """
    return 2 * (hidden + 1) * features + 2 + hidden + features


@njit
def load(work, hidden, features, parameters, start, width, block):
    """Copy lanes [start, start + width) of `parameters` into a block, zeros after them."""
    for p in range((hidden + 1) * features):
        for lane in range(width):
            work[p * block + lane] = parameters[p, start + lane]
        for lane in range(width, block):
            work[p * block + lane] = 0


@njit(inline="always")
def evaluate(work, hidden, features, patterns, weights, gradient, loss, start, width, block):
    """Write loss and gradient of the lanes that a block holds."""
    size = (hidden + 1) * features
    share = loss.dtype.type(1) / loss.dtype.type(features)
    accumulate(work, hidden, features, patterns, weights, start, width, block)
    for p in range(size):
        for lane in range(width):
            gradient[p, start + lane] = work[(size + p) * block + lane] * (share + share)
    for lane in range(width):
        loss[start + lane] = work[2 * size * block + lane] * share


@njit(inline="always")
def accumulate(work, hidden, features, patterns, weights, start, width, block):
    """Leave Σ_k c_k |x̂ - x|² and half its gradient in the block's rows.

    The factors 1 / features and 2 / features are left to the caller, once per lane.

    Parameters
    ----------
    work : array
        Workspace with the parameters loaded.
    hidden, features : int
        Sizes of the models.
    patterns : array [K, features] or [K, features, block]
        Inputs, shared by all lanes or each lane's own.
    weights : array [K, lanes]
        Share of each pattern in the lane's data.
    start, width : int
        The block's lanes are [start, start + width) of `weights`.
    block : int
        Lanes of a block.
    """
    size = (hidden + 1) * features
    work[size * block :] = 0
    for k in range(patterns.shape[0]):
        occurs = False
        for lane in range(width):
            weight = weights[k, start + lane]
            work[(2 * size + 1) * block + lane] = weight
            occurs |= weight != 0
        # Rare patterns are in the data of few models.
        if not occurs:
            continue
        if hidden == 2 and features == 6:
            _add_pattern(work, patterns, k, 2, 6, block)
        else:
            _add_pattern(work, patterns, k, hidden, features, block)


@njit
def _add_pattern(work, patterns, k, hidden, features, block):
    """Add one pattern's share of the loss and of half the gradient, for all lanes of a block."""
    zero = work.dtype.type(0)
    biases = hidden * features
    gradients = biases + features
    loss = 2 * gradients
    weight = loss + 1
    activations = loss + 2
    slopes = activations + hidden
    for lane in range(block):
        # Without this a lane could overflow on a pattern that only its neighbours' data hold.
        absent = work[weight * block + lane] == zero
        for a in range(hidden):
            activation = zero
            for j in range(features):
                activation += _input(patterns, k, j, lane) * work[(a * features + j) * block + lane]
            work[(activations + a) * block + lane] = activation
        pattern_loss = zero
        for j in range(features):
            output = work[(biases + j) * block + lane]
            for a in range(hidden):
                output += (
                    work[(activations + a) * block + lane] * work[(a * features + j) * block + lane]
                )
            # Written so that NaN stays NaN: only an output known not to be positive is cut.
            error = (zero if output <= zero else output) - _input(patterns, k, j, lane)
            weighted = work[weight * block + lane] * error
            pattern_loss += weighted * error
            slope = zero if output <= zero or absent else weighted
            work[(slopes + j) * block + lane] = slope
            work[(gradients + biases + j) * block + lane] += slope
        work[loss * block + lane] += zero if absent else pattern_loss
        for a in range(hidden):
            activation = zero if absent else work[(activations + a) * block + lane]
            back = zero
            for j in range(features):
                back += work[(slopes + j) * block + lane] * work[(a * features + j) * block + lane]
            for j in range(features):
                work[(gradients + a * features + j) * block + lane] += work[
                    (slopes + j) * block + lane
                ] * activation + back * _input(patterns, k, j, lane)


@njit
def _input(patterns, k, j, lane):
    # Numba resolves ndim when it compiles.
    if patterns.ndim == 2:
        return patterns[k, j]
    return patterns[k, j, lane]
