"""emograin attend: the words a run attends to, with plots (Figures 6 to 8), and the deletion test."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.json_text import to_json
from ..common.optional import import_optional
from ..common.seeds import check_seed
from ..evaluation.policies import DEFAULT_POLICY, Policy
from .mode_flags import reject_flags

if TYPE_CHECKING:  # imported by the command, not by `emograin --help`
    from ..analysis.attention_record import Attention
    from ..data.corpus import Corpus
    from ..models.methods import Method
    from ..models.run_folder import RunFolder


WORDS, RANDOM_CHOICES = 1, 20  # of the deletion test


def attend(
    run: Path,
    text: str | None = None,
    *,
    against: Path | None = None,
    label: str | None = None,
    split: Literal["train", "dev", "test", "all"] | None = None,
    flow: bool = False,
    data: str | None = None,
    layer: int | None = None,
    head: int | None = None,
    words: int = WORDS,
    random_choices: int = RANDOM_CHOICES,
    seed: int = 0,
    thresholds: Policy = DEFAULT_POLICY,
    output: Path | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Show the words a run attends to in one text, with plots (Figures 6 to 8), and the score drop without them.

    With --against instead of a text, the test text that this run labels correctly and the other does not, rare labels
    and confident scores first; both runs must have been evaluated on test. With --split, the score drop over all texts
    of a split instead: without the attended words, and without random ones; with --split and --flow, the attention to
    and from the labels' slots in every layer, over all texts with a gold label.

    Parameters
    ----------
    run
        Run folder.
    text
        Text to show.
    against
        Run folder to compare with. A test text is shown that RUN labels correctly and this run does not.
    label
        With --against: gold label that the text must have.
    split
        Split for the deletion test.
    flow
        With --split: attention to and from gold labels' slots, layer by layer, compared with other labels' slots (for
        a method with one slot such as [CLS], with even attention); no deletion test.
    data
        With --against or --split: corpus of the texts; by default the one the run was trained on.
    layer
        Layer of the attention, counted from 0. [default: the last; plots choose]
    head
        Head of the attention, counted from 0. [default: the mean over heads; plots choose]
    words
        Number of words to delete.
    random_choices
        Number of random word choices to compare with (all of them if there are fewer).
    seed
        Seed of the random choices.
    thresholds
        Threshold policy of the predictions.
    output
        Folder for plots and arrays. [default: RUN/attention]
    json
        Print JSON instead of text.
    """
    import_optional("torch", "train")
    given = [
        name for name, value in (("a text", text), ("--against", against), ("--split", split)) if value is not None
    ]
    if len(given) != 1:
        raise EmograinError(f"expected a text, --against RUN or --split NAME, got {' and '.join(given) or 'none'}")
    if text is not None and not text.strip():
        raise EmograinError("expected a text, got an empty one")
    if split is not None and output is not None:
        raise EmograinError("--split writes no plots, so it takes no --output", "--json prints every number")
    check_seed(seed)
    for name, value in (("words", words), ("random_choices", random_choices)):
        if value < 1:
            raise EmograinError(f"{name} must be at least 1, got {value}")
    reject_flags("--against", label=label is not None and against is None)
    reject_flags("--against or --split", data=data is not None and text is not None)
    if flow and (split is None or layer is not None or head is not None):
        raise EmograinError(
            "--flow needs --split NAME and takes no --layer or --head", "it reports every layer, mean over heads"
        )
    if flow:
        reject_flags(
            "the deletion test, without --flow",
            words=words != WORDS,
            random_choices=random_choices != RANDOM_CHOICES,
            thresholds=thresholds != DEFAULT_POLICY,
        )
    options: dict[str, Any] = {"words": words, "layer": layer, "head": head}
    options |= {"random_choices": random_choices, "seed": seed}
    if split is None:
        _show_document(run, text, against, label, data, thresholds, options, output, json)
    elif flow:
        _measure_flow(run, split, data, seed, json)
    else:
        _test_split(run, split, data, thresholds, options, json)


def _show_document(
    run: Path,
    text: str | None,
    against: Path | None,
    label: str | None,
    data: str | None,
    policy: Policy,
    options: Mapping[str, Any],
    output: Path | None,
    json: bool,
) -> None:
    """Draw the attention of one document, given or selected by `against`, and print its words and their deletion."""
    from ..analysis.attention_report import format_document, report_document
    from ..analysis.contrasting_documents import attend_document, select_document
    from ..models.run_folder import RunFolder

    document = {"text": text} if against is None else select_document(run, against, label, data, policy)
    method, attention = attend_document(run, document, policy)
    attention.check(options["layer"], options["head"])
    folder = output or RunFolder(run).path / "attention"
    files = _draw(folder, attention, options["layer"], options["head"])
    report = report_document(method, attention, document, **options)
    if against is not None:
        _, other = attend_document(against, document, policy)
        files += _draw_against(folder, other)
        report |= {"against": other.model, "against_predicted": other.predicted}
    report["files"] = [str(file) for file in files]
    print(to_json(report, indent=1) if json else format_document(report))
    print(f"\nIn {folder}: {', '.join(file.name for file in files)}", file=sys.stderr)


def _measure_flow(run: Path, split: str, data: str | None, seed: int, json: bool) -> None:
    """Measure the attention to and from slots on a split, and print it."""
    from ..analysis.attention_flow import measure_attention_flow
    from ..analysis.attention_flow_tables import format_attention_flow
    from ..common.progress import Progress

    _, method, corpus = _load(run, data)
    part, started, name = corpus.split(split), monotonic(), run.resolve().name
    with Progress(len(part.texts), "texts") as progress:
        found = measure_attention_flow(method, part.texts, part.labels, seed=seed, on_progress=progress.advance)
    found = {"run": name, "corpus": corpus.name, "split": split, **found}
    print(to_json(found, indent=1) if json else format_attention_flow(name, found))
    print(f"\n{found['texts']:,} texts in {monotonic() - started:.0f} s", file=sys.stderr)


def _test_split(run: Path, split: str, data: str | None, policy: str, options: Mapping[str, Any], json: bool) -> None:
    """Run the deletion test on a split, and print it."""
    from ..analysis.attention_report import format_deletion_tests
    from ..analysis.word_deletion import run_deletion_test
    from ..common.progress import Progress

    folder, method, corpus = _load(run, data)
    texts = corpus.split(split).texts
    with Progress(None, "texts") as progress:
        test = run_deletion_test(method, texts, folder.thresholds[policy], on_progress=progress.advance, **options)
    test = {"run": run.resolve().name, "corpus": corpus.name, "split": split, "policy": policy, **test}
    print(to_json(test, indent=1) if json else format_deletion_tests([test]))


def _load(run: Path, data: str | None) -> "tuple[RunFolder, Method, Corpus]":
    """Load a finished run, its method, and a corpus with its labels: by default the one it was trained on."""
    from ..data.sources import load
    from ..models.classifier import load as load_classifier
    from ..models.run_folder import RunFolder

    folder = RunFolder(run).require()
    settings = folder.settings
    corpus = load(data or settings.data, folder.taxonomy, settings.text_column, settings.label_column)
    return folder, load_classifier(folder).method, corpus


def _draw(folder: Path, attention: "Attention", layer: int | None, head: int | None) -> list[Path]:
    """Write the arrays and the plots of a run."""
    from ..analysis.attention_record import write_attention
    from ..reproduction.figures.attention_maps import draw_all_heads, draw_document_and_labels, draw_readout_attention

    files = [write_attention(folder / "attention.npz", attention)]
    if attention.slots > 1:
        files += draw_document_and_labels(folder / "document_and_labels.png", attention, layer, head)
    else:
        files += draw_readout_attention(folder / "into_slot.png", attention, None if head is None else [head])
    return files + draw_all_heads(folder / "all_heads.png", attention)


def _draw_against(folder: Path, attention: "Attention") -> list[Path]:
    """Write the arrays and the plot of the other run."""
    from ..analysis.attention_record import write_attention
    from ..reproduction.figures.attention_maps import draw_readout_attention

    return [
        write_attention(folder / "against.npz", attention),
        *draw_readout_attention(folder / "against_into_slot.png", attention),
    ]
