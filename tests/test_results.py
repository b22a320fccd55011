"""The README's tables say what the files in results/ say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tables_of_the_readme_are_those_of_the_files():
    code = "import sys, pathlib; sys.path.insert(0, 'tools'); import results; "
    code += "text = pathlib.Path('README.md').read_text(encoding='utf-8'); sys.exit(results.with_tables(text) != text)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0, "run make fix"
