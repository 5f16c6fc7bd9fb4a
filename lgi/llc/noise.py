"""Counter-based normal noise: a pure function of (chain key, step, parameter).

Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a counter
and a key into random bits without any state. Each chain has its own key, so its noise does not
depend on which chains are computed beside it, in which order, by which engine or on which device.
"""

import math

import torch
from torch import Tensor

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW_32 = 2**32 - 1


def standard_normals(keys: Tensor, step: int, purpose: int, size: int) -> Tensor:
    """Return N(0, 1) noise for the parameters of every chain.

    Numbers 4j to 4j + 3 come from the counter (j, step, purpose, 0): each two of its four words
    make two normals by the transform of Box and Muller (1958), √(-2 ln u) (cos 2πv, sin 2πv).
    Uniforms have 32 bits, so no number exceeds 6.77 in magnitude.

    Parameters
    ----------
    keys
        int64 [2, chains], values below 2³², from `lgi.llc.keys.chain_keys`.
    step
        Number of the step, 0 to 2³² - 1.
    purpose
        Number that keeps apart noise of different use at the same step.
    size
        Parameters of a chain.

    Returns
    -------
    Tensor
        float64 [chains, size], on the device of `keys`.
    """
    blocks = torch.arange(-(-size // 4), device=keys.device)
    counter = [blocks, *(torch.full_like(blocks, value) for value in (step, purpose, 0))]
    words = philox(counter, [keys[0][:, None], keys[1][:, None]])  # four of [chains, blocks]
    u0, v0, u1, v1 = ((word.double() + 0.5) / 2**32 for word in words)
    pairs = [*_box_muller(u0, v0), *_box_muller(u1, v1)]
    return torch.stack(pairs, dim=-1).flatten(start_dim=1)[:, :size]


def uniforms(keys: Tensor, step: int, purpose: int) -> Tensor:
    """Return four numbers in (0, 1) for every chain, from the counter (0, step, purpose, 0).

    Parameters
    ----------
    keys
        int64 [2, chains], values below 2³², from `lgi.llc.keys.chain_keys`.
    step
        Number of the step, 0 to 2³² - 1.
    purpose
        Number that keeps apart numbers of different use at the same step.

    Returns
    -------
    Tensor
        float64 [chains, 4], on the device of `keys`.
    """
    counter = [keys.new_tensor(value) for value in (0, step, purpose, 0)]
    words = philox(counter, [keys[0], keys[1]])
    return (torch.stack(words, dim=-1).double() + 0.5) / 2**32


def philox(counter: list[Tensor], key: list[Tensor]) -> list[Tensor]:
    """Return the four random words of Philox4x32-10 for a counter of four words and a key of two.

    All words are int64 tensors of values below 2³² that broadcast against each other.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        # The products wrap around at 2⁶⁴, which leaves their two halves as they are.
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (p1 >> 32 & LOW_32) ^ c1 ^ k0,
            p1 & LOW_32,
            (p0 >> 32 & LOW_32) ^ c3 ^ k1,
            p0 & LOW_32,
        )
        k0, k1 = (k0 + KEY_INCREMENTS[0]) & LOW_32, (k1 + KEY_INCREMENTS[1]) & LOW_32
    return [c0, c1, c2, c3]


def _box_muller(u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    radius = torch.sqrt(-2 * torch.log(u))
    return radius * torch.cos(2 * math.pi * v), radius * torch.sin(2 * math.pi * v)
