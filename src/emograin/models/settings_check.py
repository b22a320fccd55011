"""Checks of a training's settings before torch is imported, or anything is loaded or downloaded."""

from collections.abc import Collection, Sequence
from importlib.util import find_spec
from pathlib import Path

from ..common.errors import EmograinError, unknown_name
from ..common.optional import import_optional
from ..data.taxonomy import Taxonomy
from . import config
from .config import Training
from .run_folder import RunFolder


def check_names(
    settings: Training,
    trackers: Sequence[str] = (),
    taxonomy: Taxonomy | None = None,
    methods: Collection[str] = config.METHODS,
    schedules: Collection[str] = config.SCHEDULES,
    losses: Collection[str] = config.LOSSES,
) -> None:
    """Check the names in settings.

    Args:
        settings: The settings.
        trackers: Names of trackers.
        taxonomy: Labels of the corpus; None if they are not known yet.
        methods: Names of all methods.
        schedules: Names of all schedules of the temperature.
        losses: Names of all losses.

    Raises:
        EmograinError: A name is unknown, there is only one label, or a tracker is not installed.
    """
    if settings.method not in methods:
        raise unknown_name("method", settings.method, methods)
    if settings.temperature not in schedules:
        raise unknown_name("temperature schedule", settings.temperature, schedules)
    if settings.loss not in losses:
        raise unknown_name("loss", settings.loss, losses)
    if taxonomy is not None and len(taxonomy.labels) < 2:
        raise EmograinError(f"a training needs at least 2 labels, taxonomy {taxonomy.name!r} has 1")
    if settings.auxiliary is not None and taxonomy is not None:
        taxonomy.groups(settings.auxiliary)  # raises if the grouping is unknown
    for tracker in trackers:
        if tracker not in config.TRACKERS:
            raise unknown_name("tracker", tracker, config.TRACKERS)
        if find_spec(tracker) is None:
            import_optional(tracker, tracker)  # raises; an installed one would take long


def check_unused(run: RunFolder) -> None:
    """Check that a folder holds no run.

    Raises:
        EmograinError: It holds one.
    """
    if run.exists:
        raise EmograinError(
            f"{str(run.path)!r} already holds a run", "resume it with --resume, or choose another --output"
        )


def check_teachers(settings: Training) -> None:
    """Check that the teachers exist.

    Raises:
        EmograinError: One does not.
    """
    expected = "a run folder, an exported model, bundled, or a .npz file of scores"
    for teacher in settings.teachers:
        is_scores = Path(teacher).suffix == ".npz" and Path(teacher).is_file()
        if not (Path(teacher).is_dir() or is_scores or teacher == config.BUNDLED):
            raise EmograinError(f"the teacher {teacher!r} does not exist", expected)


def check_encoder(settings: Training) -> None:
    """Check that an encoder's folder exists and, if it is a run, that it is finished; that exported models can be read.

    Raises:
        EmograinError: The folder does not exist, the run is not finished, or the package that reads exported models is
            missing.
    """
    folder = Path(settings.encoder)
    if (folder.is_absolute() or len(folder.parts) > 2) and not folder.exists():  # on the hub it is OWNER/NAME
        raise EmograinError(f"the encoder {settings.encoder!r} does not exist", "a folder, or a name on the hub")
    if RunFolder(folder).exists:
        _ = RunFolder(folder).thresholds  # written at the end of a training
    elif settings.encoder == config.BUNDLED or (folder / "model.json").is_file():
        import_optional("onnx", "export")
