"""The ablation of label embeddings as a picture, from results/label_embedding_ablation.json.

Every input or loss is a row with its macro average precision on dev: hollow circles with the output layer's bias
starting at 0, filled ones with a low bias, strokes for single seeds. The numbers are the differences to the words of
the labels at the same start of the bias.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emograin.reproduction.figures.drawing import STYLES, add_caption, add_legend, new_figure, save

RESULTS = Path(__file__).parents[1] / "results" / "label_embedding_ablation.json"
LOW = ", low bias"  # ends the names of cells with one
GROUPS = {  # heading -> cells, without LOW
    "Labels in the input": (
        "label words",
        "order shuffled in every batch",
        "slots that do not see each other",
        "random words",
        "words of other labels",
        "definitions",
        "unused tokens",
    ),
    "The document alone": (
        "baseline",
        "baseline with a pooler",
        "one [CLS], a deep head per label",
        "random output layer, mean of tokens",
        "output layer from label words, [CLS]",
        "output layer from random words, mean of tokens",
        "output layer from label words, mean of tokens",
    ),
    "Losses": (
        "baseline, weighted BCE",
        "baseline, focal loss",
        "baseline, asymmetric loss",
        "label words, weighted BCE",
    ),
}
STARTS = (
    ("bias starts at 0", STYLES[6], "white", -0.2),
    ("bias starts low", STYLES[1], STYLES[1].colour, 0.2),
)
NUMBERS = {"textcoords": "offset points", "fontsize": 8, "va": "center", "ha": "right", "annotation_clip": False}
RIGHT = 130  # right edge of the numbers, in points from the panel


def draw(path: str | Path) -> list[Path]:
    """Draw macro average precision of each cell of the archived ablation.

    Args:
        path: Path of the PNG; the SVG is saved beside it.

    Returns:
        The PNG and the SVG.
    """
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
    found = {(row["cell"].removesuffix(LOW), row.get("reference", row["cell"]).endswith(LOW)): row for row in rows}
    if unknown := {cell for cell, _ in found} - {cell for cells in GROUPS.values() for cell in cells}:
        raise SystemExit(f"{Path(__file__).name}: cells without a place in the picture: {', '.join(sorted(unknown))}")
    heights = [len(cells) + 0.9 for cells in GROUPS.values()]
    figure = new_figure(8.2, 1.6 + 0.36 * sum(heights))
    panels = figure.subplots(len(GROUPS), 1, sharex=True, height_ratios=heights)
    for axes, (heading, cells) in zip(panels, GROUPS.items(), strict=True):
        for at, cell in enumerate(cells):
            for is_low, (title, style, fill, shift) in enumerate(STARTS):
                if (row := found.get((cell, bool(is_low)))) is not None:
                    _draw_cell(axes, at + shift, row, title, {"mec": style.colour, "mfc": fill})
        for is_low, (_, style, *_) in enumerate(STARTS):
            words = found["label words", bool(is_low)]["average_precision_all"]
            axes.axvline(words, color=style.colour, lw=0.8, ls=":")
        axes.set_yticks(range(len(cells)), cells, fontsize=9)
        axes.set_ylim(len(cells) - 0.4, -0.6)
        axes.set_title(heading, fontsize=9.5, loc="left", fontweight="bold")
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="0.9", lw=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
    panels[-1].set_xlabel("macro average precision on dev")
    panels[0].annotate("to label words, same bias", (1, 1), (RIGHT, 8), xycoords="axes fraction", **NUMBERS)
    shown = {label: line for axes in panels for line, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    add_legend(figure, list(shown.values()), list(shown))
    seeds = sorted({len(row["seeds"]) for row in rows})
    trainings = f"{' to '.join(map(str, sorted({seeds[0], seeds[-1]})))} trainings"
    what = f"One epoch on every fourth training text; circles: means of {trainings}, strokes: single ones."
    add_caption(figure, [f"{what} 95 % intervals over texts and seeds. Dotted: label words."])
    return save(figure, path)


def _draw_cell(axes: Any, at: float, row: Mapping[str, Any], title: str, colours: Mapping[str, str]) -> None:
    axes.plot(row["average_precision_all"], at, "o", ms=6, mew=1.5, zorder=3, label=title, **colours)
    singles = row["average_precision_all_by_seed"]
    if len(singles) > 1:
        axes.plot(singles, [at] * len(singles), "|", ms=6, color=colours["mec"], zorder=2)
    if (change := row.get("average_precision_all_difference")) is not None:
        text = "{:+.3f} ({:+.3f} to {:+.3f})".format(*change)
        axes.annotate(text, (1, at), (RIGHT, 0), xycoords=axes.get_yaxis_transform(), color=colours["mec"], **NUMBERS)
