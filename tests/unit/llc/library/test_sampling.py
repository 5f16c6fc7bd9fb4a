"""The draws: known answers, continued, interrupted, side by side, of part of the parameters."""

import _thread
import logging
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lgi.errors import ModelError
from lgi.llc.library import (
    data,
    estimate_layers,
    estimate_module,
    resolution_curve,
    sample_function,
    sample_module,
    sampling,
)
from lgi.llc.library.estimates import say
from tests.unit.llc.library.settings import SAMPLERS, classes, regression, setting

F = nn.functional
X, Y = classes()


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).double()


def same(one, other):
    """Say whether two draws have the same bits."""
    fields = ("loss", "pull", "last", "lowest", "acceptance", "loss_at_w", "gradient_norm")
    arrays = [(getattr(one.traces, name), getattr(other.traces, name)) for name in fields]
    arrays.append((one.step_size, other.step_size))
    return all(a.tobytes() == b.tobytes() for a, b in arrays) and repr(one.columns()) == repr(
        other.columns()
    )


@pytest.mark.parametrize(
    ("sampler", "options"),
    [("hmc", {}), ("sgld", {"batch_size": 50}), ("rmsprop_sgld", {"batch_size": 50})],
)
def test_a_regression_is_half_its_parameters(sampler, options):
    """With the gradient of mini-batches and L of a subsample, whose errors are stated."""
    x, y, module = regression(size=4)
    longer = setting(sampler, draws=600, burn_in=100, thin=4)
    table = estimate_module(module, F.mse_loss, (x, y), longer, **options)
    # SGLD is biased by its step by 7 % (curvature 2, nβ 67), the others by less.
    assert table["llc"] == pytest.approx(2.0, abs=4 * table["llc_se"] + 0.15)
    assert table["llc_se"] < 0.6
    assert (table["subsample_se"] > 0) == bool(options) == ("batch_size" in options)


def test_the_error_of_a_subsample_has_the_size_of_what_it_misses():
    """Of 40 subsamples of the same draws: (λ̂ of one - λ̂ of all) / its error has unit size.

    The streams of the subsamples differ, the parameters of the draws are the same ones: so that
    this error is all there is. The square of 40 t-like numbers with 15 degrees of freedom has mean
    1.15 ± 0.3.
    """
    x, y, module = regression(samples=1_000, size=4)
    own = setting("sgld", draws=120, burn_in=40)
    draws = sample_module(
        module, F.mse_loss, (x, y), own, batch_size=50, loss_samples=160, mapping="vmap"
    )
    group, batches = draws.run.groups[0], draws.run.batches
    states = [group.walk.parameters]
    for _ in range(5):
        group = group.fork()
        for _ in range(40):
            group.walk.advance()
        states.append(group.walk.parameters)
    every = torch.cat(states)
    centre = draws.run.parameters.flat().expand_as(every)

    def rises(weights):
        return ((x @ weights.T - y) ** 2).T  # [states, samples]

    each = (rises(every) - rises(centre)).mean(dim=0)
    truth, standardised = each.mean(), []
    for stream in range(40):
        other = replace(batches, stream=(stream, "subsample"))
        means = torch.stack([each[chosen].mean() for chosen in other._chosen("s", 160)])
        error = means.std() * np.sqrt((1 - 160 / 1_000) / len(means))
        standardised.append(float((means.mean() - truth) / error))
    assert np.mean(np.square(standardised)) == pytest.approx(1.15, abs=0.6)
    assert draws.subsample_se > 0


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
@pytest.mark.parametrize(
    ("sampler", "options"),
    [
        ("hmc", {}),
        ("sgld", {}),
        ("sgld", {"batch_size": 6}),
        ("rmsprop_sgld", {"batch_size": 6}),
    ],
)
def test_draws_and_more_are_the_draws_of_one_go(sampler, options, mapping):
    data = (X, Y)
    options |= {"mapping": mapping}
    long = sample_module(mlp(), F.cross_entropy, data, setting(sampler, draws=60), **options)
    short = sample_module(mlp(), F.cross_entropy, data, setting(sampler, draws=30), **options)
    before = short.traces.loss.copy()
    assert same(short.more(30), long)
    assert same(short.more(20).more(10), long)  # the draws that are there stay as they are
    assert np.array_equal(short.traces.loss, before)
    assert short.more(30).setting == long.setting


def test_more_is_a_multiple_of_thin():
    own = setting("sgld", thin=5)
    draws = sample_module(mlp(), F.cross_entropy, (X, Y), own)
    for wrong in (0, -1, 2.5, 3):
        with pytest.raises(ModelError, match=r"positive whole number|thin \(5\) must divide"):
            draws.more(wrong)


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
@pytest.mark.parametrize("interrupt", [_thread.interrupt_main, None])
def test_an_interruption_keeps_what_is_there(mapping, interrupt):
    """By Ctrl-C and by a callback; and the draws can go on."""

    def callback(progress):
        if progress.draw == 21:
            if interrupt is None:
                raise KeyboardInterrupt
            interrupt()

    options = {"mapping": mapping, "batch_size": 6}
    part = sample_module(
        mlp(), F.cross_entropy, (X, Y), setting("sgld"), callback=callback, **options
    )
    assert part.interrupted
    assert 21 <= part.setting.draws <= 22
    assert part.traces.loss.shape == (1, 4, part.setting.draws)
    whole = sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"), **options)
    assert not whole.interrupted
    assert same(part.more(40 - part.setting.draws), whole)


def test_an_interruption_before_there_is_an_estimate_is_raised():
    def callback(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"), callback=callback)


def test_an_error_of_a_callback_goes_through_and_nothing_is_left_changed():
    def callback(progress):
        raise RuntimeError("mine")

    threads = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="mine"):
        sample_module(mlp(), F.cross_entropy, (X, Y), setting(), callback=callback)
    assert torch.get_num_threads() == threads


def test_progress_tells_the_estimate_so_far():
    told = []
    own = setting("sgld", thin=5)
    draws = sample_module(mlp(), F.cross_entropy, (X, Y), own, callback=told.append)
    assert [one.draw for one in told] == [5, 10, 15, 20, 25, 30, 35, 40]
    assert all(one.draws == 40 for one in told)
    assert [np.isnan(one.llc) for one in told] == [True] * 2 + [False] * 6
    columns = draws.columns()
    assert told[-1].llc == pytest.approx(columns["llc"], rel=1e-9)
    assert told[-1].acceptance == pytest.approx(columns["acceptance"], rel=1e-12)


def test_lines_are_shown_where_they_are_asked_for(capsys):
    sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"))
    assert "draw" not in capsys.readouterr().err
    sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"), progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0] == "draw 4 of 40: burn-in"
    assert lines[-1].startswith("draw 40 of 40: λ̂ ")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_threads_and_workers_change_no_bit(sampler, monkeypatch):
    monkeypatch.setattr(sampling, "_cores", lambda: 4)
    options = {"mapping": "loop"} | ({} if sampler == "hmc" else {"batch_size": 6})
    threads, found = torch.get_num_threads(), []
    try:
        for number in (1, 2, 3):
            torch.set_num_threads(number)
            draws = sample_module(mlp(), F.cross_entropy, (X, Y), setting(sampler), **options)
            assert draws.run.workers == number
            found.append(draws)
    finally:
        torch.set_num_threads(threads)
    assert same(found[0], found[1])
    assert same(found[0], found[2])


def test_a_function_is_called_from_one_thread():
    draws = sample_function(
        lambda w, x: (x @ w).square().mean(),
        torch.zeros(5).double(),
        (X,),
        setting(),
        mapping="loop",
    )
    assert draws.run.workers == 1


@pytest.mark.parametrize("choice", ["2.*", ["2.weight", "2.bias"], {"2.*": torch.tensor(True)}])
def test_a_restricted_estimate_is_that_of_a_frozen_rest(choice):
    if isinstance(choice, dict):
        choice = {f"2.{n}": torch.ones_like(p, dtype=bool) for n, p in mlp()[2].named_parameters()}
    frozen = mlp()
    frozen[0].requires_grad_(False)
    for options in ({}, {"mapping": "loop"}):
        rest = sample_module(frozen, F.cross_entropy, (X, Y), setting(), **options)
        part = sample_module(
            mlp(), F.cross_entropy, (X, Y), setting(), parameters=choice, **options
        )
        assert part.sampled == rest.sampled == {"2.weight": 12, "2.bias": 3}
        assert same(part, rest)


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_a_mask_moves_its_entries_alone(mapping):
    """λ of a regression with 3 of 4 coefficients free is 3/2; here the moved ones are asked for."""
    x, y, module = regression(size=4)
    mask = torch.tensor([[True, False, True, True]])
    options = {"parameters": {"weight": mask}, "mapping": mapping}
    draws = sample_module(module, F.mse_loss, (x, y), setting(draws=200, burn_in=60), **options)
    assert draws.sampled == {"weight": 3}
    assert draws.columns()["llc"] == pytest.approx(1.5, rel=0.4)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("3.*", "matches none; there are 0.weight, 0.bias, 2.weight, 2.bias"),
        ([], "none are named"),
        ({"2.bias": torch.ones(4, dtype=bool)}, r"\[4\]; allowed is torch.bool \[3\]"),
        ({"2.bias": torch.ones(3)}, "is torch.float32"),
        ({"2.bias": torch.zeros(3, dtype=bool)}, "leaves none"),
        ("0.*", "matches is frozen"),
        ([3], "is no name or pattern"),
    ],
)
def test_choices_that_cannot_be_are_refused(choice, message):
    module = mlp()
    module[0].requires_grad_(choice != "0.*")
    with pytest.raises(ModelError, match=message):
        sample_module(module, F.cross_entropy, (X, Y), setting(), parameters=choice)


def test_what_was_chosen_is_noted_and_said(caplog):
    say.cache_clear()  # another test may have had it said
    options = {"batch_size": 6, "loss_samples": 34}
    with caplog.at_level(logging.WARNING, "lgi.llc"):
        draws = sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"), **options)
    (note,) = draws.notes
    assert note == (
        "L is measured on 32 of 60 samples (loss_samples); the error of that is part of llc_se"
    )
    assert draws.loss_samples == 32
    assert note in caplog.messages


class WithFree(torch.nn.Module):
    """A regression of five weights, and many that the loss does not see."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([[1.0, 2, -1, 0.5, 3]], dtype=torch.float64))
        self.free = torch.nn.Parameter(torch.ones(40, dtype=torch.float64))

    def forward(self, x):
        return x @ self.weight.T + 0 * self.free.sum()


def test_where_weights_cannot_tell_the_shift_chains_of_their_own_do():
    x = torch.randn(300, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    module = WithFree()
    bounds = setting().thresholds.model_dump() | {"shift": 0.1, "ess": 50, "rhat": 1.2}
    chosen = setting(draws=600, burn_in=200, localisation=3.0, thresholds=bounds)
    draws = sample_module(module, F.mse_loss, (x, module(x).detach()), chosen)
    columns = draws.columns()
    assert np.isnan(columns["shift"])
    assert np.isnan(columns["llc_error"])
    assert columns["status"] == "not local"
    assert columns["reason"] == "shift not known, since too few draws would count at γ × 3"
    estimate = draws.estimate()
    # Exact: each weight has ½ h / (h + γ/nβ) with curvatures near 2, in which γ is 3 % at most.
    assert estimate["llc"] == columns["llc"] == pytest.approx(2.5, rel=0.15)
    assert estimate["status"] == "ok"
    assert abs(estimate["localisation_shift"]) < 0.5
    assert estimate["llc_error"] > 2 * estimate["llc_se"]
    assert draws.estimate() == estimate


class Sought:
    """Items of something that is sought and then read, as a file is."""

    def __len__(self):
        return len(X)

    def __getitem__(self, number):
        self.place = number
        x = X[self.place]
        time.sleep(0)  # another thread may have its turn
        return x, Y[self.place]


def test_a_data_set_is_asked_by_one_thread_at_a_time(monkeypatch):
    monkeypatch.setattr(data, "HELD", 10)
    own = setting("sgld", draws=40, burn_in=20)
    options = {"batch_size": 20, "mapping": "loop"}
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        read = sample_module(mlp(), F.cross_entropy, Sought(), own, **options)
    finally:
        torch.set_num_threads(threads)
    assert same(read, sample_module(mlp(), F.cross_entropy, (X, Y), own, **options))


def test_more_takes_whole_numbers_of_numpy_and_no_bool():
    x, y, module = regression()
    draws = sample_module(module, F.mse_loss, (x, y), setting())
    assert draws.more(np.int64(4)).setting.draws == 44
    with pytest.raises(ModelError, match="draws: True is no positive whole number"):
        draws.more(True)


class Endless(torch.utils.data.Dataset):
    def __len__(self):
        return 3 * 10**9

    def __getitem__(self, number):
        return X[number % 60], Y[number % 60]


def test_more_samples_than_can_be_drawn_of_are_refused():
    with pytest.raises(ModelError, match="hold 3,000,000,000 samples; allowed are 2,147,483,648"):
        sample_module(mlp(), F.cross_entropy, Endless(), setting("sgld"), batch_size=20)


def test_the_noise_of_small_batches_is_seen():
    """One sample a step: λ̂ is several times d / 2, at an acceptance of 0.99."""
    x, y, module = regression(samples=1_000, size=4, noise=1.0)
    own = setting({"kind": "sgld", "step_size": 5e-4}, draws=1_000, burn_in=200)

    def loss(answer, y):
        return F.mse_loss(answer, y) / 2

    exact = 4 / 2
    for size in (1, 10):
        table = estimate_module(module, loss, (x, y), own, batch_size=size, loss_samples="all")
        expected = exact + 5e-4 * own.n_beta(1_000) ** 2 * 4 / (8 * size)
        assert exact + table["noise"] == pytest.approx(expected, rel=0.35)
        assert table["llc"] == pytest.approx(expected, abs=4 * table["llc_se"] + 0.1 * expected)
        assert table["acceptance"] > 0.98
        assert table["status"] == "biased step"
        assert "above 0.1 of llc" in table["reason"]
    large = estimate_module(module, loss, (x, y), own, batch_size=200, loss_samples="all")
    assert large["noise"] < 0.1 * large["llc"]
    assert "noise" not in large["reason"]


@pytest.mark.parametrize("table", [estimate_layers, resolution_curve])
def test_an_interrupted_table_has_the_rows_so_far(table):
    told = []

    def once(progress):
        told.append(progress)
        if len(told) == 60:  # in the second estimate, of 40 draws as the first
            raise KeyboardInterrupt

    found = table(mlp(), F.cross_entropy, (X, Y), setting(), callback=once)
    assert len(found) == 2
    assert len(told) == 60
