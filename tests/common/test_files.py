"""Atomic writing: a file is complete or unchanged, and no temporary file stays."""

import pytest

from emograin.common.errors import EmograinError
from emograin.common.files import write_atomically, writing

ERRORS = [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError("a bug")]


def fail_while_writing(path, error):
    with writing(path) as part:
        part.write_text("half")
        raise error


def test_a_file_and_its_folders_are_created(tmp_path):
    path = write_atomically(tmp_path / "a" / "b.txt", lambda part: part.write_text("new"))
    assert path.read_text() == "new"
    assert [each.name for each in path.parent.iterdir()] == ["b.txt"]


def test_a_private_file_stays_private(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o600)
    modes = []

    def write(part):
        modes.append(part.stat().st_mode & 0o777)
        part.write_text("new")

    write_atomically(path, write)
    assert (path.read_text(), path.stat().st_mode & 0o777, modes) == ("new", 0o600, [0o600])


@pytest.mark.parametrize("error", ERRORS)
def test_a_failed_write_leaves_the_old_content(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")

    def write(part):
        part.write_text("half")
        raise error

    expected = EmograinError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as caught:
        write_atomically(path, write)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    if expected is EmograinError:
        hint = "the previous content is unchanged; free disk space"
        assert str(caught.value) == f"cannot write {str(path)!r}: No space left on device ({hint})"


def test_a_full_disk_at_the_first_write_promises_no_previous_content(tmp_path):
    def write(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(EmograinError, match=r"No space left on device \(free disk space\)$"):
        write_atomically(tmp_path / "file", write)


def test_a_file_appears_when_its_block_ends(tmp_path):
    path = tmp_path / "file"
    with writing(path) as part:
        part.write_text("new")
        assert part.parent == tmp_path
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", ERRORS)
def test_a_failed_block_leaves_the_old_content(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(type(error)):
        fail_while_writing(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
