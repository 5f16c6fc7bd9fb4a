"""What is evaluated: any module, by one call or a loop over chains, and nothing of it changes."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from lgi.errors import ModelError
from lgi.llc.library import estimate_module, sample_function, sample_module
from tests.unit.llc.library.settings import classes, setting

F = nn.functional

X, Y = classes()
TOKENS = torch.randint(0, 6, (30, 4), generator=torch.Generator().manual_seed(3))


def mlp(dtype=torch.float64):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3)).to(dtype)


class Sequence(nn.Module):
    """Embedding, a layer of some kind, head."""

    def __init__(self, layer):
        super().__init__()
        torch.manual_seed(0)
        self.embedding, self.layer, self.head = nn.Embedding(6, 4), layer(), nn.Linear(4, 6)

    def forward(self, tokens):
        hidden = self.layer(self.embedding(tokens))
        return self.head(hidden[0] if isinstance(hidden, tuple) else hidden)


class Branching(nn.Linear):
    def forward(self, x):
        hidden = super().forward(x)
        return hidden / 10 if hidden.abs().max() > 100 else hidden


class Masking(nn.Linear):
    def forward(self, x):
        hidden = super().forward(x)
        hidden[hidden < 0] = 0
        return hidden


class Numpy(nn.Linear):
    def forward(self, x):
        return super().forward(x) * float(np.cos(self.weight.detach().numpy()).mean())


class Itemising(nn.Linear):
    def forward(self, x):
        return super().forward(x) * self.bias.detach().exp().mean().item()


SEQUENCES = {
    "LSTM": lambda: nn.LSTM(4, 4, batch_first=True),
    "GRU": lambda: nn.GRU(4, 4, batch_first=True),
    "transformer": lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
}
OTHERS = {"if": Branching, "mask": Masking, "numpy": Numpy, "item": Itemising}


def of_tokens(answer, tokens):
    return F.cross_entropy(answer.flatten(0, 1), tokens.flatten())


@pytest.mark.parametrize("kind", [*SEQUENCES, *OTHERS])
@pytest.mark.parametrize("sampler", ["hmc", "sgld"])
def test_what_torch_cannot_map_is_looped_and_said(kind, sampler):
    """Also where warnings are errors, as in all tests."""
    if kind in SEQUENCES:
        module, loss = Sequence(SEQUENCES[kind]).double().eval(), of_tokens
        data = (TOKENS, (TOKENS + 1) % 6)
    else:
        module, loss, data = OTHERS[kind](5, 3).double(), F.cross_entropy, (X, Y)
    options = {} if sampler == "hmc" else {"batch_size": 8}
    draws = sample_module(module, loss, data, setting(sampler, draws=16, burn_in=4), **options)
    assert draws.mapping == "loop"
    assert "torch cannot map" in draws.notes[0]
    assert np.isfinite(draws.traces.loss).all()
    with pytest.raises(ModelError, match="use loop"):
        sample_module(module, loss, data, setting(sampler), mapping="vmap", **options)


@pytest.mark.parametrize(
    ("sampler", "options"),
    [
        ("hmc", {}),
        ("hmc", {"chunk": 7}),
        ("sgld", {"batch_size": 6}),
        ("rmsprop_sgld", {"batch_size": 6, "loss_samples": 20}),
        ("sgld", {"batch_size": 6, "reduction": "mean", "weight": lambda batch: len(batch[0])}),
    ],
)
def test_both_mappings_have_the_same_draws(sampler, options):
    """But for rounding, which a few draws without adaptation do not amplify past 1e-9."""
    own = setting(sampler)
    own = setting(own.sampler.with_step(1e-3).model_dump(), draws=24, burn_in=4)
    found = [
        sample_module(mlp(), F.cross_entropy, (X, Y), own, mapping=mapping, **options)
        for mapping in ("vmap", "loop")
    ]
    assert [draws.mapping for draws in found] == ["vmap", "loop"]
    one, other = (draws.traces for draws in found)
    for name in ("loss", "pull", "last", "lowest", "loss_at_w", "gradient_norm"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-11, err_msg=name
        )
    np.testing.assert_allclose(found[0].acceptance, found[1].acceptance, rtol=1e-8)
    assert found[0].subsample_se == pytest.approx(found[1].subsample_se, rel=1e-8)


def test_chunks_change_no_more_than_rounding():
    whole, cut = (
        sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"), mapping="loop", chunk=chunk)
        for chunk in (None, 7)
    )
    np.testing.assert_allclose(whole.traces.loss, cut.traces.loss, rtol=1e-9)


def test_a_sum_is_divided_by_its_samples():
    def loss(output, target):
        return F.cross_entropy(output, target, reduction="sum")

    options = {"batch_size": 6, "mapping": "loop"}
    mean = sample_module(mlp(), F.cross_entropy, (X, Y), setting("sgld"), **options)
    total = sample_module(mlp(), loss, (X, Y), setting("sgld"), reduction="sum", **options)
    np.testing.assert_allclose(mean.traces.loss, total.traces.loss, rtol=1e-9)


class Mixed(nn.Module):
    """Layers of two dtypes."""

    def __init__(self, first, second):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(5, 4).to(first), nn.Linear(4, 3).to(second)

    def forward(self, x):
        hidden = self.first(x.to(self.first.weight.dtype))
        return self.second(hidden.to(self.second.weight.dtype)).float()


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (torch.float64, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float32, torch.float16),
        (torch.bfloat16, torch.bfloat16),
    ],
)
def test_each_layer_keeps_its_dtype(first, second, mapping):
    module = Mixed(first, second)
    draws = sample_module(module, F.cross_entropy, (X, Y), setting("sgld"), mapping=mapping)
    state = draws.run.groups[0].walk.parameters
    assert state.dtype == (torch.float64 if torch.float64 in (first, second) else torch.float32)
    at_w = F.cross_entropy(module(X), Y).item()
    # One product for all chains rounds in other places than one for each.
    coarsest = max(torch.finfo(first).eps, torch.finfo(second).eps)
    tolerance = 1e-6 if mapping == "loop" else max(coarsest, 1e-6)
    assert draws.traces.loss_at_w[0] == pytest.approx(at_w, rel=tolerance)
    assert np.isfinite(draws.traces.loss).all()


@pytest.mark.parametrize("mapping", [None, "loop"])
def test_nothing_of_the_caller_changes(mapping):
    module = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3)).double()
    module[0].bias.requires_grad_(False)
    x = X.clone().requires_grad_()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    draws = sample_module(module, F.cross_entropy, (x, Y), setting(), mapping=mapping)
    assert draws.sampled.keys() == set(dict(module.named_parameters())) - {"0.bias"}
    after = module.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert module.training
    assert all(p.grad is None for p in module.parameters())
    assert [p.requires_grad for p in module[0].parameters()] == [True, False]
    assert x.grad is None
    assert x.requires_grad
    assert torch.equal(x, X)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_callers_mode_does_not_matter(mode, mapping):
    plain = sample_module(mlp(), F.cross_entropy, (X, Y), setting(), mapping=mapping)
    with mode():
        inside = sample_module(mlp(), F.cross_entropy, (X * 1, Y * 1), setting(), mapping=mapping)
    np.testing.assert_array_equal(plain.traces.loss, inside.traces.loss)


def test_wrapped_modules_are_what_they_wrap():
    plain = estimate_module(mlp(), F.cross_entropy, (X, Y), setting())
    compiled = torch.compile(mlp(), backend="eager")
    assert repr(estimate_module(compiled, F.cross_entropy, (X, Y), setting())) == repr(plain)
    parallel = nn.DataParallel(mlp())
    assert repr(estimate_module(parallel, F.cross_entropy, (X, Y), setting())) == repr(plain)


def test_parametrised_weights_are_sampled():
    for norm in (nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm):
        module = nn.Sequential(norm(nn.Linear(5, 3))).double().eval()
        draws = sample_module(module, F.cross_entropy, (X, Y), setting())
        assert any("parametrizations" in name for name in draws.sampled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, that it is old
        old = nn.Sequential(nn.utils.weight_norm(nn.Linear(5, 3))).double()
        draws = sample_module(old, F.cross_entropy, (X, Y), setting())
    assert set(draws.sampled) == {"0.bias", "0.weight_g", "0.weight_v"}
    assert np.ptp(draws.traces.loss) > 0


def test_tied_weights_are_one_parameter():
    module = Sequence(nn.Identity).double()
    module.head.weight = nn.Parameter(torch.randn(6, 4, dtype=torch.float64))
    module.embedding.weight = module.head.weight
    data = (TOKENS, (TOKENS + 1) % 6)
    draws = sample_module(module, of_tokens, data, setting())
    assert draws.sampled == {"embedding.weight": 24, "head.bias": 6}
    named = sample_module(module, of_tokens, data, setting(), parameters=["head.*"])
    np.testing.assert_array_equal(draws.traces.loss, named.traces.loss)


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_chains_that_leave_do_not_stop_the_run(mapping):
    def loss(w):
        return (w**4).sum() ** 2

    start = torch.zeros(3, dtype=torch.float64)
    huge = setting({"kind": "sgld", "step_size": 10.0}, inverse_temperature="1000/n")
    draws = sample_function(loss, start, (), huge, samples=100, mapping=mapping)
    assert draws.columns()["status"] == "diverged"
    assert draws.traces.loss.shape == (1, 4, 40)


def test_a_loss_that_raises_far_away_is_a_chain_that_left():
    def loss(w):
        if w.abs().max() > 3:
            raise ValueError("out of range")
        return (w**2).sum()

    start = torch.zeros(3, dtype=torch.float64)
    wide = setting({"kind": "sgld", "step_size": 1.0}, inverse_temperature="1/n")
    draws = sample_function(loss, start, (), wide, samples=100)
    assert draws.columns()["status"] == "diverged"
    assert any("out of range" in (group.target.left or "") for group in draws.run.groups)


def test_a_loss_that_raises_at_w_is_an_error():
    def loss(w):
        raise ValueError("out of range")

    with pytest.raises(ValueError, match="out of range"):
        sample_function(loss, torch.zeros(3), (), setting(), samples=100)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (lambda: nn.Flatten(), "Flatten has no parameters"),
        (lambda: nn.LazyLinear(3), "has no shape yet"),
        (lambda: nn.Linear(5, 3, device="meta"), "on the device meta"),
        (lambda: nn.Linear(5, 3).requires_grad_(False), "all parameters are frozen"),
        (lambda: nn.Linear(5, 3).to(torch.complex64), "is complex"),
    ],
)
def test_modules_that_cannot_be_sampled_are_refused(module, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = module()
    with pytest.raises(ModelError, match=message):
        estimate_module(made, F.cross_entropy, (X.float(), Y), setting())


def test_scripted_modules_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.jit.script(mlp())
    with pytest.raises(ModelError, match="give the module that was scripted"):
        estimate_module(module, F.cross_entropy, (X, Y), setting())


class Referring(nn.Linear):
    def __init__(self):
        super().__init__(5, 3)
        self.answered = lambda x: F.linear(x, self.weight)

    def forward(self, x):
        return self.answered(x) + self.bias


def test_what_would_stay_at_w_is_refused():
    module = mlp()

    def penalised(answer, y):
        return F.cross_entropy(answer, y) + sum(p.square().sum() for p in module[0].parameters())

    with pytest.raises(ModelError, match=r"uses the parameter 0\.\w+ of the module itself"):
        sample_module(module, penalised, (X, Y), setting())
    with pytest.raises(ModelError, match="uses the parameter weight of the module itself"):
        sample_module(Referring().double(), F.cross_entropy, (X, Y), setting())
    # What is not sampled may be used from anywhere.
    sample_module(module, penalised, (X, Y), setting(), parameters="2.*")
    sample_module(Referring().double(), F.cross_entropy, (X, Y), setting(), parameters="bias")


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
@pytest.mark.parametrize(
    "options", [{"batch_size": 2}, {"batch_size": 2, "loss_samples": 32}, {"chunk": 1}]
)
def test_batches_in_which_nothing_counts_add_nothing(mapping, options):
    """Every other sequence is padding alone: a mean over its tokens is 0 / 0."""
    tokens = (torch.arange(6)[None] + torch.arange(60)[:, None]) % 6
    after = tokens.roll(-1, 1)
    after[::2] = -100
    module = nn.Sequential(nn.Embedding(6, 4), nn.Linear(4, 6)).double()

    def masked(answer, targets):
        counts = targets != -100
        losses = F.cross_entropy(
            answer.flatten(0, 1), targets.clamp(min=0).flatten(), reduction="none"
        )
        return (losses * counts.flatten()).sum() / counts.sum()

    draws = sample_module(
        module,
        masked,
        (tokens, after),
        setting("sgld"),
        weight=lambda batch: (batch[1] != -100).sum(),
        mapping=mapping,
        **options,
    )
    assert draws.samples == 180
    assert np.isfinite(draws.traces.loss).all()
    assert np.isfinite(draws.traces.gradient_norm).all()
    assert np.isfinite(draws.acceptance).all()
    assert np.isfinite(draws.subsample_se)


@pytest.mark.parametrize("mapping", [None, "loop"])
def test_sparse_gradients_are_those_of_dense_ones(mapping):
    def module(sparse):
        torch.manual_seed(0)
        embedding = nn.Embedding(6, 4, sparse=sparse)
        return nn.Sequential(embedding, nn.Linear(4, 6)).double()

    data = (TOKENS, (TOKENS + 1) % 6)
    one, other = (
        sample_module(module(sparse), of_tokens, data, setting("sgld"), mapping=mapping)
        for sparse in (False, True)
    )
    np.testing.assert_allclose(one.traces.loss, other.traces.loss, rtol=1e-9)


@pytest.mark.parametrize("options", [{}, {"batch_size": 5}, {"batch_size": 5, "loss_samples": 16}])
def test_a_mapped_loss_that_raises_far_away_is_a_chain_that_left(options):
    def loss(w, x):
        near = torch.eye(2, dtype=w.dtype) - w @ w.T  # positive definite where w is small
        return -torch.linalg.cholesky(near).diagonal().log().sum() * x.mean()

    start, ones = torch.zeros(2, 2, dtype=torch.float64), torch.ones(60, dtype=torch.float64)
    wide = setting({"kind": "sgld", "step_size": 0.3}, inverse_temperature="1/n")
    one, other = (
        sample_function(loss, start, ones, wide, mapping=mapping, **options)
        for mapping in ("vmap", "loop")
    )
    assert one.columns()["status"] == other.columns()["status"] == "diverged"
    np.testing.assert_allclose(one.traces.loss, other.traces.loss, rtol=1e-9)


class Counting(nn.Linear):
    def __init__(self):
        super().__init__(5, 3)
        self.calls = torch.zeros(1)
        self.held = [torch.zeros(1)]

    def forward(self, x):
        self.calls += 1
        self.held[0] += 1
        return super().forward(x)


@pytest.mark.parametrize("mapping", [None, "loop"])
def test_tensors_that_are_no_buffers_stay_as_they_are(mapping):
    module = Counting().double()
    sample_module(module, F.cross_entropy, (X, Y), setting(), mapping=mapping)
    assert module.calls == module.held[0] == 0
