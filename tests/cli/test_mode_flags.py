"""Flags that a command would ignore in the mode that was chosen are refused."""

import pytest

from emograin.cli.app import main


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("attend RUN text --label joy", "--label is for --against"),
        ("attend RUN --split dev --label joy", "--label is for --against"),
        ("attend RUN text --data quickstart", "--data is for --against or --split"),
        ("attend RUN --split dev --flow --words 2", "--words is for the deletion test"),
        ("attend RUN --split dev --flow --random-choices 3", "--random-choices is for the deletion test"),
        ("attend RUN --split dev --flow --thresholds fixed", "--thresholds is for the deletion test"),
        ("export RUN OUT --data quickstart", "--data is for --int8"),
        ("export RUN OUT --data quickstart --format optimum --no-int8", "--data is for --int8"),
        ("reproduce --from OUT --seeds 0", "--from trains nothing, so it takes no settings, --seeds"),
        ("predict hi --workers 3", "--workers needs --engine ray, got --workers 3 without it"),
        ("predict hi --address auto", "--address needs --engine ray"),
        ("predict --input FILE --output OUT --engine local --workers 3", "--workers needs --engine ray"),
        ("predict hi --engine ray --workers 3", "--engine, need input files"),
        ("mix RUN --candidates self --similarity rouge-l --sweep", "--similarity is for other candidates than self"),
        ("mix RUN --candidates-file FILE", "--candidates-file is for other candidates than nearest-training-sentence"),
        ("evaluate RUN --candidates self --temperature 0.2", "--temperature is for --mix labels"),
        ("train baseline --temperature linear --output OUT", "--temperature is for --auxiliary"),
        ("calibrate --data FILE --unlabelled --split dev --output OUT", "--split is for a sample with labels"),
        ("calibrate --data FILE --unlabelled --label-column x --output OUT", "--label-column is for a sample with"),
        ("calibrate --data FILE --adaptation em --output OUT", "--adaptation is for texts without labels"),
    ],
)
def test_flags_without_their_mode_are_refused(tmp_path, capsys, command, message):
    (tmp_path / "texts.csv").write_text("text,labels\nso glad,joy\n")
    paths = {"RUN": tmp_path / "run", "OUT": tmp_path / "out", "FILE": tmp_path / "texts.csv"}
    assert main([str(paths.get(word, word)) for word in command.split()]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "out").exists()
