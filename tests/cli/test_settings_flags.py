"""Flags are made from the settings classes: one definition of each setting."""

import dataclasses
import subprocess
import sys

import pytest
from cyclopts import App, Parameter

from emograin.cli.mixing_flags import FLAGS, MixingFlags
from emograin.cli.reproduce import ExperimentFlags
from emograin.cli.settings_flags import flags_of
from emograin.cli.train import TrainingFlags
from emograin.mixing.config import Mixing
from emograin.models.config import Training
from emograin.reproduction.experiment import Experiment


@dataclasses.dataclass(frozen=True)
class Example:
    """An example.

    Attributes:
        rate: Rate of something,
            on two lines.
        deep: Whether it is deep.
        name: Name of it; by default none.
        left_out: Not a flag.
    """

    rate: float = 5e-5
    deep: bool = False
    name: str | None = None
    left_out: int = 1


ExampleFlags = flags_of(Example, omit=["left_out"], names={"name": "--other-name"})


def parsed(*arguments: str) -> dict[str, object]:
    app = App(default_parameter=Parameter(negative=()), result_action="return_value")

    @app.default
    def command(*, flags: ExampleFlags | None = None) -> dict[str, object]:  # type: ignore[valid-type]
        return flags.given() if flags else {}

    return app(list(arguments), exit_on_error=False, print_error=False)


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ([], {}),
        (["--rate", "1e-3"], {"rate": 1e-3}),
        (["--deep", "--other-name", "x"], {"deep": True, "name": "x"}),
    ],
)
def test_only_given_flags_are_settings(arguments, given):
    assert parsed(*arguments) == given


def test_a_left_out_field_and_a_replaced_name_are_no_flags():
    for flag in ("--left-out", "--name"):
        with pytest.raises(Exception, match=flag):
            parsed(flag, "1")


@pytest.mark.parametrize(
    ("settings", "flags", "omitted"),
    [
        (Training, TrainingFlags, {"method"}),
        (Mixing, MixingFlags, set()),
        (Experiment, ExperimentFlags, {"seeds", "rows"}),
    ],
)
def test_every_setting_is_a_flag(settings, flags, omitted):
    names = {field.name for field in dataclasses.fields(settings)}
    assert {field.name for field in dataclasses.fields(flags)} == names - omitted


@pytest.mark.parametrize(("command", "settings"), [("train", Training), ("mix", Mixing), ("reproduce", Experiment)])
def test_help_has_every_setting_with_its_text_and_default(command, settings):
    code = f"from emograin.cli.app import main; main([{command!r}, '--help'])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    words = " ".join(shown.replace("│", " ").split())
    for field in dataclasses.fields(settings):
        if field.name in ("method", "seeds", "rows"):
            continue
        flag = FLAGS.get(field.name) if settings is Mixing else None
        assert (flag or "--" + field.name.replace("_", "-")) in shown, field.name
        if isinstance(field.default, str):
            assert f"[default: {field.default}]" in words, field.name
