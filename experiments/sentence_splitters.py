"""Compare libraries that find sentence boundaries: quality, speed, size. docs/log.md has the results.

    pip install sentencex nupunkt pysbd sentencesplit syntok segtok blingfire
    python experiments/sentence_splitters.py --data goemotions

Quality is measured on the hand-made cases of sentence_boundaries.txt (F1 of boundaries, of whole texts and line by
line), and on documents made by joining texts of dev with a blank: how many of the joints are found, after a text that
ends with punctuation and after one that does not, and into how many sentences a document is cut per text. Speed is
measured on the joined documents, and on texts that hold nothing but one letter, blanks between words, line breaks or
full stops: the seconds grow in proportion to their length, or not; all times are those of the processor. Libraries that
are not installed are skipped. Writes results/sentence_splitters.json.
"""

import argparse
import json
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from emograin import data
from emograin.common.files import write_text

Split = Callable[[str], list[int]]  # text -> starts of its sentences, in characters
RESULTS = Path(__file__).parents[1] / "results" / "sentence_splitters.json"
CASES = Path(__file__).with_name("sentence_boundaries.txt")
SIZES = (20_000, 200_000)  # characters of the texts that show whether time grows in proportion
MOST_SECONDS = 10  # for one of them
HARD = {"one word": "x", "words without punctuation": "word ", "line breaks": "\n", "full stops": ". "}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="corpus whose dev split is read")
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    texts = [text.strip() for text in data.load(options.data).split("dev").texts]
    cases = read_cases(CASES.read_text(encoding="utf-8"))
    documents = join_texts(texts, options.documents, options.seed)
    found = {}
    for package, make in LIBRARIES.items():
        try:
            installed, split = version(package), make()
        except (PackageNotFoundError, ImportError):
            print(f"{package}: not installed", file=sys.stderr)
            continue
        found[package] = {"version": installed, "megabytes": megabytes(package)}
        found[package] |= {
            "cases_f1": boundary_f1(split, cases),
            "cases_f1_by_line": boundary_f1(by_line(split), cases),
        }
        found[package] |= measure_joints(split, documents) | speed(split, documents)
        print(package, json.dumps(found[package]), flush=True)
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def read_cases(content: str) -> list[tuple[str, set[int]]]:
    """Return each text with the starts of its sentences but the first, in characters.

    >>> read_cases("No. |Yes.")
    [('No. Yes.', {4})]
    """
    cases = []
    for line in content.splitlines():
        if line.strip() and not line.startswith("#"):
            parts = line.replace("\\n", "\n").split("|")
            starts = np.cumsum([len(part) for part in parts])[:-1]
            cases.append(("".join(parts), set(starts.tolist())))
    return cases


def join_texts(texts: Sequence[str], count: int, seed: int) -> list[tuple[str, list[int]]]:
    """Join 2 to 30 texts per document with blanks; return each document and the starts of its texts but the first."""
    random = np.random.default_rng(seed)
    documents = []
    for _ in range(count):
        parts = [texts[at] for at in random.choice(len(texts), random.integers(2, 31), replace=False)]
        starts = np.cumsum([len(part) + 1 for part in parts])[:-1]
        documents.append((" ".join(parts), starts.tolist()))
    return documents


def boundary_f1(split: Split, cases: Sequence[tuple[str, set[int]]]) -> float:
    """Return F1 of the boundaries over all cases."""
    hits = given = wanted = 0
    for text, starts in cases:
        found = set(split(text)) - {0}
        hits, given, wanted = hits + len(found & starts), given + len(found), wanted + len(starts)
    return round(2 * hits / (given + wanted), 3)


def by_line(split: Split) -> Split:
    """Split every line of a text by itself."""

    def split_lines(text: str) -> list[int]:
        lines = [match for match in re.finditer(r"[^\n]+", text) if match.group().strip()]
        return to_first_letters(text, [line.start() + start for line in lines for start in split(line.group())])

    return split_lines


def measure_joints(split: Split, documents: Sequence[tuple[str, list[int]]]) -> dict[str, float]:
    """Return the shares of joints that are found, and the number of sentences per text."""
    after_end: list[bool] = []
    after_other: list[bool] = []
    sentences = texts = 0
    for text, starts in documents:
        found = set(split(text))
        sentences, texts = sentences + len(found), texts + len(starts) + 1
        for start in starts:
            (after_end if text[start - 2] in ".!?" else after_other).append(start in found)
    return {
        "joints_after_punctuation": round(float(np.mean(after_end)), 3),
        "joints_after_others": round(float(np.mean(after_other)), 3),
        "sentences_per_text": round(sentences / texts, 2),
    }


def speed(split: Split, documents: Sequence[tuple[str, list[int]]]) -> dict[str, Any]:
    """Return megabytes per second on documents, and seconds for hard texts of each of `SIZES`."""
    started = process_time()
    for text, _ in documents:
        split(text)
    rate = sum(len(text.encode()) for text, _ in documents) / 1e6 / (process_time() - started)
    hard: dict[str, list[float | None]] = {}
    for name, unit in HARD.items():
        hard[name] = []
        for size in SIZES:
            hard[name].append(seconds(split, unit * (size // len(unit))))
    return {"megabytes_per_second": round(rate, 2), "seconds_of_hard_texts": hard}


def seconds(split: Split, text: str) -> float | None:
    """Return the processor time of a call; None if it takes longer than `MOST_SECONDS` or fails."""
    started = process_time()
    try:
        with time_limit(MOST_SECONDS):
            split(text)
    except (TimeoutError, ValueError, RecursionError, IndexError):
        return None
    return round(process_time() - started, 3)


@contextmanager
def time_limit(limit: int) -> Iterator[None]:
    """Raise TimeoutError in the body after so many seconds of processor time, once Python code runs again."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def megabytes(package: str) -> float:
    """Return the size of an installed package without compiled Python."""
    found = [Path(str(each.locate())) for each in files(package) or [] if not str(each).endswith(".pyc")]
    return round(sum(path.stat().st_size for path in found if path.is_file()) / 1e6, 2)


def locate(text: str, sentences: Sequence[str]) -> list[int]:
    """Return the starts of sentences that a library returns as strings."""
    starts, at = [], 0
    for sentence in sentences:
        sentence = sentence.strip()
        found = text.find(sentence, at) if sentence else -1
        if found >= 0:
            starts.append(found)
            at = found + len(sentence)
    return starts


def to_first_letters(text: str, starts: Sequence[int]) -> list[int]:
    """Move starts over white space, so that libraries that give it to the next sentence are comparable."""
    moved = []
    for start in starts:
        found = re.compile(r"\S").search(text, start)
        moved.append(found.start() if found else len(text))
    return moved


def _sentencex() -> Split:
    import sentencex

    return lambda text: to_first_letters(
        text, [each["start_index"] for each in sentencex.get_sentence_boundaries("en", text)]
    )


def _nupunkt() -> Split:
    import nupunkt

    return lambda text: [start for start, _ in nupunkt.sentence_spans(text, paragraph_breaks=False)]


def _pysbd() -> Split:
    import pysbd

    segmenter = pysbd.Segmenter(language="en", clean=False, char_span=True)
    return lambda text: to_first_letters(text, [each.start for each in segmenter.segment(text)])


def _sentencesplit() -> Split:
    import sentencesplit

    segmenter = sentencesplit.Segmenter(language="en", clean=False)
    return lambda text: locate(text, segmenter.segment(text))


def _syntok() -> Split:
    from syntok import segmenter

    return lambda text: [
        sentence[0].offset for paragraph in segmenter.process(text) for sentence in paragraph if sentence
    ]


def _segtok() -> Split:
    from segtok.segmenter import split_multi

    return lambda text: locate(text, list(split_multi(text)))


def _blingfire() -> Split:
    import blingfire

    return lambda text: [start for start, _ in blingfire.text_to_sentences_and_offsets(text)[1]]


# Name on PyPI -> makes the function that splits.
LIBRARIES: dict[str, Callable[[], Split]] = {
    "sentencex": _sentencex,
    "nupunkt": _nupunkt,
    "pysbd": _pysbd,
    "sentencesplit": _sentencesplit,
    "syntok": _syntok,
    "segtok": _segtok,
    "blingfire": _blingfire,
}


if __name__ == "__main__":
    main()
