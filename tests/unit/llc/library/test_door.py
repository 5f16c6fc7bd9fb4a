"""Before the first draw: what is no loss of a model is refused in one sentence that says why."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, dropout, mse_loss
from torch.utils.data import DataLoader

from lgi.errors import ModelError
from lgi.llc.library import data as library
from lgi.llc.library.data import answer, arguments, samples_of
from lgi.llc.library.door import beside, check, checked_options
from lgi.llc.settings import EstimateSettings

GLOBAL = np.random.mtrand._rand  # what np.random.normal and others draw from
OWN = np.random.default_rng(0)
RANDOM = torch.Generator().manual_seed(0)
X = torch.randn(60, 4, dtype=torch.float64, generator=RANDOM)
Y = torch.randint(0, 3, (60,), generator=RANDOM)
T = X @ torch.tensor([1.0, 2.0, -1.0, 0.5], dtype=torch.float64)[:, None]  # learnt without error
W = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4)


def of_module(module, loss, data, *, shifted=True, **options):
    """Check a module's loss as an estimate does."""
    samples = samples_of(data)
    names = [name for name, _ in module.named_parameters()]
    flat = nn.utils.parameters_to_vector(module.parameters()).detach()

    def at(w):
        parts = w.split([p.numel() for p in module.parameters()])
        own = {
            name: part.reshape(p.shape)
            for name, part, p in zip(names, parts, module.parameters(), strict=True)
        }
        return lambda batch: loss(functional_call(module, own, *arguments(batch[0])), *batch[1:])

    return check(
        at(flat.clone().requires_grad_()),
        samples,
        module=module,
        elsewhere=at(beside(flat).requires_grad_()) if shifted else None,
        **{"reduction": None, "weight": None, "batched": True} | options,
    )


def of_function(loss, *data, at=W, shifted=True, **options):
    """Check a function's loss as an estimate does."""
    return check(
        lambda batch: loss(at.clone().requires_grad_(), *batch),
        samples_of(data) if data else None,
        module=None,
        elsewhere=(lambda batch: loss(beside(at).requires_grad_(), *batch)) if shifted else None,
        **{"reduction": None, "weight": None, "batched": bool(data)} | options,
    )


def classifier(*layers):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), *layers, nn.Tanh(), nn.Linear(6, 3)).double()


def per_sample(w, x, y):
    return cross_entropy(x @ w.T, y, reduction="none")


def mean(w, x, y):
    return per_sample(w, x, y).mean()


def total(w, x, y):
    return per_sample(w, x, y).sum()


@pytest.mark.parametrize("batched", [True, False])
def test_a_mean_passes_in_silence(batched):
    door = of_module(classifier(), cross_entropy, (X, Y), batched=batched)
    assert (door.reduction, door.lines) == ("mean", ())


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_perfect_fit_hides_no_sum(reduction):
    """At w* a loss of 0 is mean and sum alike; beside w* it is not."""
    module = nn.Linear(4, 1, bias=False).double()
    with torch.no_grad():
        module.weight.copy_(torch.tensor([1.0, 2.0, -1.0, 0.5]))

    def loss(output, target):
        return mse_loss(output, target, reduction=reduction)

    assert of_module(module, loss, (X, T), reduction=reduction).reduction == reduction
    if reduction == "sum":
        with pytest.raises(ModelError, match="sums over samples"):
            of_module(module, loss, (X, T))


def test_a_loss_that_is_0_and_known_at_w_alone_is_taken_as_a_mean_and_says_so():
    def loss(w, x, y):
        return (cross_entropy(x @ w.T, y) * w.sum() * 0).square()

    assert "was not told from a sum" in of_function(loss, X, Y, shifted=False).lines[0]


def test_a_loss_that_takes_all_samples_only_must_be_stated():
    def loss(w, x):
        return cross_entropy(x @ w.T, Y)

    with pytest.raises(ModelError, match=r"cannot be told whether .* hand over as data"):
        of_function(loss, X, batched=False)
    door = of_function(loss, X, batched=False, reduction="mean")
    assert door.lines == ("that the loss is a mean over samples is taken as stated, unchecked",)


BAD_VALUES = {
    "per sample": (per_sample, "a value for each of 48 samples"),
    "[1]": (lambda *a: mean(*a)[None], r"shape \[1\], not \[\]: return loss\.squeeze"),
    "[3]": (lambda w, x, y: w.square().sum(1), r"shape \[3\], where one number is needed"),
    "float": (lambda *a: mean(*a).item(), r"a float, not a tensor, .* leave out \.item"),
    "array": (lambda *a: mean(*a).detach().numpy(), "a ndarray, not a tensor"),
    "tuple": (lambda *a: (mean(*a), 0), "a tuple, not a tensor: return the one of its entries"),
    "None": (lambda *a: None, "a NoneType, not a tensor"),
    "integer": (lambda *a: mean(*a).long(), "which has no gradient; a float is needed"),
    "complex": (lambda *a: mean(*a) * 1j, "complex128, which has no gradient"),
    "nan": (lambda *a: mean(*a) * float("nan"), "the loss at w. is nan: a logarithm, root"),
    "inf": (lambda *a: mean(*a) / 0, "the loss at w. is inf"),
    "detached": (lambda *a: mean(*a).detach(), "does not depend on the parameters as far as"),
    "without w": (lambda w, x, y: x.mean(), "does not depend on the parameters as far as"),
    "gradient": (
        lambda w, x, y: mean(w, x, y) + (w - W).square().sum().sqrt(),
        "its gradient is not finite: a square root",
    ),
    "raises": (
        lambda w, x, y: x @ w,
        r"cannot be evaluated \(RuntimeError: .*; beside the parameters it takes \(float64 \[48, 4",
    ),
    "writes": (
        lambda w, x, y: mean(w, x.mul_(1.0), y),
        "writes into part 0 of the data: let it work on a clone",
    ),
}


@pytest.mark.parametrize("case", BAD_VALUES)
def test_what_is_no_loss_is_refused(case):
    loss, message = BAD_VALUES[case]
    with pytest.raises(ModelError, match=message) as caught:
        of_function(loss, X, Y)
    assert "\n" not in str(caught.value)


def no_grad(*arguments):
    with torch.no_grad():
        return mean(*arguments)


def test_no_grad_inside_is_refused_and_around_does_not_matter():
    with pytest.raises(ModelError, match="does not depend on the parameters as far as"):
        of_function(no_grad, X, Y)
    with torch.no_grad():
        assert of_function(mean, X, Y).reduction == "mean"


def test_targets_that_would_be_broadcast_are_refused():
    module = nn.Linear(4, 1).double()
    with pytest.raises(ModelError, match="Using a target size"):
        of_module(module, mse_loss, (X, T[:, 0]))


def test_a_loss_without_data_is_checked():
    assert of_function(lambda w: w.square().sum()).reduction == "mean"
    (line,) = of_function(lambda w: (w * 0).sum()).lines
    assert "does not feel what is sampled" in line
    with pytest.raises(ModelError, match="again on the same data"):
        of_function(lambda w: w.square().sum() + OWN.normal())
    with pytest.raises(ModelError, match="reduction and weight speak of data"):
        of_function(lambda w: w.square().sum(), reduction="sum")


def test_a_locally_quadratic_loss_at_its_exact_minimum_passes():
    assert of_function(lambda w: w.square().sum(), at=torch.zeros(3, dtype=torch.float64))


class Noise(nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw
        self.layer = nn.Linear(4, 3).double()

    def forward(self, x):
        return self.layer(x + 1e-6 * self.draw(x))


NOISES = {
    "PyTorch": (torch.randn_like, "drawn inside, by the generator of PyTorch"),
    "NumPy": (lambda x: GLOBAL.normal(), "drawn inside, by the generator of NumPy"),
    "Python": (lambda x: random.random(), "drawn inside, by the generator of Python"),
    "its own": (lambda x: OWN.normal(), "random numbers of a generator of its own"),
    "dropout": (dropout, "drawn inside, by the generator of PyTorch: leave out dropout"),
    "seldom": (lambda x: x * (torch.rand(()) < 0.3), "drawn inside, by the generator of PyTorch"),
}


@pytest.mark.parametrize("case", NOISES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_noise_is_found_and_named(case, dtype):
    draw, message = NOISES[case]
    scale = 1e3 if dtype == torch.float32 else 1.0
    module = Noise(lambda x: scale * draw(x)).to(dtype)
    torch.manual_seed(2)
    states = torch.get_rng_state(), GLOBAL.get_state()[1], random.getstate()
    with pytest.raises(ModelError, match=message):
        of_module(module, cross_entropy, (X.to(dtype), Y))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (GLOBAL.get_state()[1] == states[1]).all()
    assert random.getstate() == states[2]


def test_random_numbers_that_change_nothing_are_allowed():
    assert of_module(Noise(lambda x: 0 * torch.randn_like(x)), cross_entropy, (X, Y)).lines == ()


class Attentive(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = x[:, None].expand(-1, 3, -1)
        x = (
            self.layer(x, x, x)[0]
            if isinstance(self.layer, nn.MultiheadAttention)
            else self.layer(x)
        )
        return self.head((x[0] if isinstance(x, tuple) else x).mean(1))


class DropPath(nn.Module):
    def forward(self, x):
        return x * (torch.rand(len(x), 1, 1) > 0.5) if self.training else x


NOISY = {
    "Dropout": nn.Dropout(0.3),
    "AlphaDropout": nn.AlphaDropout(0.3),
    "Dropout1d": nn.Dropout1d(0.5),
    "LSTM": nn.LSTM(4, 4, 2, dropout=0.5, batch_first=True),
    "MultiheadAttention": nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True),
    "TransformerEncoderLayer": nn.TransformerEncoderLayer(4, 2, 8, batch_first=True),
    "DropPath": DropPath(),
    "RReLU": nn.RReLU(),
}


@pytest.mark.parametrize("name", NOISY)
def test_layers_that_draw_in_training_mode_are_named(name):
    module = Attentive(NOISY[name]).double().train()
    inside = {"TransformerEncoderLayer": "layer.dropout (Dropout)"}.get(name, f"layer ({name})")
    with pytest.raises(ModelError, match=r"call module\.eval\(\) first") as caught:
        of_module(module, cross_entropy, (X, Y))
    assert inside in str(caught.value)
    assert module.training
    assert of_module(module.eval(), cross_entropy, (X, Y)).lines == ()


def test_dropout_of_nothing_is_allowed_in_training_mode():
    layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)
    assert of_module(Attentive(layer).double().train(), cross_entropy, (X, Y)).lines == ()


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(6), nn.BatchNorm1d(6, track_running_stats=False)])
def test_batch_statistics_need_all_data_at_once(layer):
    module = classifier(layer)
    before = [buffer.clone() for buffer in module.buffers()]
    with pytest.raises(ModelError, match=r"1 \(BatchNorm1d\) normalises .* call module\.eval\(\)"):
        of_module(module, cross_entropy, (X, Y))
    (line,) = of_module(module, cross_entropy, (X, Y), batched=False).lines
    assert line.startswith("1 (BatchNorm1d) normalises by all data at once")
    assert all(map(torch.equal, before, module.buffers()))
    if layer.track_running_stats:
        assert of_module(module.eval(), cross_entropy, (X, Y)).lines == ()


@pytest.mark.parametrize("batched", [True, False])
def test_data_that_are_not_finite_are_found(batched):
    spoilt = X.clone()
    spoilt[33, 2] = float("nan")
    with pytest.raises(ModelError, match="part 0 of the data holds nan at sample 33"):
        of_module(classifier(), cross_entropy, (spoilt, Y), batched=batched)


def test_data_that_are_read_by_batches_are_searched_on_the_probes(monkeypatch):
    monkeypatch.setattr(library, "HELD", 0)
    spoilt = X.clone()
    data = DataLoader(list(zip(spoilt, Y, strict=True)))
    (line,) = of_module(classifier(), cross_entropy, data).lines
    assert line.startswith("the data are read batch by batch: 48 samples were searched")
    spoilt[55] = float("nan")
    with pytest.raises(ModelError, match="holds nan at sample 55"):
        of_module(classifier(), cross_entropy, data)


def test_inputs_that_a_module_writes_into_stay_as_they_are():
    module, before = classifier(), X.clone()
    module.insert(0, nn.ReLU(inplace=True))
    with pytest.raises(ModelError, match="writes into part 0 of the data"):
        of_module(module, cross_entropy, (X, Y), batched=False)
    assert torch.equal(X, before)


@pytest.mark.parametrize("batched", [True, False])
def test_what_the_loss_masks_may_be_missing(batched):
    missing = T.clone()
    missing[33] = float("nan")
    module = nn.Linear(4, 1).double()

    def masked(output, target):
        there = ~target.isnan()
        return torch.where(there, output - target.nan_to_num(), 0).square().mean()

    (line,) = of_module(module, masked, (X, missing), batched=batched).lines
    assert line == (
        "part 1 of the data holds nan at sample 33; the loss and its gradient there are finite"
    )


def test_a_parameter_that_is_not_finite_is_named():
    module = classifier()
    with torch.no_grad():
        module[2].bias[1] = float("nan")
    with pytest.raises(ModelError, match=r"is nan: the parameter 2\.bias holds a value"):
        of_module(module, cross_entropy, (X, Y))


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 3).double(), nn.Linear(4, 3).double()

    def forward(self, x, z):
        return self.first(x) + self.second(z)


@pytest.mark.parametrize("data", [((X, X), Y), ({"x": X, "z": X}, Y)])
def test_several_inputs_pass(data):
    assert of_module(Two(), cross_entropy, data).lines == ()


def test_a_module_that_returns_its_loss_passes():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3).double()

        def forward(self, x, labels):
            return {"loss": cross_entropy(self.layer(x), labels)}

    assert of_module(Own(), lambda out: out["loss"], {"x": X, "labels": Y}).lines == ()
    assert of_module(Own(), lambda out: out["loss"], ((X, Y),)).lines == ()


MISFITS = {
    "ungrouped": (Two(), (X, X, Y), r"Two\.forward takes \(x, z\) .* grouped, \(\(x, z\), y\)"),
    "dict": (classifier(), {"x": X, "y": Y}, r"a tuple, such as \(data\['x'\], data\['y'\]\)"),
    "alone": (classifier(), X, "missing 1 required .* the loss beside its answer nothing"),
    "too many": (classifier(), (X, Y, Y, Y, Y, Y, Y, Y, Y), "cannot be evaluated"),
    "targets": (classifier(), (X, Y[:, None]), r"the loss beside its answer int64 \[48, 1\]"),
    "dtype": (classifier(), (X.float(), Y), r"parameters are float64: data\.to\(torch\.float64\)"),
    "DataParallel": (nn.DataParallel(classifier()), (X, Y), r"inside the DataParallel, its \.mod"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_data_that_do_not_fit_say_how(case):
    module, data, message = MISFITS[case]
    with pytest.raises(ModelError, match=message):
        of_module(module, cross_entropy, data)


def test_beside_is_a_tenth_of_w_away_and_always_the_same():
    w = torch.full((10_000,), 3.0)
    shift = beside(w) - w
    assert shift.square().mean().sqrt() == pytest.approx(0.3, rel=0.05)
    assert torch.equal(beside(w), beside(w))
    assert beside(torch.zeros(10_000)).std() == pytest.approx(0.1, rel=0.05)
    assert beside(torch.zeros((), dtype=torch.bfloat16)).dtype == torch.bfloat16


def setting(kind="sgld", **changes):
    walk = {"leapfrog_steps": 1} if kind == "hmc" else {}
    return EstimateSettings(
        sampler={"kind": kind, "step_size": 1e-3, **walk},
        **{
            "chains": 2,
            "draws": 12,
            "burn_in": 4,
            "localisation": 1.0,
            "inverse_temperature": "1/log n",
            "thresholds": {
                "share_below": 0.1,
                "gradient_norm": 0.01,
                "acceptance": 0.2,
                "rhat": 1.05,
                "ess": 100,
            },
        }
        | changes,
    )


DATA = samples_of((X, Y))


def test_options_left_out_are_those_of_the_data():
    asked = checked_options({}, setting(), DATA)
    assert (asked.n, asked.batch_size, asked.loss_samples, asked.chunk) == (60, None, None, None)
    assert asked.stream == (0, "llc")


def test_numbers_of_numpy_are_numbers():
    options = {
        "samples": np.int64(500),
        "batch_size": np.int32(8),
        "loss_samples": torch.tensor(20),
        "chunk": np.uint8(7),
        "stream": [np.int64(3), "a", np.float64(0.5)],
    }
    asked = checked_options(options, setting(), DATA)
    assert (asked.n, asked.batch_size, asked.loss_samples, asked.chunk) == (500, 8, 20, 7)
    assert asked.stream == (3, "a", 0.5)
    assert type(asked.n) is int


def test_the_batch_size_of_a_loader_is_that_of_mini_batches():
    loader = DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=8)
    samples = samples_of(loader)
    assert checked_options({}, setting(), samples).batch_size == 8
    assert checked_options({"batch_size": 5}, setting(), samples).batch_size == 5
    assert checked_options({}, setting("hmc"), samples).batch_size is None
    large = samples_of(DataLoader(loader.dataset, batch_size=512))
    assert checked_options({}, setting(), large).batch_size == 60


NUMBERS = {"samples": "from 1", "batch_size": "from 1 to 60", "loss_samples": "from 2 to 60"}


@pytest.mark.parametrize("name", [*NUMBERS, "chunk"])
@pytest.mark.parametrize("value", [0, -3, 2.5, True, "8", float("nan"), [4], np.float64(4.0)])
def test_what_is_no_whole_number_is_refused(name, value):
    allowed = f"{name} is .*; allowed are .*whole numbers {NUMBERS.get(name, 'from 1')}"
    with pytest.raises(ModelError, match=allowed):
        checked_options({name: value}, setting(), DATA)


BAD_OPTIONS = {
    "a batch of more": ({"batch_size": 5000}, "sgld", "batch_size is 5000; allowed .* to 60"),
    "L of some": ({"loss_samples": 20}, "sgld", "20, but without batch_size L is that of all"),
    "L of more": ({"loss_samples": 61}, "sgld", "loss_samples is 61; allowed .* 2 to 60"),
    "exact": ({"batch_size": 8}, "hmc", "hmc takes the loss of all .* sgld or rmsprop_sgld"),
    "one sample": ({"samples": 1}, "sgld", "1/log n needs 2 or more samples, not 1"),
    "reduction": ({"reduction": "none"}, "sgld", "reduction is 'none'; allowed are mean, sum"),
    "an array": ({"reduction": np.ones(2)}, "sgld", r"reduction is array\(.*; allowed are mean"),
    "mapping": ({"mapping": "pmap"}, "sgld", "mapping is 'pmap'; allowed are vmap, loop"),
    "weight": ({"weight": 3}, "sgld", "weight is 3; allowed is a function"),
    "unknown": ({"batchsize": 3}, "sgld", "no option batchsize; allowed are samples, batch_size"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_do_not_fit_are_refused(case):
    options, kind, message = BAD_OPTIONS[case]
    with pytest.raises(ModelError, match=message):
        checked_options(options, setting(kind), DATA)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "number of samples must be given"),
        ({"samples": 100, "batch_size": 8}, "mini-batches need data"),
        ({"samples": 100, "loss_samples": 8}, "loss_samples speaks of data"),
    ],
)
def test_options_of_data_need_data(options, message):
    with pytest.raises(ModelError, match=message):
        checked_options(options, setting(), None)


def test_a_setting_that_is_none_is_refused():
    with pytest.raises(ModelError, match=r"setting is {}; allowed are .*EstimateSettings"):
        checked_options({}, {}, DATA)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"draws": 10, "burn_in": 40}, r"^setting.burn_in \(40\) must leave 4 or more of"),
        ({"chains": 1}, "^setting.chains: .* greater than or equal to 2$"),
        ({"localisation": "3"}, "^setting.localisation: needed is 3.0; found '3'$"),
        ({"sampler": {"kind": "sgld", "step_size": 1e-4}}, r"^setting.sampler: needed is SGLD\("),
    ],
)
def test_a_copy_of_a_setting_is_checked(changed, message):
    with pytest.raises(ModelError, match=message):
        checked_options({}, setting().model_copy(update=changed), DATA)


STREAMS = [0, "a", (), ("a",), (0.5, "a"), (-1, "a"), (2**64, "a"), (True,), None, (0, "llc", [1])]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_that_is_none_is_refused(stream):
    with pytest.raises(ModelError, match=r"stream is .* a seed from 0 to 2\*\*64 - 1, then texts"):
        checked_options({"stream": stream}, setting(), DATA)


def test_answer_is_what_the_checks_evaluate():
    assert torch.equal(answer(classifier(), (X,)), classifier()(X))
