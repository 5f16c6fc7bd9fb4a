"""Compiled code is kept where it can be written, and what cannot be written is told."""

import pytest

from lgi import cache
from tests.disks import small_disk


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder of Snakemake, and a home of one's own."""
    work = tmp_path / "work"
    (work / ".snakemake").mkdir(parents=True)
    monkeypatch.chdir(work)
    for name in (cache.VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_variable_comes_before_the_users_cache_before_the_home(folder, monkeypatch):
    assert cache.cache_folder() == (folder / "home" / ".cache" / "lgi", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "mine"))
    assert cache.cache_folder() == (folder / "mine" / "lgi", "")
    monkeypatch.setenv(cache.VARIABLE, str(folder / "named"))
    assert cache.cache_folder() == (folder / "named", "")


def test_a_folder_that_cannot_be_written_is_told_once_and_replaced(folder, monkeypatch):
    (folder / "file").touch()
    monkeypatch.setenv(cache.VARIABLE, str(folder / "file"))
    kept = folder / "work" / ".snakemake" / "lgi"
    assert cache.settle() == (
        f"{folder}/file: compiled code cannot be kept there (File exists); it is kept in {kept}"
    )
    assert cache.cache_folder() == (kept, "")  # as the jobs of this process find it


def test_a_home_that_is_no_folder(folder, monkeypatch):
    (folder / "home").touch()
    where, said = cache.cache_folder()
    assert where == folder / "work" / ".snakemake" / "lgi"
    assert said.startswith(f"{folder}/home/.cache/lgi: compiled code cannot be kept there (")
    # A user whom the machine does not know, as in containers.
    monkeypatch.setattr(cache.os.path, "expanduser", lambda path: path)
    assert "there is no home folder" in cache.cache_folder()[1]


def test_nowhere_to_keep_it(folder, monkeypatch):
    (folder / "file").touch()
    monkeypatch.setenv(cache.VARIABLE, str(folder / "file"))
    (folder / "work" / ".snakemake").rmdir()
    assert cache.settle().endswith("(File exists); each job compiles what it needs anew")
    assert cache.cache_folder() == (None, "")


def test_a_full_disk_and_one_that_is_read_only(folder, monkeypatch):
    with small_disk(folder / "disk", 100) as disk:
        monkeypatch.setenv(cache.VARIABLE, str(disk.folder / "lgi"))
        disk.fill(8192)
        assert "(No space left on device); it is kept in" in cache.cache_folder()[1]
        disk.clear()
        disk.remount("ro")
        assert "(Read-only file system); it is kept in" in cache.cache_folder()[1]
