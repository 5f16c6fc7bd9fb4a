"""The data of an estimate, in whatever form people have them."""

import random
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
)

from lgi.errors import ModelError, listed, word

Batch = tuple[Any, ...]
"""What the module takes, then what the loss takes beside its output; samples first in every tensor.

What the module takes may be a tensor, a tuple of its arguments or a dict of its keyword arguments.
"""

HELD = 2**30
"""Bytes that are held: a data set of no more is read into tensors once, a larger one by batches."""

_ASKED_TWICE = 64  # items; an augmentation that leaves 4 of 5 as they are is missed once in 10⁶
_READ = 256  # items that are collated at once
_SEARCHED = 2**24  # bytes that are searched at once for what is not finite

_READING = threading.RLock()
"""Data sets are asked by one thread at a time: a file is sought, then read."""

_FORMS = (
    "a tensor, a NumPy array, a tuple of them (inputs, targets), a dict of the module's keyword "
    "arguments, a Dataset or a DataLoader"
)


class Samples(Protocol):
    """The samples of a data set."""

    @property
    def batch_size(self) -> int | None:
        """Return the samples of a mini-batch, where the data say so."""

    @property
    def held(self) -> bool:
        """Return whether they are tensors in memory."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def take(self, indices: Tensor) -> Batch:
        """Return some of them, by int64 [batch]."""
        ...

    def between(self, start: int, stop: int) -> Batch:
        """Return those from `start` up to `stop`, without a copy where that can be."""
        ...


class TensorSamples:
    """Tensors whose first axis is that of the samples.

    Parameters
    ----------
    parts
        Tensors, and tuples and dicts of them.
    device
        Where batches are wanted; None: where the tensors are. Tensors of `HELD` bytes or fewer
        move there as a whole.
    """

    held = True

    def __init__(
        self,
        parts: Sequence[Any],
        *,
        batch_size: int | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.parts: Batch = tuple(parts)
        self.batch_size = batch_size
        self._device = device
        if device is not None and _bytes(self.parts) <= HELD:
            self.parts = _moved(self.parts, device)
        self._length = len(next(leaves(self.parts))[1])

    def __len__(self) -> int:
        return self._length

    def take(self, indices: Tensor) -> Batch:
        """Return some of them, by int64 [batch]."""
        return _moved(
            _mapped(lambda tensor: tensor.index_select(0, indices.to(tensor.device)), self.parts),
            self._device,
        )

    def between(self, start: int, stop: int) -> Batch:
        """Return views of those from `start` up to `stop`."""
        return _moved(_mapped(lambda tensor: tensor[start:stop], self.parts), self._device)


class ChosenSamples:
    """Some of other samples, which are not copied."""

    def __init__(self, samples: Samples, indices: Sequence[int]) -> None:
        self.batch_size = samples.batch_size
        self.held = samples.held
        self._samples = samples
        self._indices = torch.as_tensor(indices, dtype=torch.int64)
        least, most = -len(samples), len(samples) - 1
        if len(indices) and not least <= self._indices.min() <= self._indices.max() <= most:
            raise ModelError(f"a Subset has indices beyond the {len(samples):,} samples it is of")
        self._indices %= len(samples)

    def __len__(self) -> int:
        return len(self._indices)

    def take(self, indices: Tensor) -> Batch:
        """Return some of them, by int64 [batch]."""
        return self._samples.take(self._indices[indices.cpu()])

    def between(self, start: int, stop: int) -> Batch:
        """Return copies of those from `start` up to `stop`."""
        return self._samples.take(self._indices[start:stop])


class ReadSamples:
    """Samples of a data set that is asked for them each time.

    Parameters
    ----------
    dataset
        Gives an item, or with ``__getitems__`` several, by number.
    collate
        Function of a list of items to a batch.
    """

    held = False

    def __init__(
        self,
        dataset: Any,
        collate: Callable[[list[Any]], Any] = default_collate,
        *,
        batch_size: int | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.batch_size = batch_size
        self._dataset = dataset
        self._collate = collate
        self._device = device

    def __len__(self) -> int:
        return len(self._dataset)

    def take(self, indices: Tensor) -> Batch:
        """Return some of them, by int64 [batch]."""
        return _moved(self._batch(indices.tolist()), self._device)

    def between(self, start: int, stop: int) -> Batch:
        """Return those from `start` up to `stop`, read anew."""
        return _moved(self._batch(list(range(start, min(stop, len(self))))), self._device)

    def _batch(self, numbers: list[int]) -> Batch:
        asked = f"samples {listed(numbers)} of the {type(self._dataset).__name__}"
        try:
            with _READING:
                if hasattr(self._dataset, "__getitems__"):
                    items = self._dataset.__getitems__(numbers)
                else:
                    items = [self._dataset[number] for number in numbers]
                batch = self._collate(items)
        except ModelError:
            raise
        except Exception as error:
            pad = ""
            if "equal size" in str(error):
                pad = ": pad them to one length, in the data set or the DataLoader's collate_fn"
            raise ModelError(f"{asked} make no batch ({said(error)}){pad}") from error
        parts = _parts(batch)
        for place, tensor in leaves(parts):
            if len(tensor) != len(numbers):
                raise ModelError(
                    f"{place} has {len(tensor)} entries along its first axis for {len(numbers)} "
                    f"samples of the {type(self._dataset).__name__}; samples come first"
                )
        return parts


def samples_of(data: Any, device: torch.device | None = None) -> Samples:
    """Return the samples of data.

    Parameters
    ----------
    data
        - a tensor or NumPy array: what the module takes;
        - a tuple or list: what the module takes, then what the loss takes beside its answer. Each
          is a tensor, an array, or a tuple or dict of them; several inputs are ``((x, z), y)`` or
          ``({"x": x, "z": z}, y)``;
        - a dict: the module's keyword arguments, and the loss takes its answer alone;
        - a Dataset whose items are of these forms, or anything with items by number and a length;
        - a DataLoader: its data set and collate_fn, and its batch size. Which samples make a batch
          is not its choice.

        Tensors and arrays are not copied, nor are those of a TensorDataset or its Subset. Another
        data set is read into tensors once if these take no more than `HELD` bytes, else by batches.
    device
        Where batches are wanted; None: where they are.

    Raises
    ------
    ModelError
        If it is nothing of that kind, its parts differ in length or it is empty, or the same item
        differs when asked twice.
    """
    if isinstance(data, DataLoader):
        return _of_loader(data, device)
    tensors = _of_tensors(data, None, device)
    if tensors is not None:
        return _with_samples(tensors)
    if isinstance(data, Tensor | np.ndarray | tuple | list | Mapping):
        parts = _parts(data)
        _same_lengths(parts)
        return _with_samples(TensorSamples(parts, device=device))
    if isinstance(data, Dataset) or _has_items(data):
        return _of_dataset(data, default_collate, None, device)
    raise ModelError(f"data is {_named(data)}{_hint(data)}; allowed are {_FORMS}")


def arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the first part of a batch as a module's arguments and keyword arguments."""
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return (tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)), {}


def answer(module: Callable[..., Any], inputs: Any) -> Any:
    """Return what a module answers to the first part of a batch."""
    positional, named = arguments(inputs)
    return module(*positional, **named)


def leaves(batch: Batch) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a batch, each with its place in words: ``part 0["x"] of the data``."""

    def below(tree: Any, place: str) -> Iterator[tuple[str, Tensor]]:
        if isinstance(tree, Tensor):
            yield f"{place} of the data", tree
        else:
            for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
                yield from below(value, f"{place}[{key!r}]")

    for number, part in enumerate(batch):
        yield from below(part, f"part {number}")


def first_not_finite(samples: Samples) -> tuple[str, int, float] | None:
    """Return where the first value is that is not finite: part in words, sample, the value."""
    row = max(1, _bytes(samples.between(0, 1)))
    rows = max(1, _SEARCHED // row)
    for start in range(0, len(samples), rows):
        for place, tensor in leaves(samples.between(start, start + rows)):
            if not _finite(tensor):
                bad = ~tensor.isfinite().reshape(len(tensor), -1)
                sample = int(bad.any(1).nonzero()[0])
                value = tensor.reshape(len(tensor), -1)[sample][bad[sample]][0].item()
                return place, start + sample, value
    return None


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave the global generators of PyTorch, NumPy and Python as they were."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002


def described(tree: Any) -> str:
    """Return the types and shapes of what a batch holds, in words."""
    if isinstance(tree, Tensor):
        return f"{_type(tree.dtype)} {list(tree.shape)}"
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {described(value)}" for key, value in tree.items()) + "}"
    return "(" + ", ".join(map(described, tree)) + ")"


def said(error: Exception) -> str:
    """Return the kind of an error and the first line of what it says."""
    lines = str(error).strip().splitlines()
    text = lines[0].strip().rstrip(".") if lines else ""
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def _of_loader(loader: DataLoader[Any], device: torch.device | None) -> Samples:
    dataset, sampler = loader.dataset, loader.sampler
    if isinstance(dataset, IterableDataset):
        return samples_of(dataset)
    if loader.batch_size is None or type(loader.batch_sampler) is not BatchSampler:
        raise ModelError(
            "the DataLoader makes batches of its own (batch_size=None or a batch_sampler), and "
            "lgi draws its own: hand over a data set whose items are single samples"
        )
    if isinstance(sampler, SubsetRandomSampler):
        dataset = Subset(dataset, list(sampler.indices))
    elif not (
        isinstance(sampler, SequentialSampler)
        or (isinstance(sampler, RandomSampler) and not sampler.replacement)
    ):
        raise ModelError(
            f"the DataLoader's {type(sampler).__name__} says how often samples come, and lgi draws "
            "all alike: hand over the data set, or a Subset of it, and weigh in the loss"
        )
    if loader.collate_fn is default_collate:
        tensors = _of_tensors(dataset, loader.batch_size, device)
        if tensors is not None:
            return _with_samples(tensors)
    return _of_dataset(dataset, loader.collate_fn, loader.batch_size, device)


def _of_tensors(dataset: Any, batch_size: int | None, device: torch.device | None) -> Any:
    """Return the samples of a TensorDataset or of its Subset; None of any other."""
    if isinstance(dataset, TensorDataset):
        parts = _parts(dataset.tensors)
        return TensorSamples(parts, batch_size=batch_size, device=device)
    if type(dataset) is Subset:
        whole = _of_tensors(dataset.dataset, batch_size, device)
        return None if whole is None else ChosenSamples(whole, dataset.indices)
    return None


def _of_dataset(
    dataset: Any, collate: Callable[..., Any], batch_size: int | None, device: torch.device | None
) -> Samples:
    name = type(dataset).__name__
    if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__getitem__"):
        raise ModelError(f"data is {_named(dataset)}{_hint(dataset)}; allowed are {_FORMS}")
    try:
        length = len(dataset)
    except TypeError as error:
        raise ModelError(f"the {name} has no length: give it a method __len__") from error
    samples = ReadSamples(dataset, collate, batch_size=batch_size, device=device)
    _with_samples(samples)
    with undisturbed():
        asked = torch.arange(min(_ASKED_TWICE, length)) * length // min(_ASKED_TWICE, length)
        first, again = samples.take(asked), samples.take(asked)
        _same(first, again, asked, name)
        if _bytes(first) / len(asked) * length <= HELD:
            return _read(samples) or samples
    return samples


def _same(first: Batch, again: Batch, asked: Tensor, name: str) -> None:
    """Raise a ModelError if batches of the same items differ."""
    for (place, one), (_, other) in zip(leaves(first), leaves(again), strict=False):
        if one.shape == other.shape:
            differ = (one != other) & ~((one != one) & (other != other))
            if not differ.any():
                continue
            sample = int(asked[differ.cpu().reshape(len(asked), -1).any(1).nonzero()[0]])
            place = f"sample {sample} of {place}"
        raise ModelError(
            f"{place} differs when the {name} is asked for it twice: random augmentation has no "
            "place in the loss of fixed data; leave it out, or keep what it gave once as tensors"
        )


def _read(samples: ReadSamples) -> TensorSamples | None:
    """Return the samples as tensors; None if batches differ in shape or type."""
    length = len(samples)
    parts: Batch | None = None
    for start in range(0, length, _READ):
        batch = samples.between(start, start + _READ)
        if parts is None:
            parts = _mapped(lambda tensor: tensor.new_empty((length, *tensor.shape[1:])), batch)
        into, new = list(leaves(parts)), list(leaves(batch))
        if [place for place, _ in into] != [place for place, _ in new]:
            return None
        for (_, whole), (_, part) in zip(into, new, strict=True):
            if whole.shape[1:] != part.shape[1:] or whole.dtype != part.dtype:
                return None
            whole[start : start + len(part)] = part
    return TensorSamples(parts or (), batch_size=samples.batch_size)


def _with_samples(samples: Any) -> Any:
    if len(samples) == 0:
        raise ModelError("data hold no samples")
    return samples


def _parts(data: Any) -> Batch:
    """Return data or a collated batch as tensors, and tuples and dicts of them."""
    if isinstance(data, tuple | list):
        if not data:
            raise ModelError("data are empty: () is for a function that needs none, with samples=")
        return tuple(_part(part, f"part {number}") for number, part in enumerate(data))
    return (_part(data, "part 0"),)


def _part(part: Any, place: str) -> Any:
    if isinstance(part, Tensor):
        return _tensor(part, place)
    if isinstance(part, np.ndarray):
        return _tensor(_from_numpy(part, place), place)
    if isinstance(part, Mapping) and part:
        return {key: _part(value, f"{place}[{key!r}]") for key, value in part.items()}
    if isinstance(part, tuple | list) and part:
        return tuple(_part(value, f"{place}[{number}]") for number, value in enumerate(part))
    raise ModelError(
        f"{place} of the data is {_named(part)}{_hint(part)}; each part is a tensor or array with "
        "the samples along its first axis, or a tuple or dict of them"
    )


def _tensor(tensor: Tensor, place: str) -> Tensor:
    if tensor.layout != torch.strided or tensor.is_nested:
        kind = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.")
        raise ModelError(f"{place} of the data is a {kind} tensor; a dense one is allowed")
    if tensor.device.type == "meta":
        raise ModelError(f"{place} of the data is on the meta device, where it has no values")
    if tensor.ndim == 0:
        raise ModelError(
            f"{place} of the data is one number, without an axis of samples; what is the same for "
            "all samples belongs into the loss, and a list of single samples into a DataLoader"
        )
    if tensor.is_inference():
        with torch.inference_mode(False):
            return tensor.clone()  # what is made in inference mode cannot be differentiated by
    return tensor.detach()


def _from_numpy(array: np.ndarray, place: str) -> Tensor:
    if isinstance(array, np.ma.MaskedArray):
        raise ModelError(
            f"{place} of the data is a masked array; fill it, or hand the mask to the loss"
        )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if any(stride < 0 for stride in array.strides):
        array = array.copy()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
            return torch.from_numpy(array)
    except TypeError as error:
        raise ModelError(
            f"{place} of the data is an array of {array.dtype}; allowed are numbers and bools"
        ) from error


def _same_lengths(parts: Batch) -> None:
    found = list(leaves(parts))
    lengths = {len(tensor) for _, tensor in found}
    if len(lengths) > 1:
        place, first = found[0]
        other, tensor = next(one for one in found if len(one[1]) != len(first))
        raise ModelError(
            f"data differ in their number of samples: {sorted(lengths)} ({len(first)} in {place}, "
            f"{len(tensor)} in {other}); sequences of several lengths are padded to one "
            "(torch.nn.utils.rnn.pad_sequence), a list of single samples goes into a DataLoader"
        )


def _has_items(data: Any) -> bool:
    """Whether it gives items by number as a Dataset does, without being called one."""
    other = isinstance(data, str | bytes | range | type | torch.nn.Module)
    items = hasattr(data, "__getitem__") and hasattr(data, "__len__")
    return items and not other and not hasattr(data, "__array__")


def _named(value: Any) -> str:
    if value is None or isinstance(value, str | bytes | int | float | complex):
        return word(repr(value))
    if isinstance(value, tuple | list | Mapping) and not value:
        return f"an empty {type(value).__name__}"
    return f"a {type(value).__name__}"


def _hint(value: Any) -> str:
    if isinstance(value, IterableDataset | Iterator):
        return ", which cannot be asked for a sample by number: read it into tensors first"
    if isinstance(value, Dataset | DataLoader):
        return ": hand it over alone, its items hold inputs and targets"
    if hasattr(value, "__array__"):
        return ": hand over numpy.asarray of its columns"
    if isinstance(value, int | float):
        return ": lists of numbers go through torch.tensor, lists of single samples a DataLoader"
    return ""


def _mapped(function: Callable[[Tensor], Tensor], tree: Any) -> Any:
    if isinstance(tree, Tensor):
        return function(tree)
    if isinstance(tree, dict):
        return {key: _mapped(function, value) for key, value in tree.items()}
    return tuple(_mapped(function, value) for value in tree)


def _moved(batch: Batch, device: torch.device | None) -> Batch:
    return batch if device is None else _mapped(lambda tensor: tensor.to(device), batch)


def _bytes(batch: Batch) -> int:
    return sum(tensor.nelement() * tensor.element_size() for _, tensor in leaves(batch))


def _finite(tensor: Tensor) -> bool:
    """Whether all values are; without a temporary as large as the tensor."""
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    if not tensor.is_floating_point() or tensor.nelement() == 0:
        return True
    return all(value.isfinite().item() for value in torch.aminmax(tensor))


def _type(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
