"""Make the table of emoji: every sequence with its name and keywords, from the Unicode CLDR.

    npm pack cldr-annotations-full cldr-annotations-derived-full; for f in *.tgz; do tar xzf $f --one-top-level; done
    pip install emoji
    python scripts/emoji_table.py cldr-annotations*/ --output src/emograin/data/emoji.tsv

The package `emoji` has the list of sequences (Unicode's emoji-test.txt), the CLDR their English annotations.
"""

import argparse
import csv
import json
from collections.abc import Iterable
from pathlib import Path

import emoji

from emograin.data.emoji import fold

RELEASED = 17.0  # version of Unicode's emoji; later ones in the list are drafts


def read_annotations(folders: Iterable[Path]) -> dict[str, tuple[str, list[str]]]:
    """Return emoji, folded -> name and keywords, from the English annotations in unpacked CLDR packages."""
    found = {}
    for path in sorted(path for folder in folders for path in folder.rglob("en/annotations.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for sequence, each in next(iter(content.values()))["annotations"].items():
            folded = fold(sequence)
            if (
                folded not in found or sequence.replace("\ufe0f", "") == folded
            ):  # rather the one without skin tone, gender
                found[folded] = (each["tts"][0], each.get("default", []))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", type=Path, nargs="+", help="folders of the unpacked CLDR packages")
    parser.add_argument("--output", type=Path, default=Path("src/emograin/data/emoji.tsv"))
    options = parser.parse_args()
    annotations = read_annotations(options.annotations)
    rows: dict[str, tuple[str, list[str]]] = {}
    for sequence, entry in emoji.EMOJI_DATA.items():
        folded = fold(sequence)
        if entry["status"] != emoji.STATUS["fully_qualified"] or entry["E"] > RELEASED or not folded or folded in rows:
            continue
        name = entry["en"].strip(":").replace("_", " ")
        rows[folded] = annotations.get(folded, (name, []))
    with options.output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE)
        writer.writerow(["emoji", "name", "keywords"])
        for folded, (name, keywords) in sorted(rows.items()):
            writer.writerow([folded, name, ", ".join(word for word in keywords if word != name)])
    print(f"{len(rows):,} emoji, {sum(not keywords for _, keywords in rows.values())} without keywords")


if __name__ == "__main__":
    main()
