"""The command line, as a stranger uses it: exit codes, one-line errors, streams, and what importing it costs."""

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emograin.cli.app import main

HEAVY = ("torch", "transformers", "pandas", "sklearn", "matplotlib", "scipy", "datasets", "accelerate", "pyarrow")


@pytest.fixture(scope="module")
def run(settings, corpus_folder, tmp_path_factory) -> Path:
    """A run that the command line trained."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    config = folder.with_suffix(".toml")
    config.write_text(f'encoder = "{settings.encoder}"\nmax_document_tokens = 20\nlearning_rate = 5e-3\n')
    arguments = ["--data", str(corpus_folder), "--config", str(config), "--epochs", "8", "--output", str(folder)]
    assert main(["train", "baseline", *arguments]) == 0
    return folder


def failed(capsys, *arguments: str) -> str:
    """The one line on standard error of a command that ends with the user's mistake."""
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1, captured.err
    return captured.err


@pytest.mark.parametrize(
    "module", ["emograin", "emograin.cli.app", "emograin.data.corpus", "emograin.prediction.predictor"]
)
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_loads_nothing_heavy_and_names_every_command():
    code = "import sys; from emograin.cli.app import main; main(['--help']); "
    code += f"print([name for name in {(*HEAVY, 'numpy')!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(command in done.stdout for command in ("predict", "train", "evaluate", "data"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], 'Did you mean "train"?'),
        (["train", "base-line", "--data", "quickstart", "--encoder", "minilm"], "did you mean 'baseline'?"),
        (["train", "baseline", "--data", "quikstart"], "did you mean 'quickstart'?"),
        (["train", "baseline", "--epochs", "0"], "epochs must be at least 1, got 0"),
        (["train", "--resume"], "--resume continues the run in --output"),
        (
            ["train", "--data", "quickstart", "--encoder", "/no/such/encoder"],
            "encoder '/no/such/encoder' does not exist",
        ),
        (["evaluate", "nowhere"], "emograin: there is no folder 'nowhere'"),
        (["predict", "hello", "--input", "x.txt", "--model", "x"], "got both"),
        (["predict", "hello", "--model", "nowhere"], "emograin: there is no folder 'nowhere'"),
        (["data", "no_such_file.csv"], "no such file or folder"),
        (["compare", "a", "b", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["attend", "a", "a text", "--seed", "-1"], "seed must be at least 0, got -1"),
        (["neighbours", "--query", "a", "--corpus", "b", "--memory", "inf"], "memory must be a positive number of GiB"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(capsys, arguments, said):
    assert said in failed(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "hinted"),
    [
        (["predict", "- I love"], True),
        (["predict", "-- well, no"], True),
        (["predict", "-sigh-"], True),
        (["attend", "RUN", "- I love"], True),
        (["predict", "hi", "--al-scores"], False),
        (["data", "-x"], False),
    ],
)
def test_texts_that_start_with_a_hyphen_need_two_before_them(capsys, arguments, hinted):
    assert ("put -- before texts that start with a hyphen" in failed(capsys, *arguments)) == hinted


@pytest.mark.parametrize(
    "start",
    ["runpy.run_module('emograin', run_name='__main__')", "sys.exit(import_module('emograin.__main__').main())"],
)
def test_an_interrupt_while_modules_are_imported_is_one_line(start):
    code = f"""
import runpy, signal, sys
from importlib import import_module
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "cyclopts":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
{start}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "emograin: interrupted\n")


def test_predict_marks_keeps_and_orders_rows(run, tmp_path, capsys):
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,text\n1,so happy today\n2,\n3,this is an outrage\n4,caf\xe9\n")
    out = tmp_path / "out.jsonl"
    assert main(["predict", "--input", str(source), "--output", str(out), "--model", str(run)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["error"] for row in rows] == [None, "the text is empty", None, None]
    assert rows[3]["note"] == "not valid UTF-8"
    assert "4 rows: 1 with an error, 1 with a note" in capsys.readouterr().err


def test_predict_reads_standard_input_and_writes_jsonl(run):
    command = [sys.executable, "-m", "emograin", "predict", "--model", str(run), "--format", "jsonl", "--all-scores"]
    done = subprocess.run(command, input=b"so happy\n\nso mad\n", capture_output=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["so happy", "", "so mad"]
    assert set(rows[0]["scores"]) == {"joy", "anger", "nervousness", "neutral"}


@pytest.mark.parametrize("flag", [["--input", "-"], ["--input=-"]])
def test_a_hyphen_is_standard_input(run, monkeypatch, capsys, flag):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"id,text\n7,so happy\n")))
    arguments = ["predict", *flag, "--input-format", "csv", "--format", "jsonl", "--model", str(run)]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "7"


def test_after_two_hyphens_everything_is_a_text(run, capsys):
    assert main(["predict", "--model", str(run), "--", "--input", "-"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("-")] == ["--input", "-"]


def test_predict_prints_bars_for_people(run, capsys):
    assert main(["predict", "so happy today", "--model", str(run), "--all-scores"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("so happy today\n")
    assert all(label in shown for label in ("joy", "anger", "nervousness", "neutral"))


def test_a_wrong_column_is_said(run, tmp_path, capsys):
    (tmp_path / "in.csv").write_text("txet\nhello\n")
    said = failed(capsys, "predict", "--input", str(tmp_path / "in.csv"), "--model", str(run))
    assert "unknown column 'text', did you mean 'txet'?" in said


def test_evaluate_prints_a_table_and_json_of_the_same_figures(run, capsys):
    assert main(["evaluate", str(run)]) == 0
    table = capsys.readouterr().out
    assert main(["evaluate", str(run), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == json.loads((run / "results" / "test.json").read_text())
    assert set(result["policies"]) == {"fixed", "global", "per-label"}
    assert f"{result['policies']['fixed']['macro_f1']:.4f}" in table


def test_evaluate_with_at_least_one_has_files_of_its_own(run, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    free = json.loads(capsys.readouterr().out)
    assert main(["evaluate", str(run), "--at-least-one", "--json"]) == 0
    forced = json.loads(capsys.readouterr().out)
    assert forced == json.loads((run / "results" / "test-at-least-one.json").read_text())
    assert forced["at_least_one"] is True
    assert free == json.loads((run / "results" / "test.json").read_text())
    assert "alone" in failed(capsys, "evaluate", str(run), "--at-least-one", "--candidates", "identity")


def test_evaluate_on_other_data_leaves_the_test_result_alone(run, corpus_folder, capsys):
    before = (run / "results" / "test.json").read_bytes() if (run / "results" / "test.json").exists() else None
    assert main(["evaluate", str(run), "--data", str(corpus_folder / "train.jsonl"), "--split", "all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"] == 60
    after = (run / "results" / "test.json").read_bytes() if (run / "results" / "test.json").exists() else None
    assert before == after


def test_a_second_training_does_not_overwrite_a_run(run, corpus_folder, capsys):
    said = failed(capsys, "train", "baseline", "--data", str(corpus_folder), "--output", str(run))
    assert "already holds a run" in said


def test_a_fault_of_ours_is_exit_code_1_with_its_trace(monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("emograin.data.sources.load", broken)
    assert main(["data", "quickstart"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_interrupted_command_says_so(monkeypatch, capsys):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("emograin.prediction.predictor.load", interrupt)
    assert main(["predict", "hi"]) == 130
    assert capsys.readouterr().err == "emograin: interrupted\n"


def test_a_reader_that_closes_early_is_no_error():
    pipe = f"{sys.executable} -m emograin data quickstart --json | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_a_run_is_evaluated_on_its_own_corpus_in_other_labels_and_with_windows(run, corpus_folder, capsys):
    for more in (["--windows", "on"], ["--group", "tone"]):
        assert main(["evaluate", str(run), *more, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["corpus"], found["texts"]) == (corpus_folder.name, 20)


def test_relative_paths_in_a_configuration_are_resolved(settings, corpus_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(corpus_folder, "corpus")
    shutil.copytree(settings.encoder, "encoder")
    Path("own.toml").write_text('data = "corpus"\nencoder = "encoder"\nepochs = 1\nemoji = false\n')
    assert main(["train", "baseline", "--config", "own.toml", "--output", "run"]) == 0
    found = json.loads(Path("run/run.json").read_text())["settings"]
    assert (found["data"], found["encoder"]) == (str(tmp_path / "corpus"), str(tmp_path / "encoder"))
