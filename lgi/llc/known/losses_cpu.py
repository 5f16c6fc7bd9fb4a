"""Loss and gradient of the problems in numba; `lgi.llc.known.losses` is their definition.

Each is a `lgi.llc.lane_loss.LaneLoss`, with the chains, called lanes, innermost.
"""

from lgi.jit import njit
from lgi.llc.lane_loss import lane_loss


@lane_loss()
@njit
def quadratic(parameters, curvature, work, gradient, loss):
    """½ Σ_p h_p w_p²."""
    size, lanes = parameters.shape
    loss[:] = 0.0
    for p in range(size):
        for lane in range(lanes):
            gradient[p, lane] = curvature[p] * parameters[p, lane]
            loss[lane] += 0.5 * gradient[p, lane] * parameters[p, lane]


@lane_loss()
@njit
def crossing(parameters, exponents, work, gradient, loss):
    """w_1^(2 k_1) w_2^(2 k_2)."""
    k0, k1 = 2 * exponents[0], 2 * exponents[1]
    for lane in range(parameters.shape[1]):
        w0, w1 = parameters[0, lane], parameters[1, lane]
        gradient[0, lane] = k0 * _power(w0, k0 - 1) * _power(w1, k1)
        gradient[1, lane] = k1 * _power(w0, k0) * _power(w1, k1 - 1)
        loss[lane] = _power(w0, k0) * _power(w1, k1)


@njit
def _power(base, exponent):
    result = 1.0
    for _ in range(exponent):
        result *= base
    return result


def _activations(widths):
    """Return how many activations a network has for all columns of the identity."""
    return int(widths.sum() * widths[0])


@lane_loss(rows=lambda size, widths, target: 2 * _activations(widths))
@njit
def linear_network(parameters, widths, target, work, gradient, loss):
    """½ |W_L ... W_1 - T|², by backpropagation of the columns of the identity."""
    layers, columns, lanes = widths.size - 1, widths[0], parameters.shape[1]
    half = work.shape[0] // 2
    activations, deltas = work[:half], work[half:]
    work[:] = 0.0
    for column in range(columns):
        activations[column * columns + column] = 1.0
    # Rows of the activations of layer i begin at `begin`: those of W_i ... W_1, row-major.
    first, begin = 0, 0
    for layer in range(layers):
        _forward(parameters, first, widths, layer, begin, activations)
        first += widths[layer + 1] * widths[layer]
        begin += widths[layer] * columns
    loss[:] = 0.0
    for row in range(widths[layers]):
        for column in range(columns):
            place = begin + row * columns + column
            for lane in range(lanes):
                gap = activations[place, lane] - target[row, column]
                deltas[place, lane] = gap
                loss[lane] += 0.5 * gap * gap
    gradient[:] = 0.0
    for layer in range(layers - 1, -1, -1):
        first -= widths[layer + 1] * widths[layer]
        begin -= widths[layer] * columns
        _backward(parameters, first, widths, layer, begin, activations, deltas, gradient)


@njit
def _forward(parameters, first, widths, layer, begin, activations):
    """Add W_(layer+1) times the activations of a layer, from row `begin` on, to the next ones."""
    columns = widths[0]
    after = begin + widths[layer] * columns
    for row in range(widths[layer + 1]):
        for inner in range(widths[layer]):
            weight = first + row * widths[layer] + inner
            for column in range(columns):
                source = begin + inner * columns + column
                place = after + row * columns + column
                for lane in range(parameters.shape[1]):
                    activations[place, lane] += parameters[weight, lane] * activations[source, lane]


@njit
def _backward(parameters, first, widths, layer, begin, activations, deltas, gradient):
    """Add a layer's share to the gradient of W_(layer+1) and to the deltas of the layer below."""
    columns = widths[0]
    after = begin + widths[layer] * columns
    for row in range(widths[layer + 1]):
        for inner in range(widths[layer]):
            weight = first + row * widths[layer] + inner
            for column in range(columns):
                source = begin + inner * columns + column
                place = after + row * columns + column
                for lane in range(parameters.shape[1]):
                    gradient[weight, lane] += deltas[place, lane] * activations[source, lane]
                    deltas[source, lane] += deltas[place, lane] * parameters[weight, lane]


@lane_loss()
@njit
def rotation(parameters, gram, bias, work, gradient, loss):
    """¼ |WᵀW - G|² + ½ |b - b*|²."""
    features, lanes = bias.size, parameters.shape[1]
    gradient[:] = 0.0
    loss[:] = 0.0
    for i in range(features):
        for lane in range(lanes):
            gap = parameters[2 * features + i, lane] - bias[i]
            gradient[2 * features + i, lane] = gap
            loss[lane] += 0.5 * gap * gap
        for j in range(features):
            for lane in range(lanes):
                inner = parameters[i, lane] * parameters[j, lane]
                inner += parameters[features + i, lane] * parameters[features + j, lane]
                gap = inner - gram[i, j]
                loss[lane] += 0.25 * gap * gap
                gradient[i, lane] += gap * parameters[j, lane]
                gradient[features + i, lane] += gap * parameters[features + j, lane]


ONE_ACTIVE_ROWS = 2
"""Rows of room that `one_active_of` needs."""


@lane_loss(rows=lambda size, features: ONE_ACTIVE_ROWS)
@njit
def one_active(parameters, features, work, gradient, loss):
    """E Σ_j (ReLU(WᵀW x + b)_j - x_j)² of inputs with one active feature, x_i ~ U[0, 1]."""
    one_active_of(parameters, features.item(), work, gradient, loss)


@njit
def one_active_of(parameters, count, work, gradient, loss):
    """Do what `one_active` does, of so many features."""
    lanes = parameters.shape[1]
    by_slope, by_height = work[0], work[1]
    gradient[:] = 0.0
    loss[:] = 0.0
    for i in range(count):
        for j in range(count):
            _add_output(parameters, i, j, count, by_slope, by_height, loss)
            # Loops over two rows each, which LLVM can tell apart and so vectorises.
            for row in (0, count):
                _add_product(gradient[row + i], by_slope, parameters[row + j])
            for row in (0, count):
                _add_product(gradient[row + j], by_slope, parameters[row + i])
            for lane in range(lanes):
                gradient[2 * count + j, lane] += by_height[lane]


@njit(error_model="numpy")
def _add_output(parameters, i, j, count, by_slope, by_height, loss):
    """Add output j's share of the loss where input i is active; write what it has of gradients."""
    wanted = 1.0 if i == j else 0.0
    for lane in range(parameters.shape[1]):
        u, v = parameters[i, lane], parameters[count + i, lane]
        x, y = parameters[j, lane], parameters[count + j, lane]
        height = parameters[2 * count + j, lane]
        slope = u * x + v * y
        # The interval of t in [0, 1] where slope t + height > 0; [0, 0] if nowhere.
        crossing = -height / slope
        crossing = crossing if crossing > 0.0 else 0.0
        crossing = crossing if crossing < 1.0 else 1.0
        low = crossing if slope > 0.0 else 0.0
        high = 1.0 if slope > 0.0 else crossing
        flat = slope == 0.0
        low = 0.0 if flat else low
        high = (1.0 if height > 0.0 else 0.0) if flat else high
        # Moments of the interval, and of the rest of [0, 1] for an output cut to 0.
        zeroth, first = high - low, 0.5 * (high * high - low * low)
        second = (high * high * high - low * low * low) / 3.0
        error = slope - wanted
        by_slope[lane] = 2.0 * (error * second + height * first) / count
        by_height[lane] = 2.0 * (error * first + height * zeroth) / count
        loss[lane] += 0.5 * (error * by_slope[lane] + height * by_height[lane])
        loss[lane] += wanted * (1.0 / 3.0 - second) / count


@njit
def _add_product(row, first, second):
    for lane in range(row.size):
        row[lane] += first[lane] * second[lane]
