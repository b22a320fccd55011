"""`emograin neighbours`: exact BERTScore search from files, for anyone."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..common.errors import EmograinError
from ..common.optional import import_optional
from ..data.tabular.reader import Row, read_rows
from ..data.tabular.writer import open_writer

Best = Mapping[int, Sequence[tuple[float, int]]]  # row of a query -> score and row of each neighbour
FORMATS = Literal["text", "jsonl", "csv", "tsv", "parquet"]


def neighbours(
    *,
    query: Path,
    corpus: Path,
    top: int = 5,
    column: str = "text",
    measure: Literal["f1", "precision", "recall"] = "f1",
    encoder: str = "minilm",
    layer: int | None = None,
    idf: bool = False,
    baseline: float | None = None,
    without_duplicates: bool = False,
    output: Path | None = None,
    format: FORMATS | None = None,
    cache: Path | None = None,
    memory: float = 1.0,
    precision: Literal["auto", "int8", "bf16", "float32"] = "auto",
) -> None:
    """Each query's most similar corpus sentences by BERTScore: of all of them, exactly.

    Embeddings and finished queries are kept in the cache: the same command goes on where it was stopped. A query that
    cannot be read is kept, with an `error`; such a corpus row is never found, and counted.

    Parameters
    ----------
    query
        A txt, CSV, TSV, JSONL or Parquet file of sentences.
    corpus
        The same, of the sentences to search.
    top
        Sentences a query.
    column
        The column that holds the text, in both files.
    measure
        What is highest: F1, precision (of the corpus sentence) or recall.
    encoder
        minilm (from the import_optional of that name), a name on the Hugging Face hub, or a folder.
    layer
        Whose hidden states are compared, counted from 1. [default: the last]
    idf
        Weigh tokens by their inverse document frequency in the corpus.
    baseline
        Score of unrelated sentences, mapped to 0.
    without_duplicates
        Leave out sentences that are the query itself, but for case and white space around it.
    output
        Where to write; by default standard output.
    format
        Of the output; by default told from --output, or text, for people.
    cache
        A folder. [default: EMOGRAIN_CACHE, or emograin in the user's cache folder]
    memory
        GiB that the search may take beside the encoder.
    precision
        Of the first pass, which rules out; what it leaves is scored in float32 anyway.
    """
    if not memory > 0:
        raise EmograinError(f"memory must be positive, got {memory}")
    if top < 1:
        raise EmograinError(f"top must be at least 1, got {top}")
    queries, asked = _read(query, column)
    sentences, keys = _read(corpus, column)
    import_optional("torch", "train")  # behind the reading: it takes seconds
    import torch

    from ..data.corpus import same
    from ..mixing.bertscore.search import nearest
    from ..mixing.bertscore.token_embeddings import default_cache
    from ..models import encoder as encoders

    texts = [str(sentences[at].text) for at in keys]
    excluded = None
    if without_duplicates:
        by_text: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            by_text.setdefault(same(text), []).append(row)
        excluded = [by_text.get(same(str(queries[at].text)), []) for at in asked]
        print(f"{sum(map(bool, excluded))} queries are in the corpus themselves: left out", file=sys.stderr)
    loaded = encoders.load(encoder)
    if torch.cuda.is_available():
        torch.nn.Module.to(loaded.model, "cuda")
    found = nearest(
        [str(queries[at].text) for at in asked],
        texts,
        loaded,
        cache or default_cache(),
        layer,
        excluded,
        top=top,
        measure=measure,
        idf=idf,
        baseline=baseline,
        precision=precision,
        memory=int(memory * 2**30),
    )
    best: Best = {
        at: [(float(score), keys[row]) for row, score in zip(rows, scores, strict=True)]
        for at, rows, scores in zip(asked, found.rows.tolist(), found.scores.tolist(), strict=True)
    }
    chosen = format or ("text" if output is None or output.suffix in ("", ".txt") else None)
    if chosen != "text":
        with open_writer(output or sys.stdout.buffer, chosen) as writer:
            writer.write(list(_rows(queries, sentences, best)))
    elif output is None:
        sys.stdout.write(_text(queries, sentences, best))
    else:
        from ..common.files import write_atomically

        shown = _text(queries, sentences, best)
        write_atomically(output, lambda path: path.write_text(shown, encoding="utf-8"))


def _read(path: Path, column: str) -> tuple[list[Row], list[int]]:
    """The rows of a file, and which of them hold a sentence."""
    rows = list(read_rows(path, column=column))
    good = [at for at, row in enumerate(rows) if row.problem is None and (row.text or "").strip()]
    if not good:
        raise EmograinError(f"{path} has no sentence that can be read")
    if len(good) < len(rows):
        print(f"{path}: {len(rows) - len(good)} of {len(rows)} rows have no usable text", file=sys.stderr)
    return rows, good


def _text(queries: Sequence[Row], sentences: Sequence[Row], best: Best) -> str:
    """A query a line, its neighbours under it."""
    lines = []
    for at, row in enumerate(queries):
        lines.append(str(row.text).strip() if at in best else f"({_problem(row)})")
        lines += [f"  {score:.4f}  {str(sentences[key].text).strip()}" for score, key in best.get(at, [])]
    return "\n".join(lines) + "\n"


def _rows(queries: Sequence[Row], sentences: Sequence[Row], best: Best) -> Iterator[dict[str, Any]]:
    """A row a neighbour, one a query that cannot be read; rows of the files are counted from 0."""
    for at, row in enumerate(queries):
        head = {"query": at, "query_text": row.text}
        if at not in best:
            yield head | {"rank": None, "score": None, "row": None, "text": None, "error": _problem(row)}
        for rank, (score, key) in enumerate(best.get(at, []), start=1):
            yield head | {"rank": rank, "score": score, "row": key, "text": sentences[key].text, "error": None}


def _problem(row: Row) -> str:
    return row.problem or "the text is empty"
