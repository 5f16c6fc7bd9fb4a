"""Which device a job takes, on machines that have a GPU, a driver, a package, or none of them."""

import ctypes
from types import SimpleNamespace

import pytest

from lgi import devices, engines, jobs
from lgi.errors import ConfigError


class Driver:
    """What lgi asks of NVIDIA's driver."""

    def __init__(self, cards, error=0):
        self.cards, self.error = cards, error

    def cuInit(self, flags):
        return self.error

    def cuDeviceGetCount(self, count):
        count._obj.value = len(self.cards)
        return 0

    def cuDeviceGet(self, device, number):
        return 0

    def cuDeviceGetName(self, name, length, device):
        name.value = self.cards[0].encode()
        return 0


@pytest.fixture
def machine(monkeypatch):
    """Return a function that pretends a machine."""

    def pretend(driver=None, installed=True):
        def load(name):
            if driver is None:
                raise OSError(name)
            return driver

        def version(package):
            if not installed:
                raise devices.PackageNotFoundError(package)
            return "0.30.4"

        monkeypatch.setattr(devices, "SIMULATED", False)
        monkeypatch.setattr(devices, "version", version)
        monkeypatch.setattr(devices, "ctypes", SimpleNamespace(**vars(ctypes) | {"CDLL": load}))
        devices._asked.cache_clear()

    yield pretend
    devices._asked.cache_clear()


CARD = "NVIDIA H100"


def test_auto_takes_a_gpu_where_there_is_one_and_says_so(machine):
    machine(Driver([CARD]))
    assert devices.choose("auto") == ("cuda", f"device: cuda ({CARD})")
    assert devices.choose("cuda") == devices.choose("auto")
    assert devices.choose("cpu") == ("cpu", "device: cpu")


LACKS = {
    "package": ({"driver": Driver([CARD]), "installed": False}, "the package numba-cuda is not"),
    "driver": ({}, "no driver of NVIDIA (libcuda.so.1 cannot be loaded)"),
    "card": ({"driver": Driver([])}, "knows none, CUDA_VISIBLE_DEVICES is ''"),
    "answer": ({"driver": Driver([], 100)}, "error 100, CUDA_VISIBLE_DEVICES is ''"),
}


@pytest.mark.parametrize("lacking", LACKS)
def test_without_a_gpu_auto_says_why_and_cuda_is_refused(machine, monkeypatch, lacking):
    pretended, said = LACKS[lacking]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    machine(**pretended)
    device, line = devices.choose("auto")
    assert device == "cpu"
    assert line.startswith("device: cpu (")
    assert said in line
    with pytest.raises(ConfigError, match=r"^device: cuda: .*; run it where there is one") as error:
        devices.choose("cuda")
    assert said in str(error.value)


def test_a_job_works_on_the_device_that_this_machine_has(machine, capsys):
    both = {name: engines.Engine("numba", name, "lgi.devices:missing") for name in ("cpu", "cuda")}
    for driver, device in ((Driver([CARD]), "cuda"), (None, "cpu")):
        machine(driver)
        with jobs.device_in_use(SimpleNamespace(config={"device": "auto"})):
            assert engines.chosen(both).device == device
        assert engines.chosen(both).device == "cpu"
        assert capsys.readouterr().out.startswith(f"device: {device} (")


def test_the_simulator_is_a_gpu(monkeypatch):
    monkeypatch.setattr(devices, "SIMULATED", True)
    assert devices.choose("auto") == ("cuda", "device: cuda (simulator)")
