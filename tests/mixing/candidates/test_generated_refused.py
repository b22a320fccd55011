"""Files of generated candidates that are refused: of other settings, damaged, or not writable."""

import pytest
from helpers.candidate_sources import RecordingGenerator, cache_path, generate, split

from emograin.common.errors import EmograinError


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    generate(folder)
    return cache_path(folder).read_bytes()


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmograinError, match="cannot (write|read)"):
        generate(tmp_path / "file")
    cache_path(tmp_path).mkdir()
    with pytest.raises(EmograinError, match="cannot read .*Is a directory"):
        generate(tmp_path)


def test_a_model_that_cannot_be_loaded_leaves_no_file(tmp_path):
    def fail():
        raise EmograinError("no such model")

    with pytest.raises(EmograinError, match="no such model"):
        generate(tmp_path, fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [6, 11])  # partial, complete
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "n"}, "model: 'm' in the file, 'n' now"),
        ({"top": 3}, "top: 2 in the file, 3 now"),
        ({"beams": 7}, "beams: None in the file, 7 now"),
        ({"documents": split([f"document é {at}" for at in range(9)])}, "documents: '[0-9a-f]+' in the file"),
        ({"documents": split([f"document é {at}" for at in reversed(range(10))])}, "documents: "),
        ({"documents": split([f"document é {at}" for at in range(10)], [f"x{at}" for at in range(10)])}, "documents: "),
    ],
)
def test_a_file_of_other_settings_or_documents_is_refused(tmp_path, uninterrupted, end, change, message):
    before = b"".join(uninterrupted.splitlines(keepends=True)[:end])
    cache_path(tmp_path).write_bytes(before)
    with pytest.raises(EmograinError, match=f"does not match: {message}.*delete it, or choose another folder"):
        generate(tmp_path, **change)
    assert cache_path(tmp_path).read_bytes() == before


def test_a_partial_file_is_not_resumed_with_another_model_but_a_complete_one_is_read(tmp_path, uninterrupted):
    other = RecordingGenerator({"version": 2}, [])
    cache_path(tmp_path).write_bytes(uninterrupted)
    assert generate(tmp_path, other).metadata["made_with"] == {"version": 1}
    cache_path(tmp_path).write_bytes(b"".join(uninterrupted.splitlines(keepends=True)[:6]))
    with pytest.raises(EmograinError, match="does not match: version: 1 in the file, 2 now"):
        generate(tmp_path, other)
    assert other.batches == []


def with_line(content, line, change):
    lines = content.split(b"\n")
    lines[line] = change(lines[line])
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda content: with_line(content, 3, lambda _: b"junk"), 4),
        (lambda content: with_line(content, 3, lambda _: b""), 4),
        (lambda content: with_line(content, 3, lambda _: b"[1]"), 4),
        (lambda content: with_line(content, 3, lambda old: old.replace("é".encode(), b"\xff")), 4),
        (lambda content: with_line(content, 3, lambda old: old.replace(b"document", b"Document", 1)), 4),
        (lambda content: with_line(content, 3, lambda old: old.replace(b't2"', b't3"')), 4),
        (lambda content: with_line(content, 3, lambda old: old.replace(b', "second"', b"")), 4),
        (lambda content: with_line(content, 3, lambda old: old.replace(b'"second"', b"2")), 4),
        (lambda content: with_line(content, 3, lambda old: old.replace(b'"candidates"', b'"texts"')), 4),
        (lambda content: content + content.split(b"\n")[1] + b"\n", 12),
        (lambda content: with_line(content, 0, lambda _: b"junk"), 1),
        (lambda content: b"", 1),  # noqa: ARG005
        (lambda content: content[:20], 1),
        (lambda content: content.split(b"\n", 1)[1], 1),
    ],
)
def test_a_damaged_file_is_refused_with_the_line(tmp_path, uninterrupted, spoil, line):
    before = spoil(uninterrupted)
    cache_path(tmp_path).write_bytes(before)
    with pytest.raises(EmograinError, match=f"damaged at line {line}: .*delete it to generate again"):
        generate(tmp_path)
    assert cache_path(tmp_path).read_bytes() == before
