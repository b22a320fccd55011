"""Every table and figure as one page that opens from disk without anything from outside; every table as Markdown."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from .kept import Part, write_text
from .table_parts import as_markdown

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums }
div.wide { overflow-x: auto }
th, td { padding: 0.25rem 0.6rem; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top }
th { border-bottom: 2px solid #555 }
img { max-width: 100%; height: auto; background: white; margin: 0.5rem 0 }
nav a { margin-right: 1rem; white-space: nowrap }
p { max-width: 50rem }
section { margin-bottom: 3rem }
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #e6e6e6 }
  th, td { border-color: #444 }
  a { color: #8ab4f8 }
}
"""


def write_report(path: Path, parts: Sequence[Part]) -> Path:
    """Write the page.

    Raises:
        EmograinError: It cannot be written.
    """
    links = "\n".join(f'<a href="#{part.name}">{escape(part.title)}</a>' for part in parts)
    sections = "\n".join(_section(part) for part in parts)
    return write_text(
        path,
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fine-grained emotion classification: the paper beside ours</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Fine-grained emotion classification: the paper beside ours</h1>
<p>Tables, figures and claims of &ldquo;Delving into Fine-Grained Emotion Classification&rdquo; (Wang and Feng), remade
by <code>emograin reproduce</code>.</p>
<nav>
{links}
</nav>
{sections}
</body>
</html>
""",
    )


def write_markdown(path: Path, parts: Sequence[Part], pictures: str = ".") -> Path:
    """Write tables and texts, and links to the pictures.

    Args:
        path: Of the file.
        parts: What to show.
        pictures: The folder of the PNGs, seen from the file.

    Raises:
        EmograinError: It cannot be written.
    """
    sections = []
    for part in parts:
        shown = [f"![{part.title}]({pictures}/{file.with_suffix('.png').name})\n" for file in part.pictures]
        body = [*([as_markdown(part.table)] if part.table else []), *shown]
        sections.append("\n".join([f"## {part.title}\n", *([f"{part.text}\n"] if part.text else []), *body]))
    intro = "Made by `emograin reproduce` from kept results; not to be edited."
    return write_text(path, "\n".join([f"# The paper beside ours\n\n{intro}\n", *sections]))


def _section(part: Part) -> str:
    pictures = "".join(
        f'<img alt="{escape(part.title)}" src="data:image/svg+xml;base64,{_encoded(file)}">\n' for file in part.pictures
    )
    text = f"<p>{escape(part.text)}</p>\n" if part.text else ""
    return f'<section id="{part.name}">\n<h2>{escape(part.title)}</h2>\n{_table(part.table)}{pictures}{text}</section>'


def _table(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    titles, *body = rows
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in titles)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n" for cells in body)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n'


def _encoded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
