"""The chains of a model, from where they stand on: side by side, shown, interrupted, continued."""

import contextvars
import copy
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lgi.errors import ModelError
from lgi.llc.library.batches import BLOCKS, Batches
from lgi.llc.library.parameters import Parameters
from lgi.llc.library.progress import Progress, shown
from lgi.llc.library.target import Looped, Mapped, Model
from lgi.llc.samplers import WALKS, Walk
from lgi.llc.settings import MINIMUM_DRAWS, EstimateSettings

GRADIENT_SHARE = 4
"""The gradient at w* takes no more than one part in so many of what the chains' steps take."""


SPLIT = 8
"""Of so many kept draws one is measured block by block, which takes many small calls."""


@dataclass
class Group:
    """Chains that walk together."""

    walk: Walk
    target: Looped | Mapped
    of_blocks: Tensor  # [chains, blocks] sum of L over draws after burn-in
    counted: int = 0  # how many these are

    def fork(self) -> "Group":
        """Return the same chains, to go on from here without these."""
        walk, target = self.walk.fork(), copy.copy(self.target)
        walk.target = target
        return Group(walk, target, self.of_blocks, self.counted)

    def keep(self, kept: int, stop: threading.Event) -> None:
        """Walk until so many draws are kept, or until it is to stop."""
        walk = self.walk
        while len(walk.losses) < kept and not stop.is_set():
            walk.advance()
            if self.target.batches.blocks > 1 and self._is_split():
                self.of_blocks = self.of_blocks + self.target.of_blocks(walk.parameters)
                self.counted += 1

    def _is_split(self) -> bool:
        """Say whether L of this draw is also measured block by block."""
        after = self.walk.draw - self.walk.burn_in
        return after > 0 and after % self.walk.thin == 0 and after // self.walk.thin % SPLIT == 1


@dataclass(frozen=True)
class Run:
    """All chains of a model."""

    groups: tuple[Group, ...]
    parameters: Parameters
    batches: Batches
    setting: EstimateSettings
    n_beta: float
    workers: int
    looped: tuple[Looped, ...]  # one for each chain, for what is asked of w* alone
    loss_at_w: float  # L(w*)
    blocks_at_w: np.ndarray  # [blocks] L(w*) of each block
    noise: float  # trace of the covariance of a mini-batch's gradient at w*
    gradient_samples: int = 0  # by how many |∇L(w*)| is measured
    gradient_norm: float = math.nan  # |∇L(w*)|

    def onward(
        self,
        setting: EstimateSettings,
        progress: bool | None,
        callback: Callable[[Progress], None] | None,
    ) -> tuple["Run", bool]:
        """Return the chains with all draws of a setting, and whether they were interrupted.

        The chains of this run stay where they are. After an interruption there are as many draws
        as every chain has, and they can go on.

        Raises
        ------
        KeyboardInterrupt
            If it is interrupted before an estimate can be made, or twice.
        """
        run = replace(self, groups=tuple(group.fork() for group in self.groups), setting=setting)
        count = _gradient_samples(self.batches, setting)
        if count != self.gradient_samples or math.isnan(self.gradient_norm):
            centre = self.parameters.flat()
            norm = _gradient_norm(self.looped, centre, self.workers, count)
            run = replace(run, gradient_samples=count, gradient_norm=norm)
        with interruptible() as stop:
            try:
                with shown(progress) as show:
                    for told in run._draw(stop):
                        show(told)
                        if callback is not None:
                            callback(told)
            except KeyboardInterrupt:
                if stop.is_set():
                    raise
                stop.set()
            interrupted = stop.is_set()
        if not interrupted:
            return run, False
        draws = setting.thin * run.kept
        if (draws - setting.burn_in) // setting.thin < MINIMUM_DRAWS:
            raise KeyboardInterrupt
        return replace(run, setting=with_draws(setting, draws)), True

    @property
    def kept(self) -> int:
        """How many draws every chain has kept."""
        return min(len(group.walk.losses) for group in self.groups)

    def _draw(self, stop: threading.Event) -> Iterator[Progress]:
        """Yield what is known after each kept draw of all chains."""
        burn_in = self.setting.burn_in // self.setting.thin
        at_w, total = self.loss_at_w, 0.0
        for kept in range(burn_in, self.kept):
            total += self._mean_loss(kept)
        with side_by_side(min(self.workers, len(self.groups))) as each:
            for kept in range(self.kept, self.setting.draws // self.setting.thin):
                each(lambda group, kept=kept: group.keep(kept + 1, stop), self.groups)
                if stop.is_set():
                    return
                after = kept + 1 - burn_in
                total += self._mean_loss(kept) if after > 0 else 0.0
                llc = self.n_beta * (total / after - at_w) if after > 0 else float("nan")
                acceptance = float(self.acceptance().mean())
                draw = (kept + 1) * self.setting.thin
                yield Progress(draw, self.setting.draws, llc, acceptance)

    def _mean_loss(self, kept: int) -> float:
        return float(torch.cat([group.walk.losses[kept] for group in self.groups]).mean())

    def acceptance(self) -> np.ndarray:
        """Return each chain's mean acceptance probability after burn-in [chains], NaN before."""
        return numbers(torch.cat([group.walk.acceptance for group in self.groups]))


def with_draws(setting: EstimateSettings, draws: int) -> EstimateSettings:
    """Return a setting with so many draws."""
    changed = setting.model_copy(update={"draws": draws})
    if misfit := changed.misfit():
        raise ModelError(misfit)
    return changed


def begin(
    model: Model,
    parameters: Parameters,
    batches: Batches,
    setting: EstimateSettings,
    n_beta: float,
    keys: np.ndarray,
    mapping: str,
    threads: int,
) -> Run:
    """Return chains at w*, without a draw.

    Parameters
    ----------
    model, parameters, batches
        The loss, what is sampled of its parameters, and the data.
    setting
        The setting.
    n_beta
        nβ.
    keys
        uint32 [2, chains], from `lgi.llc.keys.chain_keys`.
    mapping
        ``"vmap"`` or ``"loop"``.
    threads
        How many may work at most.
    """
    every = torch.as_tensor(keys.astype(np.int64))
    chains = keys.shape[1]
    models, workers = _copies(model, chains, parameters.device, threads)
    own = [every[:, c : c + 1] for c in range(chains)]
    looped = [Looped(m, parameters, batches, key) for m, key in zip(models, own, strict=True)]
    targets = looped if mapping == "loop" else [Mapped(model, parameters, batches, every)]
    centre = parameters.flat()
    start = centre.expand(targets[0].keys.shape[1], -1)
    at_w, of_blocks = numbers(targets[0].value(start)[0]), numbers(targets[0].of_blocks(start)[0])
    walk = WALKS[setting.sampler.function]
    options = {n: v for n, v in setting.options().items() if n != "draws"} | {"n_beta": n_beta}

    def group(target: Looped | Mapped) -> Group:
        start = centre.expand(target.keys.shape[1], -1)
        of_blocks = torch.zeros(len(start), batches.blocks, dtype=torch.float64)
        place = target.keys.to(centre.device)
        return Group(walk(target, start, place, **options), target, of_blocks.to(centre.device))

    with side_by_side(workers) as each:
        groups = tuple(each(group, targets))
    loops = tuple(looped)
    noise = _gradient_noise(loops, centre, workers)
    return Run(
        groups, parameters, batches, setting, n_beta, workers, loops, float(at_w), of_blocks, noise
    )


def _copies(
    model: Model, chains: int, device: torch.device, threads: int
) -> tuple[list[Model], int]:
    """Return a model for each chain, and how many threads may work on them.

    Chains have a thread each up to PyTorch's own number, that of the machine's cores for this
    process if it was not set, since each works on one core.
    """
    copies = [model.copied() for _ in range(chains)]
    models: list[Model] = [own for own in copies if own is not None]
    workers = min(chains, threads, _cores())
    # What is set for this thread alone does not hold in another one.
    alone = device.type != "cpu" or torch.is_autocast_enabled("cpu")
    if alone or len(models) < chains:
        return [own or model for own in copies], 1
    return models, workers


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gradient_samples(batches: Batches, setting: EstimateSettings) -> int:
    """Return by how many samples |∇L(w*)| is measured: a quarter of what the chains' steps take."""
    if batches.batch_size is None:
        return batches.size
    count = setting.chains * setting.draws * batches.batch_size // GRADIENT_SHARE
    count = max(count, batches.measured)
    return min(count - count % batches.blocks_of(count), batches.size)


def _gradient_norm(looped: Sequence[Looped], centre: Tensor, workers: int, count: int) -> float:
    """Return |∇L(w*)|, by so many samples; every target sums its share of the chunks or blocks.

    Of a subsample it is √(|ḡ|² - (1 - m/n) Σ_b |g_b - ḡ|² / (B (B - 1))) with the gradients g_b of
    its B blocks, and 0 where that is negative: what is taken off is by how much the square of a
    mean over m of n samples is too large on average.
    """
    start, step, batches = centre[None], len(looped), looped[0].batches
    blocks = batches.blocks_of(count)
    with side_by_side(workers) as each:
        if blocks == 1:
            return float(
                _total(each(lambda i: looped[i].over_all(start, i, step), range(step))).norm()
            )
        found = each(lambda i: looped[i].of_subsample(start, count, i, step), range(step))
    mean = _total([gradient for gradient, _ in found]) / blocks
    square = float(mean.square().sum())
    spread = sum(squares for _, squares in found) - blocks * square
    noise = (1 - count / batches.size) * spread / (blocks * (blocks - 1))
    return math.sqrt(max(square - noise, 0.0))


def _gradient_noise(looped: Sequence[Looped], centre: Tensor, workers: int) -> float:
    """Return the trace of the covariance of a mini-batch's gradient at w*, 0 without mini-batches.

    From the spread of the gradients of blocks of a subsample: that of a mean over m samples drawn
    without replacement is S² / m, and that of a mini-batch, drawn with replacement, S² / its size.
    """
    start, step, batches = centre[None], len(looped), looped[0].batches
    if batches.batch_size is None or batches.size < 3:
        return 0.0
    of_block = min(max(batches.batch_size, BLOCKS), max(batches.size // BLOCKS, 1))
    count = min(BLOCKS * of_block, batches.size - 1)
    blocks = batches.blocks_of(count)
    count -= count % blocks
    with side_by_side(workers) as each:
        found = each(lambda i: looped[i].of_subsample(start, count, i, step), range(step))
    square = float(_total([gradient for gradient, _ in found]).square().sum()) / blocks
    spread = (sum(squares for _, squares in found) - square) / (blocks - 1)
    return max(spread, 0.0) * (count // blocks) / batches.batch_size


def _total(parts: Sequence[Tensor]) -> Tensor:
    total = parts[0].double()
    for part in parts[1:]:
        total = total + part
    return total


def numbers(tensor: Tensor) -> np.ndarray:
    """Return a tensor as float64 in NumPy."""
    return tensor.detach().double().cpu().numpy()


@contextmanager
def computing() -> Iterator[int]:
    """Let PyTorch take gradients whatever the caller has set, on one thread for each operation.

    The number of threads is that of the process: what other threads compute meanwhile has one too.
    What it was is given.
    """
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with torch.inference_mode(False), torch.enable_grad():
            yield threads
    finally:
        torch.set_num_threads(threads)


@contextmanager
def side_by_side(workers: int) -> Iterator[Callable[[Callable[..., Any], Any], list[Any]]]:
    """Give a function that calls another one on each of some values, in so many threads."""
    if workers <= 1:
        yield lambda function, values: [function(value) for value in values]
        return
    # An operation's own threads are set for each thread that calls it. This one works as well: what
    # it has freed is memory that another would ask for anew.
    with ThreadPoolExecutor(workers - 1, "LLC", torch.set_num_threads, (1,)) as pool:

        def each(function: Callable[..., Any], values: Any) -> list[Any]:
            shares = [list(values)[first::workers] for first in range(workers)]

            def work(share: list[Any]) -> list[Any]:
                return [function(value) for value in share]

            others = [
                pool.submit(contextvars.copy_context().run, work, share) for share in shares[1:]
            ]
            done = [work(shares[0]), *(other.result() for other in others)]
            return [done[i % workers][i // workers] for i in range(sum(map(len, shares)))]

        yield each


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Give what is set when the user interrupts; a second interruption is raised as ever."""
    stop = threading.Event()

    def interrupted(number: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield stop
        return
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
