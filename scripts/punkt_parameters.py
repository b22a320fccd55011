"""Write the parameters of nupunkt's default model for the browser: python scripts/punkt_parameters.py

src/emograin/service/page/engine/punkt_parameters.js holds what the inference reads; a test compares it with nupunkt.
"""

from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap
from typing import Any

import nupunkt

FILE = Path(__file__).parents[1] / "src" / "emograin" / "service" / "page" / "engine" / "punkt_parameters.js"
HEADER = """\
/** Parameters of the default model of nupunkt, by scripts/punkt_parameters.py. MIT License, Copyright (c) 2025 ALEA
    Institute. Words that are abbreviations; that end a sentence before a capital letter; that begin one. */

"""


def main() -> None:
    FILE.write_text(format_parameters(), encoding="utf-8")
    print(FILE)


def format_parameters() -> str:
    """Return the module.

    Raises:
        ValueError: The model has parameters that the inference in JavaScript does not read.
    """
    tokenizer: Any = nupunkt.segmenter("sentence", "default", False, 0.7, True)
    found = tokenizer.parameters
    if found.ortho_context:
        raise ValueError("the model has an orthographic context: punkt_decision.js must read it")
    least, high = tokenizer.BREAK_RATE_MIN_COUNT, tokenizer.BREAK_RATE_HIGH
    ending = [
        word for word, (seen, ended) in found.abbrev_break_rates.items() if seen >= least and ended / seen >= high
    ]
    return (
        HEADER
        + _words("ABBREVIATIONS", found.abbrev_types)
        + _words("ENDING_ABBREVIATIONS", ending)
        + _words("STARTERS", found.sent_starters)
        + "/** Pairs of words between which no sentence ends. */\n"
        + _pairs("COLLOCATIONS", found.collocations)
    )


def _words(name: str, words: Iterable[str]) -> str:
    lines = wrap(" ".join(sorted(words)), 118, break_long_words=False, break_on_hyphens=False)
    return f"export const {name} = new Set(`\n" + "\n".join(map(_escaped, lines)) + "\n`.trim().split(/\\s+/));\n"


def _pairs(name: str, pairs: Iterable[tuple[str, str]]) -> str:
    lines = "\n".join(_escaped(f"{first} {second}") for first, second in sorted(pairs))
    return f'export const {name} = new Set(`\n{lines}\n`.trim().split("\\n"));\n'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")


if __name__ == "__main__":
    main()
