"""What the documentation names exists: links, files, functions, commands with their flags."""

import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from emograin.cli.app import app

ROOT = Path(__file__).parents[2]
CARD = ROOT / "src/emograin/prediction/shipped/MODEL_CARD.md"
OTHERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "js/README.md")]
DOCUMENTS = [*OTHERS, CARD, *sorted((ROOT / "docs").glob("*.md"))]
PARTS = {
    "§3.": ["1", "2.1", "2.2", "2.3", "3", "4.1", "4.2", "5.1", "5.2", "5.3"],
    "§4.": range(1, 6),
    "§5.": range(1, 5),
    "§": [6],
    "Eq. ": range(1, 8),
    "Fig. ": range(1, 10),
    "Table ": range(1, 5),
}


def paper_rows() -> list[list[str]]:
    """The cells of each row of the paper's map: paper, what, file, function, command, status."""
    lines = (ROOT / "docs" / "paper_map.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def found(dotted: str) -> object:
    """What a dotted name leads to: a module, or an attribute of one.

    Raises:
        ModuleNotFoundError: Nothing.
    """
    parent, _, name = dotted.rpartition(".")
    value = found(parent) if parent else None
    return getattr(value, name) if hasattr(value, name) else import_module(dotted)


def commands(document: Path) -> list[str]:
    """Lines of console blocks and indented lines that call emograin, joined where they go on, comments left out."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:console|bash|sh|shell)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += re.findall(r"^ {4}(emograin .*)$", text, flags=re.MULTILINE)
    return [line for line in lines if line.startswith("emograin ")]


def arguments_of(command: str) -> list[str]:
    """The words behind `emograin`, up to a pipe or redirection."""
    words = shlex.split(command, comments=True)[1:]
    ends = [at for at, word in enumerate(words) if word in ("|", ">", "<", "&&", ">>")]
    return words[: min(ends, default=len(words))]


def require_command(command: str) -> None:
    """Bind a command's words to its function, without running it."""
    words = arguments_of(command)
    if set(words) & {"--help", "--version"}:
        words = [word for word in words if word not in ("--help", "--version")]
        assert not words or words[0] in list(app), command
        return
    app.parse_args(words, exit_on_error=False, print_error=False)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(document):
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", link):
            file, _, part = link.partition("#")
            target = document.parent / file if file else document
            assert target.exists(), link
            assert not part or part in anchors(target), link


def anchors(document: Path) -> set[str]:
    """Addresses of the headings of a document, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_commands_and_anchors_are_found():
    assert len(commands(ROOT / "README.md")) > 10
    assert "the-papers-claims" in anchors(ROOT / "docs/reproduction.md")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_are_accepted(document):
    for command in commands(document):
        require_command(command)


def test_the_map_of_the_paper_names_what_exists():
    rows = paper_rows()
    assert len(rows) > 20
    for paper, _, file, function, command, status in rows:
        links, functions, lines = re.findall(r"\]\(([^)]+)\)", file), code(function), code(command)
        if [file, function, command] == ["–"] * 3:
            assert status.startswith("not built yet"), paper
            continue
        assert links, paper
        assert functions, paper
        assert lines, paper
        assert "built" in status.replace("not built", ""), paper
        for link in links:
            assert (ROOT / "docs" / link).is_file(), link
        for name in functions:
            assert found(name) is not None, name
        for line in lines:
            require_command(line)


def test_the_map_has_every_part_of_the_paper():
    named = {part for row in paper_rows() for part in row[0].split(", ")}
    assert {f"{kind}{number}" for kind, numbers in PARTS.items() for number in numbers} <= named


def test_the_map_is_held_to_its_words():
    with pytest.raises(ModuleNotFoundError):
        found("emograin.models.methods.Nothing")
    with pytest.raises(Exception, match="colour"):
        require_command("emograin train baseline --colour blue")
    with pytest.raises(Exception, match="trian"):
        require_command("emograin trian baseline")


def test_settings_in_deviations_exist():
    from emograin.cli.mixing_flags import FLAGS
    from emograin.mixing.config import Mixing
    from emograin.models.config import Training

    flags = {FLAGS.get(name, name.replace("_", "-")).removeprefix("--") for name in Mixing.__dataclass_fields__}
    names = {*Training.__dataclass_fields__, *flags}
    text = (ROOT / "docs" / "deviations.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    settings = [name for row in rows if len(row) == 4 for name in code(row[3]) if "taxonomy" not in row[3]]
    assert len(settings) > 10
    assert set(settings) <= names


def test_every_extra_is_in_the_table_of_extras():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    section = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8").partition("\n## Extras\n")[2]
    rows = [line.split("|")[1] for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in code(row)} == set(extras)
