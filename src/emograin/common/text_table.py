"""Tables as text."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right.

    >>> print(aligned([["label", "F1"], ["joy", "0.5"]]))
    label   F1
    joy    0.5
    """
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in rows
    )


def number(value: float | None, digits: int = 4) -> str:
    """A figure, or a dash where there is none.

    >>> number(0.12345), number(None)
    ('0.1235', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"
