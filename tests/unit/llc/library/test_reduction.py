"""Mean, sum, and mean over something else are told apart by batches of few samples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from lgi.errors import ModelError
from lgi.llc.library.data import samples_of
from lgi.llc.library.reduction import chosen, found

RANDOM = torch.Generator().manual_seed(0)
X = torch.randn(60, 4, dtype=torch.float64, generator=RANDOM)
Y = torch.randint(0, 3, (60,), generator=RANDOM)
W = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(3, 4)
TOKENS = torch.randint(0, 5, (60, 6), generator=RANDOM)
PADDED = TOKENS.masked_fill(torch.arange(6) >= torch.arange(60)[:, None] % 6 + 1, -100)


def of(loss, *data, reduction=None, weight=None, batched=True):
    """Return what a function of (*batch) is, and what is said of it."""
    return found(lambda b: loss(*b), samples_of(data), reduction, weight, None, batched)


def per_sample(x, y):
    return cross_entropy(x @ W.to(x.dtype).T, y, reduction="none")


def mean(x, y):
    return per_sample(x, y).mean()


def total(x, y):
    return per_sample(x, y).sum()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 13, 60])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_mean_and_sum_are_told_apart(n, dtype):
    x, y = X[:n].to(dtype), Y[:n]
    assert of(mean, x, y)[0] == "mean"
    for loss in (total, lambda *a: total(*a) / 60):
        assert of(loss, x, y, reduction="sum")[0] == "sum"
        with pytest.raises(ModelError, match=r"sums over samples .* or say reduction='sum'"):
            of(loss, x, y)
        with pytest.raises(ModelError, match="sums over samples"):
            of(loss, x, y, reduction="mean", batched=False)
    with pytest.raises(ModelError, match="reduction is 'sum', but the loss is a mean"):
        of(mean, x, y, reduction="sum")


@given(
    scale=st.floats(1e-6, 1e6),
    constant=st.floats(-1e3, 1e3),
    n=st.integers(2, 60),
    power=st.floats(-3, 3),
)
@settings(max_examples=30, deadline=None)
def test_a_mean_of_any_size_passes_and_a_sum_never(scale, constant, n, power):
    sizes = 10 ** (power * torch.linspace(0, 1, n, dtype=torch.float64))

    def values(x, y, size):
        return scale * size * per_sample(x, y)

    data = X[:n], Y[:n], sizes
    assert of(lambda *a: values(*a).mean() + constant, *data)[0] == "mean"
    with pytest.raises(ModelError):
        of(lambda *a: values(*a).sum(), *data)


def by_token(x, targets):
    """A mean over tokens that are not padding."""
    logits = (x @ W.T).repeat(1, 2)[:, None, :5].expand(-1, 6, -1)
    return cross_entropy(logits.flatten(0, 1), targets.flatten())


def tokens(batch):
    return (batch[1] != -100).sum()


def test_a_mean_over_tokens_needs_their_number():
    assert of(by_token, X, TOKENS)[1] == []  # without padding it is one over samples
    with pytest.raises(ModelError, match=r"neither mean nor sum .* give weight="):
        of(by_token, X, PADDED)
    with pytest.raises(ModelError, match="neither mean nor sum"):
        of(by_token, X, PADDED, reduction="mean")
    assert of(by_token, X, PADDED, weight=tokens)[0] == "mean"
    _, (line,) = of(by_token, X, PADDED, batched=False)
    assert line.startswith("the loss is no mean over samples")


def test_class_weights_are_weights():
    of_class = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)

    def loss(x, y):
        return cross_entropy(x @ W.T, y, weight=of_class)

    with pytest.raises(ModelError, match="neither mean nor sum"):
        of(loss, X, Y)
    assert of(loss, X, Y, weight=lambda b: of_class[b[1]].sum())[0] == "mean"


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (lambda batch: len(batch[0]), "no mean over samples with these weights"),
        (lambda batch: tokens(batch) ** 2, "must be a sum over samples"),
        (lambda batch: -tokens(batch), "weight is -.* allowed are finite numbers from 0 on"),
        (lambda batch: batch[1] != -100, r"weight gives no number for a batch \(float64 \[4, 4\]"),
        (lambda x, y: 1.0, "weight gives no number .* as one tuple"),
    ],
)
def test_a_weight_that_is_none_is_refused(weight, message):
    with pytest.raises(ModelError, match=message):
        of(by_token, X, PADDED, weight=weight)


def contrastive(x, y):
    z = x @ W.T
    return cross_entropy(z @ z.T, torch.arange(len(x)))


def test_a_loss_of_pairs_is_taken_of_all_data_at_once():
    with pytest.raises(ModelError, match="neither mean nor sum"):
        of(contrastive, X, Y)
    _, (line,) = of(contrastive, X, Y, batched=False)
    assert "is taken of all data at once" in line
    with pytest.raises(ModelError, match="reduction is 'mean', but the loss is none"):
        of(contrastive, X, Y, batched=False, reduction="mean")


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e3])
def test_a_sum_with_a_penalty_is_a_sum(penalty, batched):
    assert of(lambda x, y: mean(x, y) + penalty, X, Y, batched=batched) == ("mean", [])
    with pytest.raises(ModelError, match="sums over samples"):
        of(lambda x, y: total(x, y) + penalty, X, Y, batched=batched)


def test_a_target_that_is_broadcast_is_refused_or_said():
    def loss(x, y):
        return (x[:, :1] - y).abs().mean()

    with pytest.raises(ModelError, match=r"a target \[n\] beside an output \[n, 1\]"):
        of(loss, X, Y)
    assert "a target [n] beside an output [n, 1]" in of(loss, X, Y, batched=False)[1][0]


def test_probes_are_spread_over_the_data():
    assert chosen(1).tolist() == [0]
    assert chosen(5).tolist() == [0, 1, 2, 3, 4]
    many = chosen(4_800)
    assert len(many) == 48
    assert many.diff().eq(100).all()
