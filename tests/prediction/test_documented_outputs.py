"""The outputs that docs/python.md shows are those of the bundled model, up to the last digit."""

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"
NUMBER = re.compile(r"[+-]?\d+\.\d+")
TOLERANCE = 0.021  # processors differ in rounding


def split(text: str) -> tuple[list[str], list[float]]:
    """Split an output into its words and its numbers."""
    return NUMBER.sub("", text).split(), [float(number) for number in NUMBER.findall(text)]


def require_same(found: str, shown: str) -> None:
    """Compare an output with the shown one."""
    (words, numbers), (shown_words, shown_numbers) = split(found), split(shown)
    assert words == shown_words
    assert numbers == pytest.approx(shown_numbers, abs=TOLERANCE)


def require_shown_values(block: str, names: dict[str, Any]) -> int:
    """Run a block and compare the expressions that end in `# -> VALUE`; return their number."""
    lines, checked = block.splitlines(), 0
    for statement in ast.parse(block).body:
        source = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
        _, arrow, shown = source.partition("# -> ")
        if arrow:
            value, expected = eval(source, names), ast.literal_eval(shown)
            assert value == (pytest.approx(expected, abs=TOLERANCE) if isinstance(expected, float) else expected)
            checked += 1
        else:
            exec(source, names)
    return checked


def test_documented_outputs_are_real(tmp_path, monkeypatch):
    (tmp_path / "comments.csv").write_text("id,text\n7,I love you\n")
    monkeypatch.chdir(tmp_path)
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Training")[0]
    names: dict[str, Any] = {}
    values = outputs = 0
    for block, shown in re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", text, re.DOTALL | re.MULTILINE):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            values += require_shown_values(block, names)
        if shown:
            require_same(printed.getvalue(), shown)
            outputs += 1
    assert (values, outputs) == (7, 1)
