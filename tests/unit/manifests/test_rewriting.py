"""Files are replaced in one step, by one process at a time, and a killed one is in nobody's way."""

from __future__ import annotations

import fcntl
import os

import pytest

from reconciler.manifests.rewriting import ChangedOnDisk, replace_file


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def only(file):
    return [p.name for p in file.parent.iterdir()] == [file.name]


def test_a_file_is_replaced_with_its_mode_and_nothing_is_left_beside(file):
    replace_file(str(file), b"old", b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777, only(file)) == (b"new", 0o640, True)


def test_what_a_killed_process_left_is_taken_over(file):
    (file.parent / "a.yaml.reconcile.tmp").write_bytes(b"half of something that was longer")
    replace_file(str(file), b"old", b"new")
    assert (file.read_bytes(), only(file)) == (b"new", True)


def test_while_another_process_writes_the_file_it_is_left_alone(file):
    with open(file.parent / "a.yaml.reconcile.tmp", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ChangedOnDisk):
            replace_file(str(file), b"old", b"new")
    assert file.read_bytes() == b"old"


def test_a_file_that_says_the_new_text_already_is_no_conflict(file):
    file.write_bytes(b"new")
    replace_file(str(file), b"old", b"new")
    assert (file.read_bytes(), only(file)) == (b"new", True)


@pytest.mark.parametrize("there", [b"mine", None])
def test_a_file_that_changed_or_went_is_not_touched_and_nothing_is_left_beside(file, there):
    file.unlink() if there is None else file.write_bytes(there)
    with pytest.raises((ChangedOnDisk, FileNotFoundError)):
        replace_file(str(file), b"old", b"new")
    assert [p.read_bytes() for p in file.parent.iterdir()] == ([] if there is None else [there])


def test_a_link_beside_the_file_is_not_followed(file, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "precious"
    other.write_bytes(b"precious")
    os.symlink(other, file.parent / "a.yaml.reconcile.tmp")
    with pytest.raises(OSError, match="symbolic"):
        replace_file(str(file), b"old", b"new")
    assert (other.read_bytes(), file.read_bytes()) == (b"precious", b"old")
