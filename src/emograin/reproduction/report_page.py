"""The report as one HTML page that loads nothing from outside, and as Markdown."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..common.files import write_text
from ..common.text_table import markdown
from .report import Section

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


def write_report(path: Path, sections: Sequence[Section]) -> Path:
    """Write the HTML page, with pictures inlined.

    Args:
        path: Path of the page.
        sections: Sections to show.

    Raises:
        EmograinError: The file cannot be written.
    """
    links = "\n".join(f'<a href="#{section.name}">{escape(section.title)}</a>' for section in sections)
    body = "\n".join(_section_html(section) for section in sections)
    return write_text(
        path,
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fine-grained emotion classification: the paper&rsquo;s results and ours</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Fine-grained emotion classification: the paper&rsquo;s results and ours</h1>
<p>Tables, figures and claims of &ldquo;Delving into Fine-Grained Emotion Classification&rdquo; (Wang and Feng),
reproduced by <code>emograin reproduce</code>.</p>
<nav>
{links}
</nav>
{body}
</body>
</html>
""",
    )


def write_markdown(path: Path, sections: Sequence[Section], pictures: str = ".") -> Path:
    """Write the report as Markdown, with links to the pictures.

    Args:
        path: Path of the file.
        sections: Sections to show.
        pictures: Folder of the PNGs, relative to the file.

    Raises:
        EmograinError: The file cannot be written.
    """
    intro = "Made by `emograin reproduce` from archived results; do not edit."
    parts = [f"# The paper's results and ours\n\n{intro}\n"]
    for section in sections:
        lines = [f"## {section.title}\n"]
        lines += [f"![{section.title}]({pictures}/{file.with_suffix('.png').name})\n" for file in section.pictures]
        lines += [f"{section.text}\n"] if section.text else []
        lines += [f"{markdown(section.table)}\n"] if section.table else []
        parts.append("\n".join(lines))
    return write_text(path, "\n".join(parts))


def _section_html(section: Section) -> str:
    title = escape(section.title)
    pictures = "".join(
        f'<img alt="{title}" src="data:image/svg+xml;base64,{_base64(file)}">\n' for file in section.pictures
    )
    text = "".join(f"<p>{escape(part)}</p>\n" for part in section.text.split("\n\n") if part)
    table = _table_html(section.table)
    return f'<section id="{section.name}">\n<h2>{title}</h2>\n{pictures}{table}{text}</section>'


def _table_html(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    titles, *body = rows
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in titles)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n" for cells in body)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table></div>\n'


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
