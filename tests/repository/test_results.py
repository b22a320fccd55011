"""The tables and outputs in README and docs/ are those of results/ and of the commands."""

import json
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emograin.evaluation.results import read_curve

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tables() -> Any:
    """The module scripts/update_tables.py."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return import_module("update_tables")
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def between(document: str, section: str) -> str:
    text = (ROOT / document).read_text(encoding="utf-8")
    return text.partition(f"<!-- {section}: made by scripts/update_tables.py -->")[2].partition("<!-- end of")[0]


def test_tables_are_those_of_the_result_files(tables):
    names = [name for name in tables.SECTIONS if name not in tables.RUN_NOW]
    texts = {path.name: path.read_text(encoding="utf-8") for path in tables.DOCUMENTS}
    assert [name for name, text in texts.items() if tables.with_tables(text, names) != text] == [], "run make fix"


def test_every_section_is_in_exactly_one_document(tables):
    text = "".join(path.read_text(encoding="utf-8") for path in tables.DOCUMENTS)
    assert {text.count(mark(name)) for name in tables.SECTIONS for mark in (tables.start, tables.end)} == {1}


@pytest.mark.parametrize(
    ("document", "section"),
    [
        ("README.md", "demo"),
        ("docs/python.md", "explain"),
        ("docs/your_texts.md", "reviews"),
        ("docs/python.md", "segments"),
    ],
)
def test_shown_outputs_are_those_of_the_commands(tables, document: str, section: str):
    """Words are equal; scores may differ in the last digit, and a bar by one block, on another processor."""
    number = re.compile(r"[+-]?\d+\.\d+")
    shown, printed = between(document, section), tables.SECTIONS[section]()
    without: Callable[[str], list[str]] = lambda text: number.sub("", text.replace("█", "")).split()  # noqa: E731
    assert len(number.findall(shown)) > 3
    assert without(shown) == without(printed)
    scores = [[float(each) for each in number.findall(text)] for text in (shown, printed)]
    assert scores[0] == pytest.approx(scores[1], abs=0.021)


def test_the_report_is_that_of_the_archived_results(tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # The pictures are tested in tests/reproduction; to draw them all takes half a minute.
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda _, path, **__: Path(path).touch())
    sections = tables.render(tables.TABLE_2, tmp_path)
    tables.write_markdown(tmp_path / "reproduction.md", sections, "figures")
    assert (tmp_path / "reproduction.md").read_text() == (ROOT / "docs" / "reproduction.md").read_text()


def test_the_picture_of_the_ablation_shows_every_cell(tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    module, drawn = tables.ablation_figure, []
    monkeypatch.setattr(module, "save", lambda figure, path: drawn.append(figure) or [path])
    module.draw(tmp_path / "ablation.png")
    texts = [text.get_text() for axes in drawn[0].axes for text in (*axes.get_yticklabels(), *axes.texts)]
    found = json.loads(module.RESULTS.read_text(encoding="utf-8"))
    for row in found["rows"]:
        assert row["cell"].removesuffix(module.LOW) in texts
        if "reference" in row:
            assert "{:+.3f} ({:+.3f} to {:+.3f})".format(*row["average_precision_all_difference"]) in texts
    found["rows"].append(found["rows"][0] | {"cell": "a new cell"})
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.json")
    module.RESULTS.write_text(json.dumps(found))
    with pytest.raises(SystemExit, match="without a place in the picture: a new cell"):
        module.draw(tmp_path / "ablation.png")


def test_every_file_of_test_scores_is_counted_as_one_reading(tables):
    results = tables.RESULTS
    classes = tables.readings_of_test.classes(results)
    counted = [path for paths in classes.values() for path in paths]
    assert len(counted) == len(set(counted))
    assert [path for path in counted if not path.is_file()] == []
    # Whatever is named after test, and every file that says that its figures are of test, or holds a run's kNN.
    written = {path for path in results.glob("**/test*") if path.suffix in (".json", ".npz")}
    written |= {path for name in ("label_state_knn.json", "attention_flow/*.json") for path in results.rglob(name)}
    written |= {path for path in results.rglob("card.json") if '"test": {' in path.read_text(encoding="utf-8")}
    assert written - set(counted) == set()
    assert len(classes["runs"]) == 2 * len(list(results.glob("**/test.json")))


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def test_every_training_of_table_2_was_evaluated_every_eighth_of_an_epoch():
    folders = {path.parent for path in (ROOT / "results" / "table-2").rglob("curve.csv")}
    assert folders
    for folder in folders:
        curve = read_curve(folder)
        steps = [row["step"] for row in curve]
        epochs = np.diff([0.0, *(row["epoch"] for row in curve)])
        assert set(np.diff([0.0, *steps])[:-1]) == {steps[0]}, folder
        assert epochs.max() <= 1 / 8 + 1e-3, folder
