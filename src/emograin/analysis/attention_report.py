"""Reports of `emograin attend`: the words one document's labels attend to, and the deletion test of many documents."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..common.text_table import aligned
from ..models.methods import Method
from .attention_record import Attention
from .word_deletion import RANDOM_CHOICES, WORDS, Deletion, describe_deletion, score_drops, top_words

LISTED_WORDS = 5  # words listed per label


def report_document(
    method: Method,
    attention: Attention,
    document: Mapping[str, Any],
    layer: int | None = None,
    head: int | None = None,
    words: int = WORDS,
    random_choices: int = RANDOM_CHOICES,
    seed: int = 0,
) -> dict[str, Any]:
    """Report a document's predicted labels: the words each attends to, and the score drop without them.

    Args:
        method: A trained method, in evaluation mode.
        attention: Its attention on the document.
        document: `text` of the document; `id` and `gold` if known.
        layer: Layer of the attention, counted from 0; None: the last.
        head: Head of the attention, counted from 0; None: the mean over heads.
        words: Number of words to delete.
        random_choices: Number of random word choices to compare with; all of them if there are fewer.
        seed: Seed of the random choices.

    Returns:
        Plain values. `emotions` has one entry per predicted label, or one for the highest score if none is predicted.

    Raises:
        EmograinError: The layer or the head does not exist.
    """
    shares = attention.word_attention(layer, head)  # (labels, words)
    rows = [attention.labels.index(name) for name in attention.predicted or [attention.top_label]]
    pieces, word_ids = method.tokenize([document["text"]])[0], attention.word_ids[attention.document]
    deletions = [Deletion(pieces, word_ids, row, top_words(shares[row], words)) for row in rows]
    drops = score_drops(method, deletions, random_choices, seed)
    emotions = []
    for row, deletion, drop in zip(rows, deletions, drops, strict=True):
        order = [int(at) for at in (-shares[row]).argsort(kind="stable")[:LISTED_WORDS]]
        emotions.append(
            {
                "label": attention.labels[row],
                "score": drop.score,
                "words": [{"word": attention.words[at], "share": float(shares[row, at])} for at in order],
                "deletion": {
                    "words": [attention.words[at] for at in deletion.words],
                    "attended_drop": drop.attended,
                    "random_drop": drop.random,
                    "random_choices": drop.random_choices,
                    "exhaustive": drop.exhaustive,
                },
            }
        )
    notes = []
    if attention.truncated:
        notes.append(f"only the first {method.max_document_tokens} word pieces were read")
    if not attention.predicted:
        notes.append("no label reaches its threshold: the highest score is shown")
    if len(attention.words) == 1:
        notes.append("the text has one word only, so no other word to compare with")
    return {
        "model": attention.model,
        **document,
        "predicted": attention.predicted,
        "layer": layer,
        "head": head,
        "attention": f"{_describe_heads(layer, head)}, from the label's readout to the words, renormalised over them",
        "by": describe_deletion(method),
        "emotions": emotions,
        "notes": notes,
    }


def format_document(report: Mapping[str, Any]) -> str:
    """Format a report of `report_document` as text.

    Args:
        report: The report; with `against` and `against_predicted` if the document contrasts two runs.
    """
    lines = [f"{report['model']}: {report['text']}"]
    if "id" in report:
        lines.append(f"(test text {report['id']}, gold {', '.join(report['gold'])})")
    lines += [f"note: {note}" for note in report["notes"]]
    for emotion in report["emotions"]:
        deletion = emotion["deletion"]
        listed = "  ".join(f"{word['word']} {word['share']:.2f}" for word in emotion["words"])
        count = f"{len(deletion['words'])} word" + "s" * (len(deletion["words"]) != 1)
        choices = f"{'all' if deletion['exhaustive'] else 'random choices:'} {deletion['random_choices']}"
        lines += [
            "",
            f"{emotion['label']}  {emotion['score']:.2f}",
            f"  attends to       {listed}",
            f"  drops by {deletion['attended_drop']:+.3f}  without  {' '.join(deletion['words'])}",
            f"  drops by {deletion['random_drop']:+.3f}  without  any {count}, on average ({choices})",
        ]
    lines += ["", f"Attention: {report['attention']}. Words are {report['by']}."]
    if "against" in report:
        lines.append(f"{report['against']} predicts: {', '.join(report['against_predicted']) or '(no label)'}")
    return "\n".join(lines)


def format_deletion_tests(tests: Sequence[Mapping[str, Any]]) -> str:
    """Format results of `run_deletion_test` as a table with one row per test.

    Args:
        tests: The results, each with the name of its `run`.
    """
    titles = ["run", "layer", "words", "texts", "score", "attended", "random", "difference", "95 % interval"]
    rows = [[*titles, "attended more"]]
    for test in tests:
        layer = "last" if test["layer"] is None else str(test["layer"])
        cells = [test["run"], layer, str(test["words"]), f"{test['texts']:,}", f"{test['score']:.3f}"]
        cells += [f"{test[name]:.3f}" for name in ("attended_drop", "random_drop", "difference")]
        rows.append([*cells, f"{test['low']:.3f} to {test['high']:.3f}", f"{test['attended_drops_more']:.0%}"])
    return (
        f"{aligned(rows)}\n(attended, random: mean drop of the score of each text's top predicted label without such "
        "words;\nattended more: share of the texts in which it drops more without the attended words)"
    )


def _describe_heads(layer: int | None, head: int | None) -> str:
    heads = "mean over heads" if head is None else f"head {head}"
    return f"{'last layer' if layer is None else f'layer {layer}'}, {heads}"
