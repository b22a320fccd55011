"""Figures 6, 7 and 8: the attention of one document (§5.2), from the arrays of an `Attention`.

In the paper's pictures a line runs from the token that attends to the token that it attends to; what is read flows the
other way. Both directions are drawn.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...analysis.attention_record import Attention
from ...common.errors import EmograinError
from ...common.optional import import_optional
from .drawing import caption, new_figure, saved

FAINTEST = 0.02  # weights below are not drawn: of 50 tokens, what an even head gives to each
MARKED = "#0072b2"
LINES = (("#8a8a8a", "-"), (MARKED, "-"), ("#d55e00", (0, (2, 1))))  # any other, to what is marked, from it
ENDS = 3  # first and last layers in the grid of heads, as in the paper


def paper_figures(folder: str | Path, labels_first: Attention, baseline: Attention) -> list[Path]:
    """Figures 6, 7 and 8 as `figure_6`, `figure_7` and `figure_8`, from two runs' attention to one document.

    Args:
        folder: Where to write.
        labels_first: Of the label embeddings.
        baseline: Of the baseline.

    Returns:
        The six files.
    """
    folder = Path(folder)
    return [
        *document_and_labels(folder / "figure_6.png", labels_first),
        *all_heads(folder / "figure_7.png", labels_first),
        *into_slot(folder / "figure_8.png", baseline),
    ]


def document_and_labels(
    path: str | Path, attention: Attention, layer: int | None = None, head: int | None = None
) -> list[Path]:
    """Fig. 6: lines between the document's tokens and the labels, those of the shown label marked.

    Left, the tokens attend to the labels, as in the paper; right, the labels' slots attend to the tokens.

    Args:
        path: Of the PNG; the SVG stands beside it.
        attention: Of a method with several slots.
        layer: By default, for each side, of the last three layers the one with the head that is chosen.
        head: By default, for each side, the one with most attention between document and shown label.

    Returns:
        The two files.

    Raises:
        EmograinError: There is no such layer or head, or the method has one slot only.
    """
    if attention.slots < 2:
        raise EmograinError("expected attention of a method with several slots, got one", "figures.into_slot shows it")
    attention.check(layer, head)
    at, label = attention.document, shown_label(attention)
    tokens, labels = [attention.tokens[each] for each in at], attention.labels
    row = labels.index(label)
    figure = new_figure(9.2, 1.4 + 0.19 * max(len(tokens), len(labels)))
    panels = figure.subplots(1, 2)
    by_tokens, by_labels = _tokens_to_labels(attention), _labels_to_tokens(attention)
    for axes, weights, title in (
        (panels[0], by_tokens.swapaxes(-1, -2), "tokens attend to labels"),
        (panels[1], by_labels, "labels attend to tokens"),
    ):
        chosen = _strongest(weights[:, :, row].sum(axis=-1), layer, head)
        table = weights[chosen].T  # (tokens, labels)
        marked = np.zeros(table.shape, dtype=int)
        marked[:, row] = 1
        _lines(axes, tokens, labels, table, marked)
        _bold(axes, label)
        axes.set_title(f"layer {chosen[0]}, head {chosen[1]}: {title}", fontsize=10)
    picked = "" if layer is not None and head is not None else " Heads: most attention between document and that label."
    caption(figure, [*_described(attention), f"Width: weight. Blue: {_printable(label)}.{picked}"])
    return saved(figure, path)


def all_heads(path: str | Path, attention: Attention) -> list[Path]:
    """Fig. 7: every head of the first three and the last three layers, rows attend to columns, darker is more.

    Args:
        path: Of the PNG; the SVG stands beside it.
        attention: Of any method.

    Returns:
        The two files.
    """
    count = attention.layers
    layers = sorted({*range(min(ENDS, count)), *range(max(0, count - ENDS), count)})
    figure = new_figure(1.2 + 0.86 * attention.heads, 1.3 + 0.84 * len(layers))
    grid = figure.subplots(len(layers), attention.heads, squeeze=False)
    blocks = _blocks(attention.parts)
    names = {"prefix": "labels", "document": "text", "special": ""}
    label = shown_label(attention)
    slot = float(np.argmax(attention.reading[attention.labels.index(label)]))
    for line, layer in zip(grid, layers, strict=True):
        for head, axes in enumerate(line):
            # The root: small weights would be white.
            axes.imshow(np.sqrt(attention.weights[layer, head]), cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
            for _, start, _ in blocks[1:]:
                for draw in (axes.axhline, axes.axvline):
                    draw(start - 0.5, color=MARKED, lw=0.4)
            axes.plot([slot], [-0.5], marker="v", color=MARKED, markersize=4, clip_on=False)
            axes.set_xticks([], [])
            axes.set_yticks([], [])
            for side in axes.spines.values():
                side.set_linewidth(0.4)
        line[0].set_ylabel(f"layer {layer}", fontsize=9)
    middles = [((start + stop - 1) / 2, names[part]) for part, start, stop in blocks if names[part]]
    for head in range(attention.heads):
        grid[0, head].set_title(f"head {head}", fontsize=9)
        grid[-1, head].set_xticks([at for at, _ in middles], [name for _, name in middles], fontsize=7)
        grid[-1, head].tick_params(length=2)
    read = "output of its label" if attention.slots > 1 else "output"
    scored = f"▼: {_printable(label)} is scored from this {read}."
    about = f"Rows attend to columns; root of the weight, white 0, black 1. {scored}"
    caption(figure, [*_described(attention), about])
    return saved(figure, path)


def into_slot(path: str | Path, attention: Attention, heads: Sequence[int] | None = None) -> list[Path]:
    """Fig. 8: all tokens of the last layer, lines to and from the slot marked: the mean over heads, and single heads.

    Args:
        path: Of the PNG; the SVG stands beside it.
        attention: Of any method; of several slots, the shown label's.
        heads: By default the first and the last, as in the paper.

    Returns:
        The two files.

    Raises:
        EmograinError: There is no such head.
    """
    chosen = sorted({0, attention.heads - 1}) if heads is None else list(heads)
    for head in chosen:
        attention.check(None, head)
    last = attention.weights[-1]
    label = shown_label(attention)
    reading = attention.reading[attention.labels.index(label)]
    slot = reading > reading.max() / 2
    panels = [("mean over heads", last.mean(axis=0)), *((f"head {head}", last[head]) for head in chosen)]
    figure = new_figure(3.5 * len(panels), 1.6 + 0.19 * len(attention.tokens))
    marked = np.where(slot[None, :], 1, np.where(slot[:, None], 2, 0))
    for axes, (title, weights) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _lines(axes, attention.tokens, attention.tokens, weights, marked)
        received, even = weights[:, slot].sum(axis=1).mean(), slot.mean()
        axes.set_title(
            f"layer {attention.layers - 1}, {title}\nto the slot: {received:.3f} (even: {even:.3f})", fontsize=10
        )
    names = " ".join(_printable(attention.tokens[at]) for at in np.flatnonzero(slot)[:8])
    about = (
        f"Left attends to right; width: weight. Solid blue: to what {_printable(label)} is scored from ({names}), the "
        "paper's arrows; dashed: from it, what it reads. "
        "Numbers: mean attention of all tokens to it, and what it would be if every token were attended to alike."
    )
    caption(figure, [*_described(attention), about])
    return saved(figure, path)


def shown_label(attention: Attention) -> str:
    """The label that figures mark: the predicted one of the highest score, else that of the highest score."""
    return attention.predicted[0] if attention.predicted else attention.labels[int(np.argmax(attention.scores))]


def _labels_to_tokens(attention: Attention) -> np.ndarray:
    """(layers, heads, labels, document tokens): what labels' slots read."""
    return (attention.reading @ attention.weights)[..., attention.document]


def _tokens_to_labels(attention: Attention) -> np.ndarray:
    """(layers, heads, document tokens, labels): what tokens read from the pieces of each label."""
    share = attention.reading / np.maximum(
        attention.reading.sum(axis=0), 1e-12
    )  # a piece belongs to who is read from it
    return attention.weights[:, :, attention.document] @ share.T


def _strongest(strength: np.ndarray, layer: int | None, head: int | None) -> tuple[int, int]:
    """The head of most attention (layers, heads), where none is asked for: of the last three layers."""
    first = max(0, len(strength) - ENDS)
    layers = range(first, len(strength)) if layer is None else [layer]
    heads = range(strength.shape[1]) if head is None else [head]
    return max(((at, each) for at in layers for each in heads), key=lambda pair: float(strength[pair]))


def _lines(axes: Any, left: Sequence[str], right: Sequence[str], weights: np.ndarray, marked: np.ndarray) -> None:
    """Two columns of words and a line for each weight (left, right), as wide and dark as it is large.

    `marked` (left, right) says which of `LINES` each is.
    """
    from_top = [np.linspace(0, 1, len(names) + 2)[1:-1] for names in (left, right)]
    for at, to in sorted(np.ndindex(*weights.shape), key=lambda pair: (int(marked[pair]), float(weights[pair]))):
        weight = float(weights[at, to])
        if weight >= FAINTEST:
            colour, line = LINES[int(marked[at, to])]
            look = {"color": colour, "linestyle": line, "linewidth": 0.4 + 4 * weight, "alpha": min(1, 0.3 + weight)}
            axes.plot([0, 1], [from_top[0][at], from_top[1][to]], solid_capstyle="butt", **look)
    for x, names, places, side in ((-0.02, left, from_top[0], "right"), (1.02, right, from_top[1], "left")):
        for name, y in zip(names, places, strict=True):
            axes.text(x, y, _printable(name), ha=side, va="center", fontsize=8)
    axes.set(xlim=(-0.55, 1.55), ylim=(1, 0))
    axes.axis("off")


def _bold(axes: Any, label: str) -> None:
    for text in axes.texts:
        if text.get_ha() == "left" and text.get_text() == _printable(label):
            text.set(fontweight="bold", color=MARKED)


def _blocks(parts: Sequence[str]) -> list[tuple[str, int, int]]:
    """Stretches of equal parts: part, first position, position behind the last."""
    starts = [at for at in range(len(parts)) if at == 0 or parts[at] != parts[at - 1]]
    return [(parts[start], start, stop) for start, stop in zip(starts, [*starts[1:], len(parts)], strict=True)]


def _described(attention: Attention) -> list[str]:
    """What is shown: the model, the document, its labels."""
    text = " ".join(attention.words) + (" ..." if attention.cut else "")
    of = f" {attention.text_id}" if attention.text_id else ""
    gold = f"; gold: {', '.join(attention.gold)}" if attention.gold else ""
    top = shown_label(attention)
    score = f"{attention.scores[attention.labels.index(top)]:.2f}"
    said = f"predicted: {', '.join([f'{top} ({score})', *attention.predicted[1:]])}"
    if not attention.predicted:
        said = f"predicted: none, highest score: {top} ({score})"
    return [_printable(f"{attention.model}. Text{of}: “{text}”."), _printable(f"{said[0].upper()}{said[1:]}{gold}.")]


def _printable(text: str) -> str:
    """Text as matplotlib takes it: no formulas, and what its font has no sign for by its number."""
    fonts = import_optional("matplotlib.font_manager", "train")
    font = fonts.get_font(fonts.findfont("DejaVu Sans"))
    return "".join(
        "\\$" if each == "$" else each if font.get_char_index(ord(each)) else f"U+{ord(each):04X}" for each in text
    )
