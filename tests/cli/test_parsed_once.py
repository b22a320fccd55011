"""A command parses each file of a run once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emograin.cli.app import main
from emograin.models.run_folder import RunFolder
from emograin.training.loop import train

FILES = ("run.json", "taxonomy.json", "thresholds.json")


@pytest.fixture(scope="module")
def run(settings, corpus, tmp_path_factory) -> Path:
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "tiny")
    train(settings, corpus, folder)
    return folder.path


@contextmanager
def counted(folder: Path) -> Iterator[Counter[str]]:
    """Count how often the files of a run are read."""
    reads: Counter[str] = Counter()
    read_text = Path.read_text

    def counting(path: Path, *arguments: object, **options: object) -> str:
        if path.parent == folder:
            reads[path.name] += 1
        return read_text(path, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_text", counting)
        yield reads


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "RUN"],
        ["evaluate", "RUN", "--candidates", "self"],
        ["mix", "RUN", "--candidates", "self", "--sweep"],
        ["predict", "so happy", "--model", "RUN"],
        ["attend", "RUN", "so happy today"],
        ["export", "RUN", "EXPORTED"],
    ],
    ids=" ".join,
)
def test_each_file_of_a_run_is_parsed_once(run, tmp_path, command):
    names = {"RUN": str(run), "EXPORTED": str(tmp_path / "exported")}
    with counted(run) as reads:
        assert main([names.get(word, word) for word in command]) == 0
    assert {name: reads[name] for name in FILES} == dict.fromkeys(FILES, 1)
