"""Generated candidates that are not trusted: made otherwise, damaged, or in the way."""

import pytest
from helpers.candidate_sources import Counting, kept, run, split

from emograin.common.errors import EmograinError


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    run(folder)
    return kept(folder).read_bytes()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmograinError, match="cannot (write|read)"):
        run(tmp_path / "file")
    kept(tmp_path).mkdir()
    with pytest.raises(EmograinError, match="cannot read .*Is a directory"):
        run(tmp_path)


def test_a_model_that_cannot_be_loaded_leaves_no_file(tmp_path):
    def fail():
        raise EmograinError("no such model")

    with pytest.raises(EmograinError, match="no such model"):
        run(tmp_path, fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [6, 11])  # unfinished, finished
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "n"}, "model: 'm' there, 'n' now"),
        ({"count": 3}, "count: 2 there, 3 now"),
        ({"beams": 7}, "beams: None there, 7 now"),
        ({"documents": split([f"document é {at}" for at in range(9)])}, "documents: '[0-9a-f]+' there"),
        ({"documents": split([f"document é {at}" for at in reversed(range(10))])}, "documents: "),
        ({"documents": split([f"document é {at}" for at in range(10)], [f"x{at}" for at in range(10)])}, "documents: "),
    ],
)
def test_a_file_of_other_settings_or_documents_is_not_trusted(tmp_path, uninterrupted, end, change, message):
    before = b"".join(uninterrupted.splitlines(keepends=True)[:end])
    kept(tmp_path).write_bytes(before)
    with pytest.raises(EmograinError, match=f"was made otherwise: {message}.*delete it, or choose another folder"):
        run(tmp_path, **change)
    assert kept(tmp_path).read_bytes() == before


def test_an_unfinished_file_is_not_continued_with_another_model_while_a_finished_one_stands(tmp_path, uninterrupted):
    other = Counting({"version": 2}, [])
    kept(tmp_path).write_bytes(uninterrupted)
    assert run(tmp_path, other).facts["made_with"] == {"version": 1}
    kept(tmp_path).write_bytes(b"".join(uninterrupted.splitlines(keepends=True)[:6]))
    with pytest.raises(EmograinError, match="was made otherwise: version: 1 there, 2 now"):
        run(tmp_path, other)
    assert other.batches == []


def spoilt(content, line, change):
    lines = content.split(b"\n")
    lines[line] = change(lines[line])
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda content: spoilt(content, 3, lambda _: b"junk"), 4),
        (lambda content: spoilt(content, 3, lambda _: b""), 4),
        (lambda content: spoilt(content, 3, lambda _: b"[1]"), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace("é".encode(), b"\xff")), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b"document", b"Document", 1)), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b't2"', b't3"')), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b', "second"', b"")), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b'"second"', b"2")), 4),
        (lambda content: spoilt(content, 3, lambda old: old.replace(b'"candidates"', b'"texts"')), 4),
        (lambda content: content + content.split(b"\n")[1] + b"\n", 12),
        (lambda content: spoilt(content, 0, lambda _: b"junk"), 1),
        (lambda content: b"", 1),  # noqa: ARG005
        (lambda content: content[:20], 1),
        (lambda content: content.split(b"\n", 1)[1], 1),
    ],
)
def test_a_damaged_file_is_refused_with_the_line(tmp_path, uninterrupted, spoil, line):
    before = spoil(uninterrupted)
    kept(tmp_path).write_bytes(before)
    with pytest.raises(EmograinError, match=f"damaged at line {line}: .*delete it to generate again"):
        run(tmp_path)
    assert kept(tmp_path).read_bytes() == before
