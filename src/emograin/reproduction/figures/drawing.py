"""Shared parts of all figures: styles, captions, and saving as PNG and SVG with the same bytes every time."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

from ...common.errors import EmograinError
from ...common.files import write_atomically
from ...common.optional import import_optional

RARE = 200  # labels with fewer training examples are marked: GoEmotions' grief, pride, relief and nervousness


class Style(NamedTuple):
    """Style of one of several systems or groups, distinct in greyscale and for the colour-blind."""

    colour: str
    marker: str
    line: str | tuple[int, tuple[int, ...]]  # a name, or offset and lengths of dashes and gaps


STYLES = (
    Style("#000000", "o", "-"),
    Style("#0072b2", "^", "--"),
    Style("#e69f00", "s", "-."),
    Style("#009e73", "D", ":"),
    Style("#cc79a7", "v", (0, (6, 1, 1, 1, 1, 1))),
    Style("#56b4e9", "X", (0, (8, 3))),
    Style("#d55e00", "P", (0, (1, 3))),
    Style("#888888", "*", (0, (3, 1, 1, 1))),
)


def pick_styles(count: int) -> tuple[Style, ...]:
    """Return a distinct style for each of several systems or groups.

    Raises:
        EmograinError: There are none, or more than distinct styles.
    """
    if not 1 <= count <= len(STYLES):
        raise EmograinError(f"a figure shows 1 to {len(STYLES)} systems or groups, got {count}")
    return STYLES[:count]


def new_figure(width: float, height: float) -> Any:
    """Create an empty matplotlib figure.

    Args:
        width: Width in inches.
        height: Height in inches.

    Raises:
        EmograinError: Matplotlib is not installed.
    """
    figure = import_optional("matplotlib.figure", "train").Figure(figsize=(width, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)  # inches from the edge
    return figure


def add_legend(figure: Any, handles: Sequence[Any], titles: Sequence[str]) -> None:
    """Add a legend above the panels, in as many columns as fit."""
    columns = int(10 * figure.get_figwidth() / (6 + max(map(len, titles))))
    figure.legend(handles, titles, loc="outside upper center", ncols=max(1, columns), fontsize=9, frameon=False)


def add_caption(figure: Any, lines: Sequence[str]) -> None:
    """Add a caption at the foot of a figure, wrapped to its width."""
    columns = int(15.6 * figure.get_figwidth())  # characters of 8 points
    folded = "\n".join(part for line in lines for part in wrap(line, columns))
    figure.supxlabel(folded, fontsize=8, x=0.02, ha="left", ma="left")


def save(figure: Any, path: str | Path) -> list[Path]:
    """Save a figure as PNG and SVG.

    Args:
        figure: A matplotlib figure.
        path: Path of the PNG; the SVG is saved beside it.

    Returns:
        The PNG and the SVG.

    Raises:
        EmograinError: The folder cannot be written.
    """
    path = Path(path)
    with import_optional("matplotlib", "train").rc_context({"svg.hashsalt": "emograin", "svg.fonttype": "none"}):
        return [
            write_atomically(path.with_suffix(".png"), partial(figure.savefig, format="png", dpi=150)),
            write_atomically(path.with_suffix(".svg"), partial(figure.savefig, format="svg", metadata={"Date": None})),
        ]
