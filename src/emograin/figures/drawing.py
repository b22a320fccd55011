"""How every picture is begun and written: without a screen, as PNG and as SVG, the same bytes for the same figures."""

from functools import partial
from pathlib import Path
from typing import Any

from ..errors import extra
from ..run_folder import write_whole


def new_figure(width: float, height: float) -> Any:
    """An empty matplotlib figure.

    Args:
        width: In inches.
        height: In inches.

    Raises:
        EmograinError: Matplotlib is not installed.
    """
    return extra("matplotlib.figure", "train").Figure(figsize=(width, height), layout="constrained")


def saved(figure: Any, path: Path) -> list[Path]:
    """Write a figure.

    Args:
        figure: A matplotlib figure.
        path: Of the PNG; the SVG stands beside it.

    Returns:
        The two files.

    Raises:
        EmograinError: The folder cannot be written.
    """
    with extra("matplotlib", "train").rc_context({"svg.hashsalt": "emograin", "svg.fonttype": "none"}):
        return [
            write_whole(path.with_suffix(".png"), partial(figure.savefig, format="png", dpi=150)),
            write_whole(path.with_suffix(".svg"), partial(figure.savefig, format="svg", metadata={"Date": None})),
        ]
