"""emograin attend: what a run attends to in one text, with pictures (Fig. 6 to 8), and whether it matters."""

import sys
from collections.abc import Mapping
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ..common.errors import EmograinError
from ..common.optional import import_optional

if TYPE_CHECKING:  # the command loads them, `emograin --help` does not
    from ..analysis.attention_record import Attention
    from ..models.methods import Method

SHOWN = 5  # words listed a label


def attend(
    run: Path,
    text: str | None = None,
    *,
    against: Path | None = None,
    label: str | None = None,
    data: str | None = None,
    layer: int | None = None,
    head: int | None = None,
    words: int = 1,
    draws: int = 20,
    seed: int = 0,
    thresholds: Literal["fixed", "global", "per-label"] = "per-label",
    output: Path | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """What a run attends to in one text: pictures (Fig. 6 to 8), words, and whether the score falls without them.

    With --against instead of a text, the test text that the run labels rightly and the other does not, a rare label
    first, the most confident first; both runs must have been evaluated.

    Parameters
    ----------
    run
        A run folder.
    text
        The text.
    against
        Another run folder.
    label
        With --against: only texts of this gold label.
    data
        With --against: the corpus that texts are read from; by default the one the run was trained on.
    layer
        Whose attention, counted from 0. [default: the last for words; pictures choose]
    head
        Whose attention, counted from 0. [default: the mean over heads for words; pictures choose]
    words
        How many words are masked for the check.
    draws
        Choices of random words to compare with; all there are if they are no more.
    seed
        Of the draws.
    thresholds
        Which of the run's thresholds decide what is predicted.
    output
        A folder for pictures and arrays. [default: RUN/attention]
    json
        Print JSON instead of text.
    """
    import_optional("torch", "train")
    if (text is None) == (against is None):
        raise EmograinError(f"expected a text or --against RUN, got {'neither' if text is None else 'both'}")
    if text is not None and not text.strip():
        raise EmograinError("expected a text, got an empty one")
    for name, value in (("words", words), ("draws", draws)):
        if value < 1:
            raise EmograinError(f"{name} must be at least 1, got {value}")
    from ..analysis.attention_record import write_attention
    from ..analysis.contrasting_documents import chosen_document, read_document
    from ..models.run_folder import RunFolder
    from ..reproduction.figures.attention_maps import all_heads, document_and_labels, into_slot

    document = {"text": text} if against is None else chosen_document(run, against, label, data, thresholds)
    folder = RunFolder(run).require()
    method, attention = read_document(run, document, thresholds)
    attention.check(layer, head)
    target = output or folder.path / "attention"
    files = [write_attention(target / "attention.npz", attention)]
    if attention.slots > 1:
        files += document_and_labels(target / "document_and_labels.png", attention, layer, head)
    else:
        files += into_slot(target / "into_slot.png", attention, None if head is None else [head])
    files += all_heads(target / "all_heads.png", attention)
    found = explained(method, attention, document, layer, head, words, draws, seed)
    if against is not None:
        _, other = read_document(against, document, thresholds)
        files.append(write_attention(target / "against.npz", other))
        files += into_slot(target / "against_into_slot.png", other)
        found |= {"against": other.model, "against_predicted": other.predicted}
    found["files"] = [str(file) for file in files]
    print(dumps(found, indent=1, ensure_ascii=False) if json else _text(found))
    print(f"\nIn {target}: {', '.join(file.name for file in files)}", file=sys.stderr)


def explained(
    method: "Method",
    attention: "Attention",
    document: Mapping[str, Any],
    layer: int | None,
    head: int | None,
    words: int,
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """What `attend` prints, as plain values: a row a predicted label, or one for the highest score if there is none."""
    from ..analysis.word_deletion import Deletion, falls, manner, most
    from ..reproduction.figures.attention_maps import shown_label

    shares = attention.word_shares(layer, head)
    names = attention.predicted or [shown_label(attention)]
    rows = [attention.labels.index(name) for name in names]
    ids, places = method.tokenize([document["text"]])[0], attention.word_of[attention.document]
    taken = [most(shares[row], words) for row in rows]
    deletions = [Deletion(ids, places, row, chosen) for row, chosen in zip(rows, taken, strict=True)]
    emotions = []
    for row, chosen, fall in zip(rows, taken, falls(method, deletions, draws, seed), strict=True):
        order = [int(at) for at in (-shares[row]).argsort(kind="stable")[:SHOWN]]
        check = {"words": [attention.words[at] for at in chosen], "fall": fall.attended, "random_drop": fall.random}
        check |= {"choices": fall.choices, "every_choice": fall.every_choice}
        listed = [{"word": attention.words[at], "share": float(shares[row, at])} for at in order]
        emotions.append({"label": attention.labels[row], "score": fall.score, "words": listed, "deletion": check})
    notes = []
    if attention.cut:
        notes.append(f"only the first {method.max_document_tokens} word pieces were read")
    if not attention.predicted:
        notes.append("no label reaches its threshold: the highest score is shown")
    if len(attention.words) == 1:
        notes.append("of one word there is no other to compare with")
    return {
        "model": attention.model,
        **document,
        "predicted": attention.predicted,
        "layer": layer,
        "head": head,
        "attention": f"{_which(layer, head)}, from what the label is scored from to the words, renormalised over them",
        "by": manner(method),
        "emotions": emotions,
        "notes": notes,
    }


def _which(layer: int | None, head: int | None) -> str:
    heads = "mean over heads" if head is None else f"head {head}"
    return f"{'last layer' if layer is None else f'layer {layer}'}, {heads}"


def _text(found: Mapping[str, Any]) -> str:
    """What people read."""
    lines = [f"{found['model']}: {found['text']}"]
    if "id" in found:
        lines.append(f"(test text {found['id']}, gold {', '.join(found['gold'])})")
    lines += [f"note: {note}" for note in found["notes"]]
    for row in found["emotions"]:
        check = row["deletion"]
        over = f"{'all' if check['every_choice'] else 'random choices:'} {check['choices']}"
        count = f"{len(check['words'])} word" + "s" * (len(check["words"]) != 1)
        lines += ["", f"{row['label']}  {row['score']:.2f}"]
        lines.append("  attends to      " + "  ".join(f"{word['word']} {word['share']:.2f}" for word in row["words"]))
        lines.append(f"  falls by {check['fall']:+.3f}  without  {' '.join(check['words'])}")
        lines.append(f"  falls by {check['random_drop']:+.3f}  without  any {count}, on average ({over})")
    lines += ["", f"Attention: {found['attention']}. Words are {found['by']}."]
    if "against" in found:
        lines.append(f"{found['against']} predicts: {', '.join(found['against_predicted']) or '(no label)'}")
    return "\n".join(lines)
