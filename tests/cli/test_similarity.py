"""`emograin similarity`, which prints Tables 1 and 3."""

import json

import pytest
from helpers.blocked_modules import run_without

from emograin.analysis.task_similarity_tables import format_report, measure_similarity, remarks
from emograin.cli.app import main

HEAVY = ("torch", "transformers", "sklearn", "matplotlib", "datasets", "pyarrow")


def test_the_command_prints_tables_and_json(corpus_folder, corpus, capsys):
    words = ["similarity", "--data", str(corpus_folder), "--auxiliary", "tone", "--shuffles", "2", "--seed", "5"]
    expected = measure_similarity(corpus, ["tone"], 2, 5)
    assert main(words) == 0
    assert capsys.readouterr().out == format_report(expected) + "\n"
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**expected, "remarks": remarks(expected)}
    assert main([*words, "--auxiliary", "arousal", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["contingency"]) == ["tone", "arousal"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["quickstart", "--auxiliary", "sentimnt"], "unknown grouping 'sentimnt', did you mean 'sentiment'"),
        (["quickstart", "--shuffles", "-1"], "shuffles must be at least 1, got -1"),
        (["quickstart", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["quickstrt"], "unknown corpus 'quickstrt', did you mean 'quickstart'"),
    ],
)
def test_the_users_mistakes_take_one_line(words, message, capsys):
    assert main(["similarity", "--data", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert (printed.out, printed.err.count("\n")) == ("", 1)


def test_the_command_needs_numpy_and_scipy_only():
    done = run_without(HEAVY, ["similarity", "--data", "quickstart", "--shuffles", "1"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "Table 3" in done.stdout
