"""Figures 6, 7 and 8: attention on one document (§5.2), from the arrays of an `Attention`.

In the paper's pictures a line runs from the attending token to the attended one; information flows the other way. Both
directions are drawn.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...analysis.attention_record import Attention
from ...common.errors import EmograinError
from ...common.optional import import_optional
from .drawing import add_caption, new_figure, save

MIN_WEIGHT = 0.02  # lower weights are not drawn: the weight of each of 50 tokens in an even head
MARKED = "#0072b2"
LINES = (("#8a8a8a", "-"), (MARKED, "-"), ("#d55e00", (0, (2, 1))))  # unmarked; to a marked token; from a marked token
LAYERS = 3  # number of first and of last layers in the grid of heads, as in the paper


def draw_document_and_labels(
    path: str | Path, attention: Attention, layer: int | None = None, head: int | None = None
) -> list[Path]:
    """Draw the attention between the document's tokens and the labels, that of the top label marked (Fig. 6).

    Left, the tokens attend to the labels, as in the paper; right, the labels attend to the tokens.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        attention: Attention of a method with one embedding per label.
        layer: Layer, counted from 0; None: on each side the one of the chosen head, among the last three.
        head: Head, counted from 0; None: on each side the one with most attention between document and top label.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: The layer or the head does not exist, or the method has a single embedding.
    """
    if attention.slots < 2:
        raise EmograinError(
            "expected attention of a method with one embedding per label, got a single one", "draw_readout_attention"
        )
    attention.check(layer, head)
    at, label = attention.document, attention.top_label
    tokens, labels = [attention.tokens[each] for each in at], attention.labels
    row = labels.index(label)
    figure = new_figure(9.2, 1.4 + 0.19 * max(len(tokens), len(labels)))
    panels = figure.subplots(1, 2)
    by_tokens, by_labels = _tokens_to_labels(attention), _labels_to_tokens(attention)
    for axes, weights, title in (
        (panels[0], by_tokens.swapaxes(-1, -2), "tokens attend to labels"),
        (panels[1], by_labels, "labels attend to tokens"),
    ):
        chosen = _select_head(weights[:, :, row].sum(axis=-1), layer, head)
        table = weights[chosen].T  # (tokens, labels)
        marked = np.zeros(table.shape, dtype=int)
        marked[:, row] = 1
        _draw_lines(axes, tokens, labels, table, marked)
        _emphasize(axes, label)
        axes.set_title(f"layer {chosen[0]}, head {chosen[1]}: {title}", fontsize=10)
    chosen_by = " Heads: most attention between document and that label." if layer is None or head is None else ""
    add_caption(figure, [*_describe(attention), f"Width: weight. Blue: {_printable(label)}.{chosen_by}"])
    return save(figure, path)


def draw_all_heads(path: str | Path, attention: Attention) -> list[Path]:
    """Draw every head of the first three and the last three layers: rows attend to columns, darker is more (Fig. 7).

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        attention: Attention of any method.

    Returns:
        The PNG and the SVG.
    """
    count = attention.layers
    layers = sorted({*range(min(LAYERS, count)), *range(max(0, count - LAYERS), count)})
    figure = new_figure(1.2 + 0.86 * attention.heads, 1.3 + 0.84 * len(layers))
    grid = figure.subplots(len(layers), attention.heads, squeeze=False)
    blocks = _blocks(attention.regions)
    names = {"prefix": "labels", "document": "text", "special": ""}
    label = attention.top_label
    slot = float(np.argmax(attention.readout[attention.labels.index(label)]))
    for line, layer in zip(grid, layers, strict=True):
        for head, axes in enumerate(line):
            # The square root, because small weights would be white.
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
    middles = [((start + stop - 1) / 2, names[region]) for region, start, stop in blocks if names[region]]
    for head in range(attention.heads):
        grid[0, head].set_title(f"head {head}", fontsize=9)
        grid[-1, head].set_xticks([at for at, _ in middles], [name for _, name in middles], fontsize=7)
        grid[-1, head].tick_params(length=2)
    output = "output of its label" if attention.slots > 1 else "output"
    marker = f"▼: {_printable(label)} is scored from this {output}."
    about = f"Rows attend to columns; square root of the weight, white 0, black 1. {marker}"
    add_caption(figure, [*_describe(attention), about])
    return save(figure, path)


def draw_readout_attention(path: str | Path, attention: Attention, heads: Sequence[int] | None = None) -> list[Path]:
    """Draw the attention of the last layer, that to and from the top label's readout marked (Fig. 8).

    The panels are the mean over heads and single heads.

    Args:
        path: Path of the PNG; the SVG is saved beside it.
        attention: Attention of any method.
        heads: Heads, counted from 0; None: the first and the last, as in the paper.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: A head does not exist.
    """
    chosen = sorted({0, attention.heads - 1}) if heads is None else list(heads)
    for head in chosen:
        attention.check(None, head)
    last = attention.weights[-1]
    label = attention.top_label
    readout = attention.readout[attention.labels.index(label)]  # (tokens,)
    slot = readout > readout.max() / 2
    panels = [("mean over heads", last.mean(axis=0)), *((f"head {head}", last[head]) for head in chosen)]
    figure = new_figure(3.5 * len(panels), 1.6 + 0.19 * len(attention.tokens))
    marked = np.where(slot[None, :], 1, np.where(slot[:, None], 2, 0))
    for axes, (title, weights) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw_lines(axes, attention.tokens, attention.tokens, weights, marked)
        received, even = weights[:, slot].sum(axis=1).mean(), slot.mean()
        axes.set_title(
            f"layer {attention.layers - 1}, {title}\nto the slot: {received:.3f} (even: {even:.3f})", fontsize=10
        )
    names = " ".join(_printable(attention.tokens[at]) for at in np.flatnonzero(slot)[:8])
    about = (
        f"Left attends to right; width: weight. Solid blue: to the slot that {_printable(label)} is scored from "
        f"({names}), the paper's arrows; dashed: from it. Numbers: mean attention of all tokens to it, and its value "
        "if every token were attended to evenly."
    )
    add_caption(figure, [*_describe(attention), about])
    return save(figure, path)


def _labels_to_tokens(attention: Attention) -> np.ndarray:
    """Return the attention of each label to the document: (layers, heads, labels, document tokens)."""
    return (attention.readout @ attention.weights)[..., attention.document]


def _tokens_to_labels(attention: Attention) -> np.ndarray:
    """Return the attention of the document to each label: (layers, heads, document tokens, labels)."""
    total = np.maximum(attention.readout.sum(axis=0), 1e-12)  # (tokens,)
    share = attention.readout / total  # (labels, tokens): a token belongs to the labels that are scored from it
    return attention.weights[:, :, attention.document] @ share.T


def _select_head(strength: np.ndarray, layer: int | None, head: int | None) -> tuple[int, int]:
    """Return the layer and head with most attention (layers, heads); by default among the last three layers."""
    first = max(0, len(strength) - LAYERS)
    layers = range(first, len(strength)) if layer is None else [layer]
    heads = range(strength.shape[1]) if head is None else [head]
    return max(((at, each) for at in layers for each in heads), key=lambda pair: float(strength[pair]))


def _draw_lines(axes: Any, left: Sequence[str], right: Sequence[str], weights: np.ndarray, marked: np.ndarray) -> None:
    """Draw two columns of words and a line per weight, wider and darker for larger weights.

    Args:
        axes: Axes to draw on.
        left: Words of the left column.
        right: Words of the right column.
        weights: Attention weights, (left, right).
        marked: Index of each line's style in `LINES`, (left, right).
    """
    from_top = [np.linspace(0, 1, len(names) + 2)[1:-1] for names in (left, right)]
    for row, column in sorted(np.ndindex(*weights.shape), key=lambda pair: (int(marked[pair]), float(weights[pair]))):
        weight = float(weights[row, column])
        if weight >= MIN_WEIGHT:
            colour, line = LINES[int(marked[row, column])]
            style = {"color": colour, "linestyle": line, "linewidth": 0.4 + 4 * weight, "alpha": min(1, 0.3 + weight)}
            axes.plot([0, 1], [from_top[0][row], from_top[1][column]], solid_capstyle="butt", **style)
    for x, names, places, side in ((-0.02, left, from_top[0], "right"), (1.02, right, from_top[1], "left")):
        for name, y in zip(names, places, strict=True):
            axes.text(x, y, _printable(name), ha=side, va="center", fontsize=8)
    axes.set(xlim=(-0.55, 1.55), ylim=(1, 0))
    axes.axis("off")


def _emphasize(axes: Any, label: str) -> None:
    for text in axes.texts:
        if text.get_ha() == "left" and text.get_text() == _printable(label):
            text.set(fontweight="bold", color=MARKED)


def _blocks(regions: Sequence[str]) -> list[tuple[str, int, int]]:
    """Return stretches of equal regions: region, first position, position after the last."""
    starts = [at for at in range(len(regions)) if at == 0 or regions[at] != regions[at - 1]]
    return [(regions[start], start, stop) for start, stop in zip(starts, [*starts[1:], len(regions)], strict=True)]


def _describe(attention: Attention) -> list[str]:
    """Describe the model, the document and its labels."""
    text = " ".join(attention.words) + (" ..." if attention.truncated else "")
    text_id = f" {attention.text_id}" if attention.text_id else ""
    gold = f"; gold: {', '.join(attention.gold)}" if attention.gold else ""
    top = attention.top_label
    score = f"{attention.scores[attention.labels.index(top)]:.2f}"
    labels = f"Predicted: {', '.join([f'{top} ({score})', *attention.predicted[1:]])}"
    if not attention.predicted:
        labels = f"Predicted: none, highest score: {top} ({score})"
    return [_printable(f"{attention.model}. Text{text_id}: “{text}”."), _printable(f"{labels}{gold}.")]


def _printable(text: str) -> str:
    """Escape text for matplotlib: no formulas, and characters missing in its font as code points."""
    fonts = import_optional("matplotlib.font_manager", "train")
    font = fonts.get_font(fonts.findfont("DejaVu Sans"))
    return "".join(
        "\\$" if each == "$" else each if font.get_char_index(ord(each)) else f"U+{ord(each):04X}" for each in text
    )
