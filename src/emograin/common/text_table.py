"""Tables of cells as text: aligned for a terminal, or as Markdown."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines of aligned columns: the first to the left, the others to the right.

    Args:
        rows: Cells of each row, of equal number.

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


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table, without a final newline.

    Args:
        rows: Titles of the columns, then the cells of each row.

    >>> print(markdown([["label", "F1"], ["joy", "0.5"]]))
    | label | F1 |
    |---|---|
    | joy | 0.5 |
    """
    titles, *body = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([titles, "|---" * len(rows[0]) + "|", *body])


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with a fixed number of decimals, and None as a dash.

    >>> number(0.12345), number(None)
    ('0.1235', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"
