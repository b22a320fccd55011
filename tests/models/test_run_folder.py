"""The run folder: its files, and errors that name them."""

import json

import numpy as np
import pytest

from emograin.common.errors import EmograinError
from emograin.models.run_folder import RunFolder


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(EmograinError, match=r"cannot write .*run\.json"):
        RunFolder(tmp_path / "run").write_json("run.json", {})


def test_scores_are_read_back_unchanged(tmp_path):
    run, random = RunFolder(tmp_path), np.random.default_rng(0)
    labels, scores = random.integers(0, 2, (5, 3)), random.random((5, 3)).astype(np.float32)
    ids = ["a", "ü", "", "longer id", "e"]
    run.write_scores("dev", ids, labels, scores)
    got = run.read_scores("dev")
    assert got[0] == ids
    assert (got[1] == labels).all()
    assert (got[2] == scores).all()
    assert got[2].dtype == np.float32


@pytest.mark.parametrize("length", [0, 30, 0.5, 0.99])
def test_truncated_scores_are_an_error_that_names_the_file(tmp_path, length):
    run = RunFolder(tmp_path)
    path = run.write_scores("dev", ["a"] * 50, np.ones((50, 3)), np.random.default_rng(0).random((50, 3)))
    content = path.read_bytes()
    path.write_bytes(content[: length if isinstance(length, int) else int(length * len(content))])
    with pytest.raises(EmograinError, match=r"cannot read .*dev\.npz"):
        run.read_scores("dev")


def test_pickles_are_not_loaded(tmp_path):
    path = tmp_path / "scores" / "dev.npz"
    path.parent.mkdir()
    np.savez(path, ids=np.array([{"any": "object"}], dtype=object), labels=np.ones((1, 1)), scores=np.ones((1, 1)))
    with pytest.raises(EmograinError, match=r"cannot read .*dev\.npz"):
        RunFolder(tmp_path).read_scores("dev")


def test_errors_for_missing_scores_and_files_say_which_command_writes_them(tmp_path):
    run = RunFolder(tmp_path)
    with pytest.raises(EmograinError, match=r"has no scores of 'test' \(emograin evaluate"):
        run.read_scores("test")
    with pytest.raises(EmograinError, match=r"has no thresholds\.json.*--resume"):
        run.read_json("thresholds.json")


@pytest.mark.parametrize("content", [b"{", b"\xff"])
def test_the_error_for_a_damaged_json_file_names_it(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(EmograinError, match=r"cannot read .*run\.json"):
        RunFolder(tmp_path).require()


def test_a_folder_without_a_run_and_a_run_of_another_format_are_errors(tmp_path):
    with pytest.raises(EmograinError, match=r"is not a run folder.*emograin train"):
        RunFolder(tmp_path).require()
    (tmp_path / "run.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(EmograinError, match="is a run of format 99, expected 1"):
        RunFolder(tmp_path).require()
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(EmograinError, match="is a run of format None, expected 1"):
        RunFolder(tmp_path).require()


def test_the_curve_has_a_header_and_one_line_per_row(tmp_path):
    run = RunFolder(tmp_path)
    run.write_curve([{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}])
    assert run.curve.read_text() == "step,loss\n1,0.5\n2,0.25\n"
