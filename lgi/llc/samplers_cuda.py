"""Samplers in CUDA, a chain a thread: all draws of all chains in one launch.

`lgi.llc.samplers_cpu` does the same on the CPU, with the same bits: the steps (`lgi.llc.steps`),
the noise and the losses are the same source. A chain keeps its state in memory of its thread. Its
loss must be a `lgi.llc.lane_loss.LaneLoss`; chains with any other loss run on the CPU.
"""

import math
import sys
from collections.abc import Callable, Sequence
from functools import cache
from threading import Lock
from typing import NamedTuple

import numpy as np
from numba import cuda, float64, uint32

from lgi.cuda import THREADS, blocks_for, called, kernel, splitting
from lgi.llc import samplers_cpu, steps
from lgi.llc.coordinates import InFrame, along_axes, to_parameters
from lgi.llc.keys import ACCEPTANCE, PROPOSAL
from lgi.llc.lane_loss import LaneLoss
from lgi.llc.noise_cpu import fill_normals, fill_uniforms, noise_rows
from lgi.llc.problem import Problem
from lgi.llc.samplers_cpu import Chains, centred
from lgi.llc.steps import Centre

LARGEST = 256
"""Parameters and rows of room up to which the memory of a thread holds a chain."""

_making = Lock()  # else threads that ask for one kernel at once would each compile one

_normals, _uniforms = called(fill_normals), called(fill_uniforms)
_posterior, _pull, _keep_lower = map(called, (steps.posterior, steps.pull, steps.keep_lower))
_set_off, _go_on, _kick = map(called, (steps.set_off, steps.go_on, steps.kick))
_accept, _begin_adaptation, _adapt = map(
    called, (steps.accept, steps.begin_adaptation, steps.adapt)
)
_langevin_step, _share_gradient = map(called, (steps.langevin_step, steps.share_gradient))
_rmsprop_scale, _mean_step, _add_acceptance = map(
    called, (steps.rmsprop_scale, steps.mean_step, steps.add_acceptance)
)
_to_parameters, _along_axes = map(called, (to_parameters, along_axes))


def run(
    sampler: str,
    problem: Problem,
    chains: int,
    keys: np.ndarray,
    *,
    n_beta: np.ndarray,
    localisation: float | np.ndarray,
    **options,
) -> Chains:
    """Do what `lgi.llc.samplers_cpu.run` does, byte for byte, on the card.

    Where the memory of the card is too small the chains run in parts. A loss that no kernel can
    call, and one too large for a thread, go to the CPU, which is said.
    """
    asked = {"n_beta": n_beta, "localisation": localisation, **options}
    if reason := _unfit(problem):
        print(f"{reason}: its chains run on the CPU", file=sys.stderr)
        return samplers_cpu.run(sampler, problem, chains, keys, **asked)
    size, models = problem.parameters.shape
    kept, lanes = options["draws"] // options.get("thin", 1), models * chains
    left = Chains(
        loss=np.empty((kept, lanes)),
        acceptance=np.empty(lanes),
        last=np.empty((size, lanes)),
        step_size=np.empty(lanes),
        pull=np.empty((kept, lanes)),
        lowest=np.empty((size, lanes)),
    )

    def part(indices: range) -> list:
        few = slice(indices[0], indices[-1] + 1)
        pulls = localisation[:, few] if np.ndim(localisation) == 2 else localisation
        own = {"n_beta": n_beta[few], "localisation": pulls}
        of_lanes = slice(few.start * chains, few.stop * chains)
        own_keys = np.ascontiguousarray(keys[:, of_lanes])
        _launch(sampler, problem.of(few), chains, own_keys, left, of_lanes, **options | own)
        return [*indices]

    splitting(part, range(models))
    return left


class _Loss(NamedTuple):
    """What a kernel is made for."""

    loss: LaneLoss
    literals: tuple[int, ...]  # of the loss
    size: int  # P
    rows: int  # of the loss's room
    per_model: int  # arrays of data that models have of their own
    framed: bool  # whether they have a frame beside these

    def room(self) -> tuple[int, ...]:
        """Return the shape of the loss's room; a view of part of it would lie in slower memory."""
        return (self.rows,) if self.loss.many else (self.rows, 1)

    def name(self) -> str:
        """Return what tells its kernels from others."""
        return f"{self.loss.__module__}.{self.loss.__qualname__} {self[1:]}"


def _unfit(problem: Problem) -> str:
    """Say why no kernel runs a problem's chains, if so."""
    loss = problem.loss_and_gradient
    framed = isinstance(loss, InFrame)
    if not isinstance(inner := loss.of_parameters if framed else loss, LaneLoss):
        name = getattr(inner, "__qualname__", type(inner).__qualname__)
        return f"{inner.__module__}.{name} is no LaneLoss"
    largest = max(len(problem.parameters), _made_for(problem).rows)
    return f"{largest} values of a chain are more than {LARGEST}" if largest > LARGEST else ""


def _made_for(problem: Problem) -> _Loss:
    loss, (own, frame) = problem.loss_and_gradient, _own_data(problem)
    inner = loss.of_parameters if frame else loss
    rows = inner.room(problem.parameters, *problem.shared, *own)
    literals = inner.literals(problem.parameters, *problem.shared, *own)
    return _Loss(inner, literals, len(problem.parameters), max(1, rows), len(own), bool(frame))


def _own_data(problem: Problem) -> tuple[tuple, tuple]:
    """Return the data of each model that its loss takes, and the two of its frame, if any."""
    data = problem.per_model
    framed = isinstance(problem.loss_and_gradient, InFrame)
    return (data[:-2], data[-2:]) if framed else (data, ())


def _launch(
    sampler: str,
    problem: Problem,
    chains: int,
    keys: np.ndarray,
    left: Chains,
    lanes: slice,
    *,
    n_beta: np.ndarray,
    localisation: float | np.ndarray,
    **options,
) -> None:
    """Run the chains of some models, and write what they leave into the `lanes` of `left`."""
    start = np.ascontiguousarray(problem.parameters, dtype=np.float64)
    centre, stream = centred(start, localisation), cuda.stream()
    size, count = len(start), keys.shape[1]
    draws, thin = options.pop("draws"), options.pop("thin", 1)
    burn_in, kept = options.pop("burn_in", 0), draws // thin
    sent = []  # lives as long as its copies may be under way

    def send(array: np.ndarray):
        # Ravelled, since an axis of length 1 may have any stride, by which numba tells types apart.
        sent.append(np.ascontiguousarray(array).ravel().reshape(array.shape))
        return cuda.to_device(sent[-1], stream=stream)

    def all_sent(arrays: tuple) -> tuple:
        return tuple(send(each) if isinstance(each, np.ndarray) else each for each in arrays)

    made = [
        cuda.device_array(shape, stream=stream)
        for shape in ((kept, count), (kept, count), (size, count), (size, count), count, count)
    ]
    with _making:
        run_chains, how = _MAKERS[sampler](_made_for(problem), start, **options)
    run_chains[blocks_for(count), THREADS, stream](
        all_sent((start, centre.localisation, centre.weight, keys, chains)),
        (*map(all_sent, (problem.shared, *_own_data(problem))), send(n_beta.astype(np.float64))),
        (draws, burn_in, thin),
        all_sent(how),
        tuple(made),
    )
    places = (left.loss, left.pull, left.last, left.lowest, left.step_size, left.acceptance)
    copies = [array.copy_to_host(stream=stream) for array in made]
    stream.synchronize()
    for copy, place in zip(copies, places, strict=True):
        place[..., lanes] = copy


def _hmc(
    made_for: _Loss,
    start: np.ndarray,
    *,
    step_size: float,
    leapfrog_steps: int | Sequence[int],
    target_acceptance: float | None = None,
) -> tuple[Callable, tuple]:
    """Return a kernel, and what it is told beside what all are; so do the next two."""
    lengths = np.atleast_1d(np.asarray(leapfrog_steps, dtype=np.int64))
    adapts = target_acceptance is not None
    how = (lengths, math.sqrt(step_size), adapts, target_acceptance if adapts else 0.0)
    return _hmc_kernel(made_for), how


def _sgld(
    made_for: _Loss, start: np.ndarray, *, step_size: float, copies: np.ndarray | None = None
) -> tuple[Callable, tuple]:
    stored = np.ones(len(start)) if copies is None else np.asarray(copies, dtype=np.float64)
    scale = np.full(len(start), math.sqrt(step_size)) * np.sqrt(stored)
    how = (scale, stored, copies is not None, 0.0, 0.0, 0.0)
    return _langevin_kernel(made_for, preconditioned=False), how


def _rmsprop_sgld(
    made_for: _Loss, start: np.ndarray, *, step_size: float, decay: float, stability: float
) -> tuple[Callable, tuple]:
    ones = np.ones(len(start))
    how = (ones, ones, False, step_size, decay, stability)
    return _langevin_kernel(made_for, preconditioned=True), how


_MAKERS = {"hmc": _hmc, "sgld": _sgld, "rmsprop_sgld": _rmsprop_sgld}


def _of_lane(count: int) -> Callable:
    """Return a function of (arrays, model) to the views of a model of so many arrays."""

    def none(arrays, model):
        return ()

    def one(arrays, model):
        return (arrays[0][..., model : model + 1],)

    def two(arrays, model):
        return arrays[0][..., model : model + 1], arrays[1][..., model : model + 1]

    def three(arrays, model):
        one = slice(model, model + 1)
        return arrays[0][..., one], arrays[1][..., one], arrays[2][..., one]

    return cuda.jit(device=True)((none, one, two, three)[count])


@cache
def _evaluation(made_for: _Loss) -> Callable:
    """Return a function (w, data, model, room, gradient, loss) that writes the last two.

    `data` are those of the loss, shared and own, and of the frame; `room` is that of the loss, and
    w and ∇L by w of a chain in a frame.
    """
    loss, views = made_for.loss, _of_lane(made_for.per_model)
    body = called(loss.body(*made_for.literals) if made_for.literals else loss.body)

    def plain(parameters, data, model, room, gradient, loss):
        arguments = (parameters, *data[0], *views(data[1], model), room[0], gradient, loss)
        body(*arguments)

    def framed(u, data, model, room, gradient, loss):
        centre, axes = data[2]
        work, parameters, slope = room
        axes = axes[:, :, model : model + 1]
        _to_parameters(u, centre[:, model : model + 1], axes, parameters)
        arguments = (parameters, *data[0], *views(data[1], model), work, slope, loss)
        body(*arguments)
        _along_axes(slope, axes, gradient)

    return cuda.jit(device=True)(framed if made_for.framed else plain)


@cache
def _hmc_kernel(made_for: _Loss) -> Callable:
    evaluate, size, rows = _evaluation(made_for), made_for.size, made_for.room()
    padded, inner = noise_rows(size), size if made_for.framed else 1

    @kernel(name=f"hmc {made_for.name()}")
    def hmc(place, problem, length, how, left):
        start, localisation, weights, all_keys, chains = place
        shared, per_model, frame, n_betas = problem
        data = (shared, per_model, frame)
        draws, burn_in, thin = length
        lengths, first_step, adapts, target = how
        losses, pulls, last, lowest, step_size, acceptance = left
        lane = cuda.grid(1)
        if lane >= all_keys.shape[1]:
            return
        model = lane // chains
        own = cuda.local.array((size, 1), float64)
        weight = cuda.local.array((size, 1), float64)
        position = cuda.local.array((size, 1), float64)
        proposal = cuda.local.array((size, 1), float64)
        gradient = cuda.local.array((size, 1), float64)
        drift = cuda.local.array((size, 1), float64)
        new_drift = cuda.local.array((size, 1), float64)
        momentum = cuda.local.array((padded, 1), float64)
        uniform = cuda.local.array((4, 1), float64)
        words = cuda.local.array((4, 1), uint32)
        keys = cuda.local.array((2, 1), uint32)
        room = (
            cuda.local.array(rows, float64),
            cuda.local.array((inner, 1), float64),
            cuda.local.array((inner, 1), float64),
        )
        loss = cuda.local.array(1, float64)
        energy = cuda.local.array(1, float64)
        new_loss = cuda.local.array(1, float64)
        new_energy = cuda.local.array(1, float64)
        kinetic = cuda.local.array(1, float64)
        probability = cuda.local.array(1, float64)
        lowest_loss = cuda.local.array(1, float64)
        pulled = cuda.local.array(1, float64)
        n_beta = cuda.local.array(1, float64)
        step = cuda.local.array(1, float64)
        adaptation = cuda.local.array((3, 1), float64)

        keys[0, 0], keys[1, 0] = all_keys[0, lane], all_keys[1, lane]
        n_beta[0], step[0] = n_betas[model], first_step
        accepted = 0.0
        for p in range(size):
            own[p, 0] = position[p, 0] = proposal[p, 0] = lowest[p, lane] = start[p, model]
            weight[p, 0] = weights[p, model]
        centre = Centre(own, localisation, weight)
        below = lowest[:, lane : lane + 1]
        _begin_adaptation(step, adaptation)
        for draw in range(-1, draws):
            leaps = 1  # one place evaluates the loss, that of w* before the first draw too
            if draw >= 0:
                _normals(keys, draw, PROPOSAL, words, momentum)
                _uniforms(keys, draw, ACCEPTANCE, words, uniform)
                _set_off(position, drift, momentum, proposal, kinetic, step)
                leaps = lengths[draw % lengths.size]
            for leapfrog in range(leaps):
                if leapfrog:
                    _go_on(proposal, centre, gradient, n_beta, momentum, step)
                evaluate(proposal, data, model, room, gradient, new_loss)
            _posterior(proposal, centre, new_loss, gradient, n_beta, new_energy, new_drift)
            if draw < 0:
                loss[0] = lowest_loss[0] = new_loss[0]
                energy[0] = new_energy[0]
                for p in range(size):
                    drift[p, 0] = new_drift[p, 0]
                continue
            _kick(momentum, new_drift, step)
            _accept(
                (position, drift, loss, energy),
                (proposal, new_drift, new_loss, new_energy),
                momentum,
                kinetic,
                uniform,
                probability,
            )
            _keep_lower(position, loss, below, lowest_loss)
            if (draw + 1) % thin == 0:
                losses[draw // thin, lane] = loss[0]
                _pull(position, centre, pulled)
                pulls[draw // thin, lane] = pulled[0]
            if draw >= burn_in:
                accepted += probability[0]
            elif adapts:
                _adapt(step, adaptation, probability, target, draw + 1, draw + 1 == burn_in)
        for p in range(size):
            last[p, lane] = position[p, 0]
        acceptance[lane] = accepted / (draws - burn_in)
        step_size[lane] = step[0] * step[0]

    return hmc


@cache
def _langevin_kernel(made_for: _Loss, preconditioned: bool) -> Callable:
    evaluate, size, rows = _evaluation(made_for), made_for.size, made_for.room()
    padded, inner = noise_rows(size), size if made_for.framed else 1

    @kernel(name=f"langevin {preconditioned} {made_for.name()}")
    def langevin(place, problem, length, how, left):
        start, localisation, weights, all_keys, chains = place
        shared, per_model, frame, n_betas = problem
        data = (shared, per_model, frame)
        draws, burn_in, thin = length
        scales, copies, shares, step, decay, stability = how
        losses, pulls, last, lowest, step_size, acceptance = left
        lane = cuda.grid(1)
        if lane >= all_keys.shape[1]:
            return
        model = lane // chains
        own = cuda.local.array((size, 1), float64)
        weight = cuda.local.array((size, 1), float64)
        parameters = cuda.local.array((size, 1), float64)
        gradient = cuda.local.array((size, 1), float64)
        drift = cuda.local.array((size, 1), float64)
        new_drift = cuda.local.array((size, 1), float64)
        scale = cuda.local.array((size, 1), float64)
        mean_square = cuda.local.array((size, 1), float64)
        noise = cuda.local.array((padded, 1), float64)
        words = cuda.local.array((4, 1), uint32)
        keys = cuda.local.array((2, 1), uint32)
        room = (
            cuda.local.array(rows, float64),
            cuda.local.array((inner, 1), float64),
            cuda.local.array((inner, 1), float64),
        )
        loss = cuda.local.array(1, float64)
        energy = cuda.local.array(1, float64)
        new_energy = cuda.local.array(1, float64)
        log_ratio = cuda.local.array(1, float64)
        accepted = cuda.local.array(1, float64)
        n_beta = cuda.local.array(1, float64)
        lowest_loss = cuda.local.array(1, float64)
        pulled = cuda.local.array(1, float64)

        keys[0, 0], keys[1, 0] = all_keys[0, lane], all_keys[1, lane]
        n_beta[0], accepted[0] = n_betas[model], 0.0
        for p in range(size):
            own[p, 0] = parameters[p, 0] = lowest[p, lane] = start[p, model]
            weight[p, 0], scale[p, 0], mean_square[p, 0] = weights[p, model], scales[p], 1.0
        centre = Centre(own, localisation, weight)
        below = lowest[:, lane : lane + 1]
        for draw in range(-1, draws):
            if draw >= 0:
                if preconditioned:
                    _rmsprop_scale(gradient, mean_square, step, decay, stability, scale)
                _normals(keys, draw, PROPOSAL, words, noise)
                _langevin_step(parameters, drift, noise, scale)
            # One place evaluates the loss, that of w* before the first draw too.
            evaluate(parameters, data, model, room, gradient, loss)
            _posterior(parameters, centre, loss, gradient, n_beta, new_energy, new_drift)
            if shares:
                _share_gradient(new_drift, gradient, n_beta, copies)
            if draw < 0:
                lowest_loss[0] = loss[0]
            _keep_lower(parameters, loss, below, lowest_loss)
            if draw >= 0 and (draw + 1) % thin == 0:
                losses[draw // thin, lane] = loss[0]
                _pull(parameters, centre, pulled)
                pulls[draw // thin, lane] = pulled[0]
            if draw >= burn_in and draw >= 0:
                _add_acceptance(
                    energy, new_energy, drift, new_drift, noise, scale, log_ratio, accepted
                )
            energy[0] = new_energy[0]
            for p in range(size):
                drift[p, 0] = new_drift[p, 0]
        for p in range(size):
            last[p, lane] = parameters[p, 0]
        acceptance[lane] = accepted[0] / (draws - burn_in)
        _mean_step(scale, pulled)
        step_size[lane] = pulled[0]

    return langevin
