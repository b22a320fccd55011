"""Convert XED (Öhman et al. 2020, CC-BY 4.0) to a corpus in one CSV file: eight emotions, neutral lines without labels.

    python experiments/xed_corpus.py XED xed.csv
    emograin data xed.csv --write-taxonomy taxonomy.json

XED is the folder with `en-annotated.tsv` and `neu_en.txt` of the repository Helsinki-NLP/XED. Lines without a letter
are left out, as are lines that occur again, whose labels are united.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

LABELS = ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust")  # 1 to 8 in the files
NEUTRAL = "9"


def read_xed(folder: Path) -> Iterator[tuple[str, set[str]]]:
    """Yield the lines of XED with the names of their labels; neutral lines have none."""
    with (folder / "en-annotated.tsv").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            text, _, numbers = line.rstrip("\r\n").rpartition("\t")
            yield text, {LABELS[int(number) - 1] for number in numbers.split(",")}
    with (folder / "neu_en.txt").open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            number, _, text = line.rstrip("\r\n").partition("\t")
            if number == NEUTRAL:
                yield text, set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("xed", type=Path, help="folder of XED")
    parser.add_argument("output", type=Path, help="CSV file to write")
    options = parser.parse_args()
    found: dict[str, set[str]] = {}
    for text, labels in read_xed(options.xed):
        if any(character.isalpha() for character in text):
            found.setdefault(text.strip(), set()).update(labels)
    with options.output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "labels"])
        writer.writerows([text, ", ".join(sorted(labels))] for text, labels in found.items())


if __name__ == "__main__":
    main()
