"""What the engines compute, said once: lanes of the CPU and single numbers of a GPU take it alike.

float32 and bit for bit as published: every product and sum is grouped and ordered as in the
original program, so nothing here may be regrouped, and a compiler must not fuse two operations.
A value that may be `lgi.gaussians.fits.lanes` is told from a number by its type alone.
"""

import math
from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits.edge import COVERED, Edge, edge_of
from lgi.gaussians.fits.expf import expf
from lgi.gaussians.fits.initial import PARAMETERS
from lgi.gaussians.fits.lanes import like, smaller, where_at_most
from lgi.gaussians.fits.settings import SSIM_WINDOW, EdgeSettings, LossWeights, RecipeSettings
from lgi.jit import njit

_ZERO, _HALF, _ONE, _TWO = np.float32([0, 0.5, 1, 2])
COVERED32 = np.float32(COVERED)
_VANISHED = np.float32(1400)  # exp(-d2 / 2) is 0 long before this d2
MARGIN = np.float32(0.02)  # pixels; rounding moves the end of a span by far less
WIDER = np.float32(1.00001)  # and the square of the cut-off by far less than this factor
PUBLISHED_TERMS = 2**14
"""A sum of more terms for a reported loss is made in float64; the published image has 12,288."""
WINDOW_PIXELS = np.float32(SSIM_WINDOW * SSIM_WINDOW)
_C1, _C2 = np.float32(0.01**2), np.float32(0.03**2)

X, Y, SX, SY, ROTATION, RED, GREEN, BLUE = (
    PARAMETERS.index(name) for name in ("x", "y", "sx", "sy", "rotation", "r", "g", "b")
)


class Shape(NamedTuple):
    """An ellipse as its rows see it, in units of the image's width and height."""

    cos: np.float32
    sin: np.float32
    vertical: np.float32  # largest extent in y of the 1-sigma ellipse
    chord: np.float32  # half its extent in x along the row through the centre
    shear: np.float32  # how far the middle of a row lies from x, per distance from y


class Objective(NamedTuple):
    """What a fit minimises: l1 L1 + l2 L2 + ssim (1 - SSIM)."""

    l1: np.float32
    l2: np.float32
    ssim: np.float32


class Losses(NamedTuple):
    """Reported loss of an image, and its parts."""

    loss: np.float32
    l1: np.float32
    l2: np.float32
    ssim: np.float32


def edge32_of(cutoff: float, edge: EdgeSettings) -> Edge:
    """Return the constants of an edge, in float32."""
    return Edge(*np.float32(edge_of(cutoff, edge)))


def objective_of(recipe: RecipeSettings) -> Objective:
    """Return what a recipe minimises; weights too large for float32 diverge."""
    with np.errstate(over="ignore"):
        if recipe.gradient == "l2":
            return Objective(_ZERO, _ONE, _ZERO)
        weights = recipe.loss
        return Objective(*np.float32([weights.l1, weights.l2, weights.ssim]))


def losses_of(l1, l2, ssim, weights: LossWeights) -> Losses:
    """Return the reported loss with its parts; a weight too large for float32 is infinite."""
    with np.errstate(over="ignore"):
        w1, w2, w3 = np.float32([weights.l1, weights.l2, weights.ssim])
    return Losses(w1 * l1 + w2 * l2 + w3 * (_ONE - ssim), l1, l2, ssim)


@njit(error_model="numpy")
def shape_of(sx, sy, rotation):
    """Return how far a Gaussian reaches; margins of the callers cover the rounding."""
    if rotation == _ZERO:
        return Shape(_ONE, _ZERO, sy, sx, _ZERO)
    cos, sin = direction(rotation)
    vertical = math.sqrt((sy * cos) * (sy * cos) + (sx * sin) * (sx * sin))
    shear = (cos * sin) * ((sx - sy) * (sx + sy)) / (vertical * vertical)
    return Shape(cos, sin, vertical, sx * (sy / vertical), shear)


@njit(inline="always")
def span(centre, reach, size):
    """Return the first pixel within `reach` of `centre`, and one past the last."""
    first = math.ceil(min(max(centre - reach - MARGIN, _ZERO), np.float32(size)))
    last = math.floor(max(min(centre + reach + MARGIN, np.float32(size - 1)), -_ONE))
    return int(first), int(last) + 1


# An angle is reduced by multiples of pi / 2, whose parts times a small integer are exact.
_QUARTERS = 2 / math.pi
_HIGH = math.ldexp(math.floor(math.ldexp(math.pi / 2, 30)), -30)
_LOW, _LOWEST = math.pi / 2 - _HIGH, 6.123233995736766e-17  # pi is math.pi and twice the last
_NEAREST = float.fromhex("0x1.8p+52")  # adding it leaves the nearest integer
_FAR, _TURN = 1e5, 2 * math.pi
_S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8 = (
    (-1) ** k / math.factorial(2 * k + 1) for k in range(1, 9)
)
_K1, _K2, _K3, _K4, _K5, _K6, _K7, _K8 = ((-1) ** k / math.factorial(2 * k) for k in range(1, 9))


@njit(error_model="numpy")
def direction(rotation):
    """Return cosine and sine of a float32, rounded once from float64.

    By their series after reduction to a quarter turn: libraries differ in the last bit. Of angles
    beyond 1e5, whole turns are taken off first, as float64 has them.
    """
    angle = np.float64(rotation)
    while abs(angle) > _FAR:
        angle -= _TURN * ((angle / _TURN + _NEAREST) - _NEAREST)
    quarters = (angle * _QUARTERS + _NEAREST) - _NEAREST
    r = ((angle - quarters * _HIGH) - quarters * _LOW) - quarters * _LOWEST
    z = r * r
    s = _S1 + z * (_S2 + z * (_S3 + z * (_S4 + z * (_S5 + z * (_S6 + z * (_S7 + z * _S8))))))
    c = _K1 + z * (_K2 + z * (_K3 + z * (_K4 + z * (_K5 + z * (_K6 + z * (_K7 + z * _K8))))))
    sin, cos = r + r * (z * s), 1.0 + z * c
    quarter = int(quarters) & 3
    if quarter & 1:
        sin, cos = cos, sin
    if quarter & 2:
        sin = -sin
    if quarter == 1 or quarter == 2:
        cos = -cos
    return np.float32(cos), np.float32(sin)


@njit(inline="always")
def fallen(d2, edge):
    """Return how weights fall with the squared distances d2, and the weights, 0 past the cut-off.

    What falls, -2 dw/d(d2), may be anything where the weight is 0.
    """
    limit = edge.cutoff * edge.cutoff
    decay = expf(smaller(d2, like(d2, min(limit, _VANISHED))) * like(d2, -_HALF))
    w = decay
    if edge.floor > _ZERO:
        decay = where_at_most(d2, like(d2, limit), decay - like(d2, edge.floor))
        w = decay + like(d2, _HALF * edge.floor) * (smaller(d2, like(d2, limit)) - like(d2, limit))
    return decay, where_at_most(d2, like(d2, limit), w)


@njit(inline="always", error_model="numpy")
def slope_of(d, s):
    """Return d(d2)/dd of d2 = (d / s)^2."""
    return (like(d, _TWO) * (d / s)) / s


@njit(inline="always", error_model="numpy")
def growth_by(d, cube):
    """Return d(d2)/ds of d2 = (d / s)^2, from s^3."""
    return (like(d, -_TWO) * (d * d)) / cube


@njit(inline="always")
def negative(value):
    """Return minus a value."""
    return like(value, -_ONE) * value


@njit(inline="always")
def turned(dx_cos, dx_sin, dy_cos, dy_sin):
    """Return a distance along the two axes of a Gaussian that is turned."""
    return dx_cos + dy_sin, dy_cos - dx_sin


@njit(inline="always")
def moves_of(slope_x, slope_y, cos, sin):
    """Return d(d2)/dx and d(d2)/dy of a turned Gaussian, from the slopes along its axes."""
    return (
        negative(slope_x * like(slope_x, cos) - slope_y * like(slope_x, sin)),
        negative(slope_x * like(slope_x, sin) + slope_y * like(slope_x, cos)),
    )


@njit(inline="always")
def turn_of(slope_x, slope_y, along_x, along_y):
    """Return d(d2)/d(rotation)."""
    return slope_x * along_y - slope_y * along_x


@njit(inline="always", error_model="numpy")
def felt(w, decay, weight, error, shown, own, added):
    """Return what weights w do: to the loss through d2, and through each colour.

    Parameters
    ----------
    w, decay
        Of the Gaussian, as `fallen` says, at some pixels.
    weight
        Sum of the weights there.
    error, shown, own
        Gradient of the loss by the image, image, and colour of the Gaussian: red, green, blue.
    added
        None where colours are averaged; True, a type of its own, where they are added.
    """
    red, green, blue = error
    shown_red, shown_green, shown_blue = shown
    own_red, own_green, own_blue = own
    if added is None:  # known to the compiler
        share = w / weight
        u = (
            red * ((own_red - shown_red) / weight)
            + green * ((own_green - shown_green) / weight)
            + blue * ((own_blue - shown_blue) / weight)
        )
    else:
        share, u = w, red * own_red + green * own_green + blue * own_blue
    floor = like(w, COVERED32)
    q = where_at_most(floor, w, u * (decay * like(w, -_HALF)))
    share = where_at_most(floor, w, share)
    return q, red * share, green * share, blue * share


@njit(inline="always")
def error_of(gap, objective):
    """Return the gradient of L1 and L2 by a pixel's value, times 3 pixels, from its error."""
    sign = _ONE if gap > _ZERO else (-_ONE if gap < _ZERO else _ZERO)
    return objective.l2 * (_TWO * gap) + objective.l1 * sign


@njit(inline="always", error_model="numpy")
def ssim_scale(weight, pixels, windows):
    """Return what the sums of `slopes_of_ssim` are multiplied by, for so many windows."""
    return weight * np.float32(pixels) / np.float32(windows) / WINDOW_PIXELS


@njit(inline="always", error_model="numpy")
def slopes_of_ssim(d, dd, dt, mu_t, var_t):
    """Return the coefficients a, b, c of SSIM's slope a + b D + c target in a window.

    Parameters
    ----------
    d, dd, dt
        Sums over the window of D = image - target, of D^2 and of D times target.
    mu_t, var_t
        Mean and variance of the target there.
    """
    one_share, two = like(d, _ONE / WINDOW_PIXELS), like(d, _TWO)
    c1, c2 = like(d, _C1), like(d, _C2)
    mu_d = d * one_share
    var_d = dd * one_share - mu_d * mu_d
    covariance = dt * one_share - mu_d * mu_t
    mu = mu_t + mu_d
    b1 = mu * mu + mu_t * mu_t + c1
    b2 = two * (var_t + covariance) + var_d + c2
    luminance = (two * mu * mu_t + c1) / b1
    structure = (two * (var_t + covariance) + c2) / b2
    by_mean = structure * (two * (mu_t - luminance * mu)) / b1
    by_image = like(d, -_TWO) * luminance * structure / b2
    by_both = two * luminance / b2 + by_image
    return by_mean - by_both * mu_t - by_image * mu_d, by_image, by_both


@njit(inline="always", error_model="numpy")
def similarity(mean, target_mean, variance, target_variance, covariance):
    """Return the structural similarity of a window (Wang et al. 2004, eq. 13)."""
    luminance = (_TWO * mean * target_mean + _C1) / (mean * mean + target_mean * target_mean + _C1)
    return luminance * ((_TWO * covariance + _C2) / (variance + target_variance + _C2))


@njit
def bias_of(beta, steps):
    """Return by how much a moment of Adam falls short of 1 after so many steps: 1 - beta^steps."""
    power = _ONE
    while True:  # by repeated squaring
        if steps & 1:
            power *= beta
        steps >>= 1
        if steps == 0:
            return _ONE - power
        beta *= beta


@njit(inline="always", error_model="numpy")
def moments_of(slope, m, v, beta1, beta2):
    """Return both moments of Adam after a slope."""
    return beta1 * m + (_ONE - beta1) * slope, beta2 * v + (_ONE - beta2) * (slope * slope)


@njit(inline="always", error_model="numpy")
def step_of(m, v, bias1, bias2, rate, epsilon):
    """Return how far Adam moves a parameter down."""
    return (rate * (m / bias1)) / (math.sqrt(v / bias2) + epsilon)
