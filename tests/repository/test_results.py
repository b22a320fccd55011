"""The tables of the README and of the documents say what the files in results/ say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(code: str) -> int:
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'tools'); {code}"], cwd=ROOT
    ).returncode


def test_the_tables_are_those_of_the_files():
    code = "import results; texts = [path.read_text(encoding='utf-8') for path in results.DOCUMENTS]; "
    code += "sys.exit(any(results.with_tables(text) != text for text in texts))"
    assert run(code) == 0, "run make fix"


def test_every_table_has_its_place_in_one_document():
    code = "import results; text = ''.join(path.read_text(encoding='utf-8') for path in results.DOCUMENTS); "
    code += "places = [text.count(f'<!-- {name}: made by scripts/update_tables.py -->') for name in results.SECTIONS]; "
    code += "ends = [text.count(f'<!-- end of {name} -->') for name in results.SECTIONS]; "
    code += "sys.exit(set(places + ends) != {1})"
    assert run(code) == 0
