"""Data as people have them: every form gives the samples of plain tensors, others are refused."""

import collections

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy
from torch.utils.data import (
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

from lgi.errors import ModelError
from lgi.llc.library import data as library
from lgi.llc.library import estimate_module
from lgi.llc.library.data import TensorSamples, answer, first_not_finite, leaves, samples_of
from lgi.llc.settings import EstimateSettings

RANDOM = torch.Generator().manual_seed(0)
X = torch.randn(30, 4, dtype=torch.float64, generator=RANDOM)
Y = torch.randint(0, 3, (30,), generator=RANDOM)
Z = torch.randn(30, 2, dtype=torch.float64, generator=RANDOM)


class Pairs(Dataset):
    """Items that are tuples, as most data sets have them."""

    def __len__(self):
        return len(X)

    def __getitem__(self, number):
        return X[number], int(Y[number])


class Named(Pairs):
    """Items that are dicts, as those of language models."""

    def __getitem__(self, number):
        return {"x": X[number], "z": Z[number]}


class Bare:
    """Items by number, without the name of a Dataset."""

    def __len__(self):
        return len(X)

    def __getitem__(self, number):
        if number >= len(X):
            raise IndexError(number)
        return {"x": X[number], "z": Z[number]}, Y[number]


def same(one, other):
    ours, theirs = list(leaves(one)), list(leaves(other))
    assert [place for place, _ in ours] == [place for place, _ in theirs]
    for (place, tensor), (_, known) in zip(ours, theirs, strict=True):
        assert tensor.dtype == known.dtype, place
        assert torch.equal(tensor, known), place


PLAIN = {
    "tuple": (X, Y),
    "list": [X, Y],
    "arrays": (X.numpy(), Y.numpy()),
    "an array of another byte order": (X.numpy().astype(">f8"), Y),
    "an array read backwards": (X.numpy()[::-1][::-1], Y.numpy()[::-1].copy()[::-1]),
    "requiring a gradient": (X.clone().requires_grad_(), Y),
    "TensorDataset": TensorDataset(X, Y),
    "Subset of all": Subset(TensorDataset(X, Y), range(30)),
    "Subset of a Subset": Subset(Subset(TensorDataset(X, Y), range(30)), range(30)),
    "Dataset": Pairs(),
    "Subset of a Dataset": Subset(Pairs(), range(30)),
    "ConcatDataset": ConcatDataset([Subset(Pairs(), range(10)), Subset(Pairs(), range(10, 30))]),
    "DataLoader": DataLoader(TensorDataset(X, Y), batch_size=8, shuffle=True),
    "DataLoader of a Dataset": DataLoader(Pairs(), batch_size=8, shuffle=True, drop_last=True),
    "DataLoader with workers": DataLoader(Pairs(), batch_size=8, num_workers=2),
    "DataLoader of a list": DataLoader([(x, y) for x, y in zip(X, Y, strict=True)]),
    "DataLoader of some": DataLoader(TensorDataset(X, Y), sampler=SubsetRandomSampler(range(30))),
}


@pytest.mark.parametrize("form", PLAIN)
def test_each_form_has_the_samples_of_plain_tensors(form):
    samples = samples_of(PLAIN[form])
    assert len(samples) == 30
    some = torch.tensor([3, 3, 29, 0])
    same(samples.take(some), (X[some], Y[some]))
    same(samples.between(7, 12), (X[7:12], Y[7:12]))
    same(samples.between(28, 40), (X[28:], Y[28:]))
    assert not any(tensor.requires_grad for _, tensor in leaves(samples.between(0, 2)))


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (X, (X,)),
        (X.numpy(), (X,)),
        (((X, Z), Y), ((X, Z), Y)),
        ([[X, Z], Y], ((X, Z), Y)),
        (({"x": X, "z": Z}, Y), ({"x": X, "z": Z}, Y)),
        ((X, (Y, Z)), (X, (Y, Z))),
        (collections.UserDict(x=X, z=Z), ({"x": X, "z": Z},)),
        (Named(), ({"x": X, "z": Z},)),
        (Bare(), ({"x": X, "z": Z}, Y)),
        (DataLoader(Bare()), ({"x": X, "z": Z}, Y)),
    ],
)
def test_several_inputs_and_names_are_kept(data, known):
    same(samples_of(data).between(0, 30), known)


@given(st.lists(st.integers(0, 29), min_size=1, max_size=8))
def test_a_subset_is_its_own_samples(indices):
    samples = samples_of(Subset(TensorDataset(X, Y), indices))
    same(samples.between(0, len(indices)), (X[indices], Y[indices]))


@pytest.mark.parametrize("data", [(X, Y), (X.numpy(), Y.numpy()), TensorDataset(X, Y)])
def test_tensors_and_arrays_are_not_copied(data):
    inputs, targets = samples_of(data).between(0, 30)
    assert inputs.data_ptr() == X.data_ptr()
    assert targets.data_ptr() == Y.data_ptr()


def test_an_array_that_is_read_only_is_taken_as_it_is():
    array = X.numpy().copy()
    array.flags.writeable = False
    same(samples_of((array, Y)).between(0, 30), (X, Y))


def test_what_was_made_in_inference_mode_can_be_used():
    with torch.inference_mode():
        made = X * 1
    assert not samples_of((made, Y)).between(0, 1)[0].is_inference()


def test_the_batch_size_of_a_loader_is_kept():
    assert samples_of(DataLoader(Pairs(), batch_size=8)).batch_size == 8
    assert samples_of(DataLoader(TensorDataset(X), batch_size=8)).batch_size == 8
    assert samples_of(Pairs()).batch_size is None


def test_a_small_data_set_is_read_once(monkeypatch):
    assert samples_of(Pairs()).held
    monkeypatch.setattr(library, "HELD", 30 * (4 * 8 + 8) - 1)
    samples = samples_of(Pairs())
    assert not samples.held
    same(samples.between(0, 30), (X, Y))


class Ragged(Pairs):
    def __getitem__(self, number):
        return X[number, : 1 + number % 4], int(Y[number])


def padded(items):
    inputs = torch.nn.utils.rnn.pad_sequence([x for x, _ in items], batch_first=True)
    return inputs, torch.tensor([y for _, y in items])


def test_batches_that_differ_in_shape_are_read_each_time(monkeypatch):
    monkeypatch.setattr(library, "_READ", 2)
    samples = samples_of(DataLoader(Ragged(), batch_size=4, collate_fn=padded))
    assert not samples.held
    assert samples.take(torch.tensor([0, 1]))[0].shape == (2, 2)
    assert samples.take(torch.tensor([0, 3]))[0].shape == (2, 4)


class Augmented(Pairs):
    def __init__(self, draw):
        self.draw = draw

    def __getitem__(self, number):
        return X[number] + (number > 2) * 1e-6 * self.draw(), Y[number]


OWN = np.random.default_rng(0)


GLOBAL = np.random.mtrand._rand  # what np.random.normal and others draw from


@pytest.mark.parametrize("draw", [lambda: torch.randn(()), GLOBAL.normal, OWN.standard_normal])
@pytest.mark.parametrize("around", [lambda data: data, DataLoader])
def test_augmentation_is_found(draw, around):
    torch.manual_seed(0)
    GLOBAL.seed(0)
    before = torch.get_rng_state(), GLOBAL.get_state()[1]
    with pytest.raises(ModelError, match=r"sample 3 of part 0 .* Augmented is asked for it twice"):
        samples_of(around(Augmented(draw)))
    assert torch.equal(before[0], torch.get_rng_state())
    assert (before[1] == GLOBAL.get_state()[1]).all()


def test_a_random_collate_fn_is_found():
    def masked(items):
        return torch.stack(items) * (torch.rand(len(items), 4) > 0.15)

    with pytest.raises(ModelError, match="asked for it twice"):
        samples_of(
            DataLoader(TensorDataset(X), collate_fn=lambda items: masked([x for (x,) in items]))
        )


class Stream(IterableDataset):
    def __iter__(self):
        return iter(X)


class Endless(Dataset):
    def __getitem__(self, number):
        return X[number]


class Frame:
    """What pandas, polars and others have."""

    def __array__(self):
        return X.numpy()

    def __len__(self):
        return 30

    def __getitem__(self, number):
        return X


REFUSED = {
    "lengths": ((X, Y[:-3]), r"differ in their number of samples: \[27, 30\] \(30 in part 0"),
    "sequences": ([X[0, :2], X[0, :3]], "padded to one .* a list of single samples goes into"),
    "empty tensors": ((X[:0], Y[:0]), "data hold no samples"),
    "empty Dataset": (Subset(Pairs(), []), "data hold no samples"),
    "empty Subset": (Subset(TensorDataset(X), []), "data hold no samples"),
    "nothing": ((), "data are empty"),
    "None": (None, "data is None; allowed are a tensor, .* a Dataset or a DataLoader"),
    "text": ("mnist", "data is 'mnist'; allowed are"),
    "a number": (3, "data is 3: lists of numbers"),
    "a generator": ((x for x in X), "generator, which cannot be asked for a sample by number"),
    "IterableDataset": (Stream(), "Stream, which cannot be asked for a sample by number"),
    "its DataLoader": (DataLoader(Stream()), "Stream, which cannot be asked for a sample by"),
    "no length": (Endless(), "the Endless has no length"),
    "a frame": (Frame(), r"Frame: hand over numpy\.asarray of its columns"),
    "a frame of targets": ((X, Frame()), r"part 1 of the data is a Frame: hand over numpy"),
    "a list of numbers": ((X, [0, 1]), r"part 1\[0\] of the data is 0: lists of numbers go"),
    "None as targets": ((X, None), "part 1 of the data is None; each part is a tensor"),
    "texts": ((X, np.array(["a"] * 30)), "part 1 of the data is an array of <U1; allowed are"),
    "objects": ((X, np.array([None] * 30)), "an array of object; allowed are numbers"),
    "one number": ((X, torch.tensor(3)), "part 1 of the data is one number"),
    "a Dataset in a tuple": ((Pairs(), Y), "part 0 of the data is a Pairs: hand it over alone"),
    "data sets by name": ({"train": Pairs()}, r"part 0\['train'\] of the data is a Pairs: hand it"),
    "an empty part": ((X, ()), "part 1 of the data is an empty tuple"),
    "a sparse tensor": ((X.to_sparse(), Y), "a sparse_coo tensor; a dense one is allowed"),
    "a meta tensor": ((X.to("meta"), Y), "on the meta device"),
    "a masked array": ((np.ma.masked_array(X.numpy()), Y), "is a masked array"),
    "batches of its own": (DataLoader(Pairs(), batch_size=None), "makes batches of its own"),
    "weights": (
        DataLoader(Pairs(), sampler=WeightedRandomSampler([1.0] * 30, 30)),
        "WeightedRandomSampler says how often samples come",
    ),
    "a module": (torch.nn.Sequential(torch.nn.Linear(1, 1)), "data is a Sequential; allowed are"),
    "lengths of items": (Ragged(), "pad them to one length, in the data set or the DataLoader's"),
    "time first": (
        DataLoader(
            TensorDataset(X), collate_fn=lambda items: torch.stack([x for (x,) in items], 1)
        ),
        "part 0 of the data has 4 entries along its first axis for 30 samples",
    ),
    "beyond": (Subset(TensorDataset(X), [30]), "indices beyond the 30 samples"),
    "text in items": (DataLoader([(X[0], "a")] * 2), r"part 1\[0\] of the data is 'a'; each part"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_supported_says_so(case):
    data, message = REFUSED[case]
    with pytest.raises(ModelError, match=message) as caught:
        samples_of(data)
    assert "\n" not in str(caught.value)


def test_an_item_that_cannot_be_read_is_named():
    class Broken(Pairs):
        def __getitem__(self, number):
            raise OSError("no such picture")

    with pytest.raises(ModelError, match=r"of the Broken make no batch .OSError: no such picture"):
        samples_of(Broken())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.complex64])
def test_what_is_not_finite_is_found(value, dtype, monkeypatch):
    monkeypatch.setattr(library, "_SEARCHED", 100)
    spoilt = X.to(dtype, copy=True)
    assert first_not_finite(TensorSamples((spoilt, Y))) is None
    spoilt[13, 2] = value
    place, sample, found = first_not_finite(TensorSamples((Y, {"a": spoilt})))
    assert (place, sample) == ("part 1['a'] of the data", 13)
    assert not np.isfinite(found)


def test_answer_takes_one_input_several_or_named_ones():
    class Sum(torch.nn.Module):
        def forward(self, x, z=0):
            return x + 2 * z

    assert answer(Sum(), torch.tensor(1)) == 1
    assert answer(Sum(), (torch.tensor(1), torch.tensor(2))) == 5
    assert answer(Sum(), {"z": torch.tensor(2), "x": torch.tensor(1)}) == 5


SETTING = EstimateSettings(
    sampler={"kind": "hmc", "step_size": 1e-3, "leapfrog_steps": 1},
    chains=2,
    draws=12,
    burn_in=4,
    localisation=1.0,
    inverse_temperature="1/log n",
    thresholds={
        "share_below": 0.1,
        "gradient_norm": 0.01,
        "acceptance": 0.2,
        "rhat": 1.05,
        "ess": 100,
    },
)


def classifier():
    module = torch.nn.Linear(4, 3).double()
    with torch.no_grad():
        module.weight.copy_(torch.linspace(-1, 1, 12).reshape(3, 4))
        module.bias.zero_()
    return module


LANGEVIN = EstimateSettings(
    **SETTING.model_dump() | {"sampler": {"kind": "sgld", "step_size": 1e-3}}
)


def estimated(data, loss=cross_entropy, setting=SETTING, **options):
    return estimate_module(classifier(), loss, data, setting, **options)


@pytest.mark.parametrize("form", PLAIN)
def test_each_form_gives_the_estimate_of_plain_tensors(form):
    # As text: what is not known is NaN in both.
    assert repr(estimated(PLAIN[form])) == repr(estimated((X, Y)))


def test_the_batch_size_of_a_loader_is_that_of_the_estimate():
    loader = DataLoader(TensorDataset(X, Y), batch_size=8, shuffle=True)
    given_by_hand = estimated((X, Y), setting=LANGEVIN, batch_size=8)
    assert repr(estimated(loader, setting=LANGEVIN)) == repr(given_by_hand)
    assert estimated(loader, setting=LANGEVIN, batch_size=5)["llc"] != given_by_hand["llc"]


@pytest.mark.parametrize("options", [{}, {"batch_size": 8}])
def test_a_sum_that_is_stated_gives_the_estimate_of_the_mean(options):
    def total(output, target):
        return cross_entropy(output, target, reduction="sum")

    mean = estimated((X, Y), setting=LANGEVIN, **options)
    stated = estimated((X, Y), total, LANGEVIN, reduction="sum", **options)
    assert stated["llc"] == pytest.approx(mean["llc"], rel=1e-6)
