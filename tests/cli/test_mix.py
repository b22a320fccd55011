"""`emograin mix`, and `emograin evaluate` with candidates."""

import json

import pytest

from emograin.cli.app import main
from emograin.mixing.candidates import CANDIDATES
from emograin.mixing.config import Mixing
from emograin.mixing.evaluation import evaluate_mixed

pytestmark = pytest.mark.usefixtures("stub_source")


def test_evaluate_with_candidates_prints_and_keeps_the_mixed_result(mixing_run, corpus, capsys):
    arguments = [
        "evaluate",
        str(mixing_run.path),
        "--candidates",
        "stub",
        "--mixing-weight",
        "0.8",
        "--top",
        "2",
        "--json",
    ]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == mixing_run.read_json("results/test-stub-top-2-embeddings-0.8.json")
    assert result == evaluate_mixed(mixing_run, corpus, Mixing("stub", top=2), 0.8)
    assert not (mixing_run.path / "results/test.json").exists()


def test_mix_shows_test_beside_the_run_without_mixing(mixing_run, capsys):
    assert main(["mix", str(mixing_run.path), "--candidates", "stub", "--mix", "scores"]) == 0
    captured = capsys.readouterr()
    mixed = mixing_run.read_json("results/test-stub-scores-0.92.json")["policies"]["fixed"]["macro_f1"]
    plain = mixing_run.read_json("results/test.json")["policies"]["fixed"]["macro_f1"]
    (row,) = [line for line in captured.out.splitlines() if line.startswith("macro F1, fixed  ")]
    assert row.split()[3:] == [f"{plain:.4f}", f"{mixed:.4f}", f"{mixed - plain:+.4f}"]
    assert "results/test-stub-scores-0.92.json" in captured.err
    assert not (mixing_run.path / "mixing").exists()


def test_mix_without_candidates_takes_those_that_its_help_names(mixing_run, monkeypatch, stub_source, capsys):
    monkeypatch.setitem(CANDIDATES, Mixing.candidates, CANDIDATES["stub"])
    assert main(["mix", str(mixing_run.path), "--top", "2"]) == 0
    assert f"results/test-{Mixing.candidates}-top-2-embeddings-0.92.json" in capsys.readouterr().err
    assert stub_source


def test_mix_sweep_marks_the_best_weight_and_reads_test_with_it(mixing_run, capsys):
    assert main(["mix", str(mixing_run.path), "--candidates", "stub", "--sweep"]) == 0
    shown = capsys.readouterr().out
    best = mixing_run.read_json("mixing/stub-embeddings/sweep.json")["best"]
    (marked,) = [line for line in shown.splitlines() if line.endswith("<- best")]
    figures = [f"{best['policies'][policy]['macro_f1']:.4f}" for policy in ("fixed", "global", "per-label")]
    assert marked.split()[:4] == [f"{best['weight']:.2f}", *figures]
    assert sum(line[:2] in ("0.", "1.") for line in shown.splitlines()) == 26
    assert f"weight {best['weight']:g}" in shown
    assert (mixing_run.path / f"results/test-stub-embeddings-{best['weight']:g}.json").is_file()
    for name in ("sweep.png", "sweep.svg"):
        assert (mixing_run.path / "mixing/stub-embeddings" / name).stat().st_size > 1000
    assert main(["mix", str(mixing_run.path), "--candidates", "stub", "--sweep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sweep"]["best"] == best


def test_a_file_of_candidates_is_found_by_its_split(mixing_run, corpus, tmp_path, capsys):
    for name in ("dev", "test"):
        rows = [f"{id}\t{text}" for id, text in zip(corpus.split(name).ids, corpus.split(name).texts, strict=True)]
        (tmp_path / f"same.{name}.tsv").write_text("\n".join(rows) + "\n")
    file = str(tmp_path / "same.{split}.tsv")
    assert main(["mix", str(mixing_run.path), "--candidates", "file", "--candidates-file", file, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mixed"]["mixing"]["file"] == "same.{split}.tsv"
    assert found["mixed"]["policies"] == found["plain"]["policies"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "RUN", "--top", "2"], "mixing needs candidates"),
        (["evaluate", "RUN", "--mixing-weight", "0.5"], "mixing needs candidates"),
        (
            ["evaluate", "RUN", "--candidates", "self", "--mixing-weight", "1.5"],
            "mixing_weight must lie in [0, 1], got",
        ),
        (["mix", "RUN", "--candidates", "self", "--mixing-weight=-1"], "mixing_weight must lie in [0, 1], got -1"),
        (["mix", "RUN", "--candidates", "self", "--sweep", "--mixing-weight", "1"], "got both"),
        (["mix", "RUN", "--candidates", "sefl"], "did you mean 'self'?"),
        (["mix", "RUN", "--candidates", "self", "--top", "0"], "top must be at least 1, got 0"),
        (["mix", "RUN", "--candidates", "self", "--mix", "labels"], "no training sentences"),
        (["mix", "nowhere", "--candidates", "self"], "there is no folder 'nowhere'"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_exit_code_2(mixing_run, capsys, arguments, said):
    assert main([str(mixing_run.path) if each == "RUN" else each for each in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    assert said in captured.err


def test_the_help_of_both_commands_has_the_same_flags_of_mixing(capsys):
    helps = []
    for command in ("evaluate", "mix"):
        assert main([command, "--help"]) == 0
        helps.append({word for word in capsys.readouterr().out.split() if word.startswith("--")})
    assert helps[0] & helps[1] >= {
        "--candidates",
        "--mixing-weight",
        "--top",
        "--mix",
        "--candidates-file",
        "--beams",
    }
    assert "--without-duplicates" in helps[0] & helps[1]


@pytest.mark.parametrize("more", [[], ["--at-least-one"], ["--candidates", "stub"]])
def test_corpora_of_one_name_keep_their_own_results(mixing_run, tmp_path, capsys, more):
    shown = []
    for folder, label in (("a", "joy"), ("b", "anger"), ("a", "joy")):
        path = tmp_path / folder / "mine.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"text,labels,split\nso happy today,{label},test\n")
        assert main(["evaluate", str(mixing_run.path), "--data", str(path), *more, "--json"]) == 0
        captured = capsys.readouterr()
        name = captured.err.split("results/")[1].split(".json")[0]
        assert mixing_run.read_json(f"results/{name}.json") == json.loads(captured.out)
        shown.append(name)
    assert shown[0] == shown[2]
    assert shown[0].startswith("mine-test")
    assert shown[1] == shown[0].replace(
        "mine-", f"mine-{mixing_run.read_json(f'results/{shown[1]}.json')['fingerprint'][:8]}-"
    )
    assert len(list((mixing_run.path / "scores").glob("mine-*.npz"))) == 2
