"""Examples and benchmarks run as a person runs them; the code that the documentation shows is code that runs."""

import csv
import json
import re
import textwrap
from importlib import import_module
from pathlib import Path
from unittest import mock

import pytest
from helpers.scripts import run_script

from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

ROOT = Path(__file__).parents[2]


def python_blocks(document: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def registries():
    """The methods and the candidate sources, to which examples add theirs."""
    from emograin.mixing.candidates import CANDIDATES
    from emograin.models.methods import METHODS

    with mock.patch.dict(METHODS), mock.patch.dict(CANDIDATES):
        yield


@pytest.mark.usefixtures("registries")
def test_a_new_method_trains_evaluates_and_predicts(encoders, tmp_path):
    run = RunFolder(tmp_path / "run")
    shown = run_script("examples/new_method.py", "--encoder", encoders["bert"], "--every", 16, "--output", run.path)
    assert re.search(r"^macro F1 on test: 0\.\d{3}$", shown, flags=re.MULTILINE)
    assert "I am so sorry for your loss.  " in shown
    assert run.description["settings"]["method"] == "mean-pooling"
    assert run.read_json("results/test.json")["texts"] == 11


def test_the_code_in_adding_a_method_is_the_code_of_the_example():
    example = (ROOT / "examples" / "new_method.py").read_text(encoding="utf-8")
    blocks = python_blocks(ROOT / "docs" / "adding_a_method.md")
    assert len(blocks) == 3
    for block in blocks:
        assert block in example or textwrap.indent(block, "    ") in example, block


@pytest.mark.usefixtures("registries")
def test_a_new_candidate_source_is_swept_and_evaluated(settings, corpus, tmp_path):
    train(settings, corpus, RunFolder(tmp_path / "run"))
    shown = run_script("examples/new_candidate_source.py", tmp_path / "run")
    assert re.search(r"^macro F1 on test: 0\.\d{3} with mixing, 0\.\d{3} without$", shown, flags=re.MULTILINE)
    assert (tmp_path / "run/mixing/random-training-sentence-embeddings/sweep.json").is_file()


def test_rates_and_alphas_are_compared_on_dev_one_row_each(encoders, corpus_folder, tmp_path):
    output = tmp_path / "alpha.csv"
    given = ["baseline", "--data", corpus_folder, "--encoder", encoders["bert"], "--no-emoji", "--learning-rate", 1e-3]
    alphas = ["--auxiliary", "tone", "--alpha", 0.5, 1.0]
    for _ in range(2):  # rows that exist are not made again
        run_script("examples/choose_learning_rate.py", *given, *alphas, "--output", output)
        rows = list(csv.DictReader(output.read_text().splitlines()))
        assert [(row["auxiliary"], row["alpha"]) for row in rows] == [("tone", "0.5"), ("tone", "1.0")]
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in rows[0] if name.startswith("dev_"))
    with pytest.raises(
        SystemExit, match=r"has the columns .*, alpha, .*, expected .*, learning_rate: another --output"
    ):
        run_script("examples/choose_learning_rate.py", *given, "--output", output)
    run_script("examples/choose_learning_rate.py", *given, "--output", tmp_path / "rates.csv")
    assert "alpha" not in (tmp_path / "rates.csv").read_text()


def test_duckdb_predicts_a_column_in_sql():
    pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    shown = run_script("examples/duckdb_example.py")
    assert "1 ['gratitude']" in shown
    assert "4 None" in shown
    assert "double" in shown


def test_the_code_in_adding_a_candidate_source_is_the_code_of_the_example():
    example = (ROOT / "examples" / "new_candidate_source.py").read_text(encoding="utf-8")
    blocks = python_blocks(ROOT / "docs" / "adding_a_candidate_source.md")
    assert len(blocks) == 2
    assert all(block in example for block in blocks)


@pytest.mark.usefixtures("registries")
def test_the_mean_leaves_padding_out(encoders, taxonomy):
    torch = pytest.importorskip("torch")
    from emograin.models import encoder
    from emograin.models.methods import METHODS

    names: dict[str, object] = {"__name__": "example"}
    exec((ROOT / "examples" / "new_method.py").read_text(encoding="utf-8"), names)
    method = METHODS["mean-pooling"](encoder.load(str(encoders["bert"])), taxonomy, max_document_tokens=20).eval()
    texts = ["so happy today", "page 1", "anxious and trembling, as I said to all of them"]
    with torch.inference_mode():
        together = method.embed(method.inputs(texts))
        alone = torch.cat([method.embed(method.inputs([text])) for text in texts])
    assert together.shape == (3, 1, method.hidden)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_training_speed_compares_and_writes_figures(encoders, corpus_folder, tmp_path):
    written = tmp_path / "speed.json"
    shown = run_script(
        *("benchmarks/training_speed.py", "--method", "label-embedding", "--data", corpus_folder, "--no-memory"),
        *("--encoder", encoders["bert"], "--rounds", 2, "--steps-per-round", 2, "--steps", "--json", written),
    )
    (result,) = json.loads(written.read_text()).values()  # of this machine
    figures = result["methods"]["label-embedding"]
    loops = list(figures)
    assert loops[0] == "plain"
    assert loops[-1] == "emograin"
    assert {"+ batches of similar length", "+ fused AdamW", "+ math attention", "+ fast dropout"} <= set(loops)
    for loop in loops:
        assert loop in shown
        assert len(figures[loop]["texts_per_second"]) == 2
        assert 0 < figures[loop]["share_of_matrix_rate"] < 1
    assert figures["plain"]["ratio"] == {"median": 1, "min": 1, "max": 1}
    assert figures["emograin"]["gflop_per_text"] <= figures["plain"]["gflop_per_text"]
    assert str(tmp_path) not in written.read_text()
    assert str(corpus_folder.parent) not in written.read_text()


def test_training_speed_measures_memory_in_a_process_of_its_own(settings, corpus_folder, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    training_speed = import_module("training_speed")
    found = training_speed.peak_memory(training_speed.plain_loop, settings, str(corpus_folder), texts=32)
    assert 50 < found["before_training_mib"] <= found["peak_mib"] < 10_000


def test_training_rates_are_of_the_runs_own_curves(settings, corpus, tmp_path):
    trained, written = tmp_path / "trained", tmp_path / "rates.json"
    train(settings, corpus, RunFolder(trained))
    shown = run_script("benchmarks/training_utilisation.py", trained, "--seconds", 60, "--json", written)
    result = json.loads(written.read_text())
    (found,) = result["trainings"]
    rows = (trained / "curve.csv").read_text().splitlines()
    rates = [float(dict(zip(rows[0].split(","), row.split(","), strict=True))["texts_per_second"]) for row in rows[1:]]
    assert min(rates) <= found["texts_per_second"] <= max(rates)
    assert 0 < found["share_of_bf16_rate"] < 1
    assert 0 < result["share_of_all"] < 1
    assert trained.name in shown


def test_the_code_in_python_md_runs(corpus_folder, encoders, tmp_path, monkeypatch, capsys):
    blocks = python_blocks(ROOT / "docs" / "python.md")
    (tmp_path / "comments.csv").write_text("id,text\n7,I love you\n")
    monkeypatch.chdir(tmp_path)
    settings = {"quickstart": str(corpus_folder), "minilm": str(encoders["bert"])}
    names: dict[str, object] = {}
    for block in blocks:
        for shipped, tiny in settings.items():
            block = block.replace(f'"{shipped}"', repr(tiny))
        exec(block, names)
    assert capsys.readouterr().out.startswith("7 ('love',)")
    assert (names["predictions"][2].error, names["predictions"].scores.shape) == ("the text is empty", (3, 28))
    assert 0 <= names["metrics"]["policies"]["global"]["macro_f1"] <= 1


def test_scikit_learn_compares_and_sets_thresholds(encoders):
    shown = run_script("examples/scikit_learn_example.py", "--train", encoders["bert"], "--epochs", 1, "--texts", 300)
    for name in ("TF-IDF and ClassifierChain", "scores of the bundled model and .*", "EmotionClassifier, trained here"):
        assert re.search(rf"^{name}: macro F1 0\.\d{{3}} ± .*, 8 emotions$", shown, flags=re.MULTILINE), name
    counts = [int(each) for each in re.findall(r"^gratitude at 0\.\d: (\d+) of 300", shown, flags=re.MULTILINE)]
    assert counts == sorted(counts, reverse=True)
    assert len(counts) == 3
