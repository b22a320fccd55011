"""Folders of files, predicted by one process and by two Ray workers: the same rows, whatever is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from emograin.cli.app import main
from emograin.common.errors import EmograinError
from emograin.data.tabular.reader import read_rows
from emograin.prediction.engines import predict_files
from emograin.prediction.file_jobs import FileJob, find_jobs
from emograin.prediction.folder import SCRATCH, FileSettings, predict_file
from emograin.prediction.folder_description import NAME as DESCRIPTION
from emograin.prediction.predictor import load

ray_is_there = find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not ray_is_there, reason="Ray is not installed: pip install 'emograin[scale]'")
SETTINGS = FileSettings(None, "per-label")
TEXTS = ["so glad you came", "what do you mean?", "they cancelled it, I am furious", "the shop opens at nine", "né", ""]


def write_folder(folder: Path, rows: int) -> Path:
    """Write files of every format, in two folders, with rows that cannot be read; and one that is not a table."""
    (folder / "more" / "deep").mkdir(parents=True)
    texts = [f"{TEXTS[at % len(TEXTS)]} {at % 7}" * (at % len(TEXTS) != 5) for at in range(rows)]
    lines = [json.dumps({"id": at, "text": text}) for at, text in enumerate(texts)]
    (folder / "a.jsonl").write_text("\n".join([*lines, "not JSON", '{"id": 1}']) + "\n")
    (folder / "more" / "a.csv").write_text(
        "id,text\n" + "".join(f"{at},{text}\n" for at, text in enumerate(texts)) + "1,2,3\n"
    )
    (folder / "more" / "deep" / "b.tsv").write_bytes(b"text\n" + "\n".join(texts).encode() + b"\n\xff bad\n")
    (folder / "c.txt").write_text("\n".join(texts) + "\n")
    (folder / "empty.jsonl").write_text("")
    (folder / "notes.md").write_text("no table")
    (folder / ".hidden.csv").write_text("text\nx\n")
    parquet, arrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    parquet.write_table(arrow.table({"n": range(rows), "text": texts}), folder / "more" / "d.parquet")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder and its subfolders, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("scale") / "in", 60)


@pytest.fixture(scope="module")
def expected(source) -> dict[str, bytes]:
    """The output of one process."""
    output = source.parent / "by-one-process"
    predict_files([source], output, SETTINGS)
    return content(output)


def rows_of(files: dict[str, bytes], folder: Path, name: str) -> list[dict]:
    (folder / Path(name).name).write_bytes(files[name])
    return [row.fields for row in read_rows(folder / Path(name).name)]


def test_every_table_of_a_folder_comes_out_under_its_name_with_all_its_rows(source, expected, tmp_path):
    tables = {"a.jsonl", "c.jsonl", "empty.jsonl", "more/a.csv", "more/d.parquet", "more/deep/b.tsv"}
    assert set(expected) == tables | {DESCRIPTION}
    found = {name: rows_of(expected, tmp_path, name) for name in tables}
    assert [len(found[name]) for name in sorted(found)] == [62, 60, 0, 61, 60, 61]
    assert [row["id"] for row in found["a.jsonl"][:60]] == list(range(60))
    assert found["a.jsonl"][0]["labels"] == ["joy"]
    assert "not a JSON object" in found["a.jsonl"][60]["error"]
    assert "3 cells, expected 2" in found["more/a.csv"][60]["error"]
    assert found["more/d.parquet"][5]["error"] == "the text is empty"
    assert "not valid UTF-8" in found["more/deep/b.tsv"][60]["note"]
    single = tmp_path / "single.csv"
    assert main(["predict", "--input", str(source / "more" / "a.csv"), "--output", str(single)]) == 0
    assert single.read_bytes() == expected["more/a.csv"]


def test_formats_names_and_folders_that_do_not_fit_are_refused(source, tmp_path):
    output = tmp_path / "out"
    targets = [job.target.relative_to(output).as_posix() for job in find_jobs([source], output, "csv")]
    assert sorted(targets) == ["a.csv", "c.csv", "empty.csv", "more/a.csv", "more/d.csv", "more/deep/b.csv"]
    one, other = source / "a.jsonl", source / "more" / "a.csv"
    assert [job.target.name for job in find_jobs([one, other], output)] == ["a.jsonl", "a.csv"]
    with pytest.raises(EmograinError, match="would both be written to"):
        find_jobs([one, other], output, "jsonl")
    with pytest.raises(EmograinError, match="is inside the input"):
        find_jobs([source], source / "more" / "out")
    with pytest.raises(EmograinError, match="files are written as csv, tsv, jsonl, parquet, got --format text"):
        find_jobs([source], output, "text")
    with pytest.raises(EmograinError, match="several files need an output folder"):
        find_jobs([one, other], one)
    with pytest.raises(EmograinError, match=r"no such file or folder: .*nowhere"):
        find_jobs([one, tmp_path / "nowhere"], output)
    (tmp_path / "none").mkdir()
    with pytest.raises(EmograinError, match="no tables in"):
        find_jobs([tmp_path / "none"], output)


def test_links_to_folders_are_followed_but_not_in_a_circle(tmp_path):
    folder, other = tmp_path / "in", tmp_path / "other"
    for each in (folder / "sub", other):
        each.mkdir(parents=True)
        (each / "b.txt.GZ").write_bytes(b"")
        (each / ".hidden").mkdir()
        (each / ".hidden" / "c.txt").write_text("x\n")
    (folder / "link").symlink_to(other)
    (folder / "again").symlink_to(other)
    (other / "back").symlink_to(folder)
    (folder / "sub" / "up").symlink_to(folder)
    found = [job.source.relative_to(folder).as_posix() for job in find_jobs([folder], tmp_path / "out")]
    assert found == ["again/b.txt.GZ", "link/b.txt.GZ", "sub/b.txt.GZ"]


def test_a_subfolder_that_cannot_be_read_is_an_error(source, tmp_path, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "more":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read every folder
    with pytest.raises(EmograinError, match=r"cannot read the folder .*more.: Permission denied"):
        find_jobs([source], tmp_path / "out")


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_done(source, tmp_path, capsys):
    folder = tmp_path / "in"
    shutil.copytree(source, folder)
    (folder / "a.csv").write_text("id,words\n1,x\n")
    assert main(["predict", "--input", str(folder), "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "1 of 7 files could not be predicted" in error
    assert "unknown column 'text'" in error
    assert len(content(tmp_path / "out")) == 6 + 1


def test_resume_skips_existing_outputs_and_a_killed_process_leaves_complete_files_only(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for at in range(30):
        (folder / f"{at:02}.csv").write_text("text\n" + "".join(f"{text} {at}\n" for text in TEXTS[:5] * 20))
    predict_files([folder], tmp_path / "whole", SETTINGS)
    whole = content(tmp_path / "whole")
    command = [sys.executable, "-m", "emograin", "predict", "--input", str(folder), "--output", str(output)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: len(list(output.glob("*.csv"))) >= 3)
        process.kill()
    leftovers = (SCRATCH, ".lock")  # of the killed process; the next writer removes them
    kept = {name: data for name, data in content(output).items() if not name.startswith(leftovers)}
    assert 3 <= len(kept) < 30
    assert kept.items() <= whole.items()
    marked = sorted(kept)[-1]
    (output / marked).write_bytes(b"left alone")
    predict_files([folder], output, SETTINGS, resume=True)
    assert content(output) == whole | {marked: b"left alone"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"policy": "fixed"}, "written with another thresholds"),
        ({"group": "ekman"}, "written with another model"),
        ({"all_scores": True}, "written with another all_scores"),
        ({"column": "words"}, "written with another column"),
    ],
)
def test_a_folder_of_another_model_or_other_options_is_not_resumed(tmp_path, changes, said):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("text,words\nso glad,furious\n")
    predict_files([folder], output, SETTINGS)
    (output / "b.csv").unlink()
    before = content(output)
    with pytest.raises(EmograinError, match=said):
        predict_files([folder], output, replace(SETTINGS, **changes), resume=True)
    assert content(output) == before
    (output / DESCRIPTION).unlink()
    with pytest.raises(EmograinError, match="nothing says which model wrote"):
        predict_files([folder], output, SETTINGS, resume=True)


def test_outputs_from_before_a_command_are_not_taken_for_its_own_when_it_resumes(tmp_path, capsys):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text("text\nso glad\n")
    predict_files([folder], output, replace(SETTINGS, all_scores=True))
    predict_files([folder / "a.csv"], output, SETTINGS)  # stands for a command that was killed after its first file
    capsys.readouterr()
    predict_files([folder], output, SETTINGS, resume=True)
    assert "1 file is already done" in capsys.readouterr().err
    predict_files([folder], tmp_path / "anew", SETTINGS)
    assert all((output / name).read_bytes() == (tmp_path / "anew" / name).read_bytes() for name in ("a.csv", "b.csv"))


def test_a_file_on_which_processes_crash_is_skipped(source, tmp_path):
    job = FileJob(source / "a.jsonl", tmp_path / "out.jsonl")
    for name in ("one", "two", "three"):  # what a killed process leaves
        assert predict_file(load(), job, SETTINGS, tmp_path / "fine" / name).rows == 62
        (tmp_path / "attempts" / name).mkdir(parents=True)
    job.target.unlink()
    outcome = predict_file(load(), job, SETTINGS, tmp_path / "attempts")
    assert "3 processes crashed on this file" in outcome.problem
    assert not job.target.exists()


def test_what_is_wrong_with_the_engine_is_one_line(source, tmp_path, capsys, monkeypatch):
    def error_of(*options: str) -> str:
        assert main(["predict", "--input", str(source), "--output", str(tmp_path / "out"), *options]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    assert "--engine ray" in error_of("--workers", "2")
    assert "neither an exported model" in error_of("--model", str(tmp_path))
    assert main(["predict", "--input", str(source), "--engine", "ray"]) == 2
    assert "an output folder is required for several files or --engine (--output FOLDER)" in capsys.readouterr().err
    assert main(["predict", "a text", "--engine", "ray"]) == 2
    assert "--input FOLDER" in capsys.readouterr().err
    if ray_is_there:
        assert "no cluster answers at 127.0.0.1:9" in error_of("--engine", "ray", "--address", "127.0.0.1:9")
        assert "expected the address HOST:PORT" in error_of("--engine", "ray", "--address", "somewhere")
        assert "expected at least 1 worker, got 0" in error_of("--engine", "ray", "--workers", "0")
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "pip install 'emograin[scale]'" in error_of("--engine", "ray")
    assert not (tmp_path / "out").exists()


@needs_ray
def test_two_workers_write_what_one_process_writes(source, expected, tmp_path, capfd, monkeypatch):
    output = tmp_path / "out"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["predict", "--input", str(source), "--output", str(output), "--engine", "ray", "--workers", "2"]) == 0
    assert content(output) == expected
    assert "6 files, 304 rows: 63 with an error, 1 with a note" in capfd.readouterr().err
    assert not descendants("ray")
    assert not (tmp_path / ".ray").exists()  # no key of the workers is left in the home


@needs_ray
def test_a_worker_that_is_killed_loses_and_doubles_nothing(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for at in range(6):
        rows = [json.dumps({"id": f"{at}-{row}", "text": f"{text} {row}"}) for row in range(400) for text in TEXTS[:4]]
        (folder / f"{at}.jsonl").write_text("\n".join(rows))
    predict_files([folder], tmp_path / "whole", SETTINGS)
    killed: list[list[str]] = []

    def kill_one() -> None:
        """Stop both workers where each is in the middle of a file, kill one, let the other go on."""
        while not killed:
            wait_until(lambda: len(attempts(output)) == 2)
            workers = descendants("ray::", "FileWorker")
            for pid in workers:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(0.05)
            if len(workers) == 2 and len(attempts(output)) == 2:
                killed.append(attempts(output))
                os.kill(workers[0], signal.SIGKILL)
            for pid in workers[len(killed) :]:
                os.kill(pid, signal.SIGCONT)

    killer = Thread(target=kill_one, daemon=True)
    killer.start()
    predict_files([folder], output, SETTINGS, "ray", 2)
    killer.join(1)
    assert killed
    assert len(killed[0]) == 2
    assert content(output) == content(tmp_path / "whole")
    assert not descendants("ray")


def attempts(output: Path) -> list[str]:
    """Return the partial outputs of workers."""
    return [str(path) for path in output.glob(f"{SCRATCH}*/*/*")]


def descendants(*words: str) -> list[int]:
    """Return descendant processes whose command line has all the words (Linux)."""
    parents, lines = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            lines[int(folder.name)] = (folder / "cmdline").read_text()
        except OSError:
            continue

    def ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and ours(parents[pid]))

    return [pid for pid in lines if pid != os.getpid() and ours(pid) and all(word in lines[pid] for word in words)]


def wait_until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)
