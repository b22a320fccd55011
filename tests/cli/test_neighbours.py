"""emograin neighbours: its output in every format, and its errors."""

import csv
import io
import json
import sys

import pytest

from emograin.cli.app import main


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOGRAIN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "queries.txt").write_text("so happy today\n\nI am furious\n")
    with (tmp_path / "corpus.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["id", "said"], [1, "so happy today"], [2, ""], [3, "mad, furious"], [4, "the table"]]
        )
    return tmp_path


def test_every_query_is_answered_in_order(files, encoders, capsys):
    (files / "corpus.txt").write_text("so happy today\n\nmad, furious\nthe table\n")
    flags = ["neighbours", "--query", str(files / "queries.txt"), "--corpus", str(files / "corpus.txt")]
    flags += ["--top", "2", "--encoder", str(encoders["bert"])]
    assert main(flags) == 0
    text = capsys.readouterr()
    lines = text.out.splitlines()
    assert lines[:2] == ["so happy today", "  1.0000  so happy today"]
    assert lines[3] == "(the text is empty)"
    assert len(lines) == 7
    assert "queries.txt: 1 of 3 rows have no readable text" in text.err
    assert main([*flags, "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["query"], row["rank"]) for row in rows] == [(0, 1), (0, 2), (1, None), (2, 1), (2, 2)]
    assert rows[0]["row"] == 0
    assert rows[0]["score"] == pytest.approx(1, abs=1e-5)
    assert rows[2]["error"] == "the text is empty"
    assert {row["row"] for row in rows} <= {0, 2, 3, None}
    assert main([*flags, "--without-duplicates", "--output", str(files / "out.csv")]) == 0
    found = list(csv.DictReader(io.StringIO((files / "out.csv").read_text())))
    assert "1 queries occur in the corpus" in capsys.readouterr().err
    assert found[0]["text"] != "so happy today"


def test_a_query_is_one_line_without_control_characters(files, encoders, capsys):
    (files / "queries.csv").write_text('text\n"so happy\ntoday \x1b[31mred"\n')
    (files / "corpus.csv").write_text('text\n"mad,\r\nfurious\x1b[2J"\n')
    flags = ["neighbours", "--query", str(files / "queries.csv"), "--corpus", str(files / "corpus.csv"), "--top", "1"]
    assert main([*flags, "--encoder", str(encoders["bert"])]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "so happy today \\x1b[31mred"
    assert lines[1].endswith("  mad, furious\\x1b[2J")
    assert len(lines) == 2


def test_other_columns_are_read_and_errors_take_one_line(files, encoders, capsys):
    (files / "queries.csv").write_text("said\nso happy\n")
    flags = ["neighbours", "--query", str(files / "queries.csv"), "--corpus", str(files / "corpus.csv")]
    flags += ["--encoder", str(encoders["bert"])]
    assert main([*flags, "--text-column", "said", "--top", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    for more, message in {
        ("--column", "said", "--top", "5"): "top must lie in [1, 3], the corpus's sentences, got 5",
        ("--column", "sayd"): "unknown column 'sayd', did you mean 'said'?",
        ("--column", "said", "--top", "0"): "top must be at least 1, got 0",
        ("--column", "said", "--top", "1", "--memory", "0"): "memory must be a positive number of GiB, got 0",
        ("--column", "said", "--top", "1", "--layer", "9"): "layer must lie in [1, 2], got 9",
    }.items():
        assert main([*flags, *more]) == 2
        error = capsys.readouterr().err.splitlines()
        assert message in error[-1], more
    assert "torch" in sys.modules


@pytest.mark.parametrize(("more", "count"), [((), 4), (("--without-duplicates",), 2)])
def test_by_default_a_small_corpus_gives_all_of_its_sentences(files, encoders, capsys, more, count):
    (files / "corpus.txt").write_text("so happy today\nmad, furious\nthe table\nSo happy today\n")
    flags = ["--query", str(files / "queries.txt"), "--corpus", str(files / "corpus.txt"), "--format", "jsonl"]
    assert main(["neighbours", *flags, "--encoder", str(encoders["bert"]), *more]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["rank"] for row in rows if row["query"] == 0] == list(range(1, count + 1))


def test_the_bundled_model_is_an_encoder(files, capsys):
    flags = ["--query", str(files / "queries.txt"), "--corpus", str(files / "corpus.csv"), "--column", "said"]
    (files / "queries.csv").write_text("said\nso happy today\n")
    flags[1] = str(files / "queries.csv")
    assert main(["neighbours", *flags, "--encoder", "bundled", "--top", "1", "--format", "jsonl"]) == 0
    (found,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (found["row"], found["score"]) == (0, pytest.approx(1, abs=1e-4))


@pytest.mark.parametrize("name", ["out.txt", "out.jsonl"])
def test_an_output_that_is_a_link_stays_one(files, encoders, name):
    (files / "linked").mkdir()
    (files / name).symlink_to(files / "linked" / name)
    flags = ["--query", str(files / "queries.txt"), "--corpus", str(files / "queries.txt")]
    assert (
        main(["neighbours", *flags, "--encoder", str(encoders["bert"]), "--top", "1", "--output", str(files / name)])
        == 0
    )
    assert (files / name).is_symlink()
    assert (files / "linked" / name).stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("out.xyz", "unknown kind of file"),
        ("out.txt.gz", "unknown format to write 'txt'"),
        ("queries.txt/out.csv", "is no folder that can be written to"),
        ("folder", "it is a folder"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_is_read(files, capsys, name, message):
    (files / "folder").mkdir()
    flags = ["--query", str(files / "queries.txt"), "--corpus", str(files / "none.txt"), "--output", str(files / name)]
    assert main(["neighbours", *flags]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["new/out.txt", "new/out.csv"])
def test_the_folder_of_an_output_is_created(files, encoders, name):
    flags = ["--query", str(files / "queries.txt"), "--corpus", str(files / "queries.txt"), "--top", "1"]
    assert main(["neighbours", *flags, "--encoder", str(encoders["bert"]), "--output", str(files / name)]) == 0
    assert (files / name).stat().st_size > 0
