"""Every table and figure from kept results: no run, no weights, no corpus is needed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .figure_parts import FIGURES
from .kept import Kept, Missing, Part
from .table_parts import claims_part, table_2_part, table_3_part

PARTS: Mapping[str, tuple[str, Callable[[Kept, Path, str], Part]]] = {
    "table-2": ("Table 2: macro F1 on test", table_2_part),
    "claims": ("The paper's claims", claims_part),
    "table-3": ("Table 3: similarity of the tasks", table_3_part),
    **FIGURES,
}


def render(results: Path, output: Path, wanted: Sequence[str] = (), policy: str = "fixed") -> list[Part]:
    """Make tables and figures, and write their files.

    Args:
        results: Kept results.
        output: Where the files go.
        wanted: Keys of `PARTS`; none is all of them.
        policy: Of the thresholds at which rows are compared.

    Returns:
        What was made. Where something was not kept, the part says so and has no files.

    Raises:
        EmograinError: There are no results, or they are damaged.
    """
    kept = Kept(results, policy)
    parts = []
    for name in wanted or PARTS:
        title, make = PARTS[name]
        try:
            parts.append(make(kept, output / name, title))
        except Missing as missing:
            parts.append(Part(name, title, text=f"Not made: the results hold no {missing}."))
    return parts
