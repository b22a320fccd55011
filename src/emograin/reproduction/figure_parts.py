"""The paper's figures from kept results."""

from collections.abc import Callable, Mapping
from pathlib import Path

from .. import figures
from ..results_reading import read_curve, read_result
from .kept import Kept, Part

PAIR = ("baseline-4", "label-embeds-4")  # §5.2 compares these
CURVES = ("baseline-10", "aux-ekman", "aux-senti", "label-embeds-10", "label-embeds-aux")


def figure_3(kept: Kept, path: Path, title: str) -> Part:
    """F1 a label, baseline and label embeddings."""
    results = [kept.result(row) for row in PAIR]
    return _part(path, title, figures.label_f1(_png(path), results, kept.policy, kept.file("label_counts.json")))


def figure_4(kept: Kept, path: Path, title: str) -> Part:
    """Training texts a label."""
    return _part(path, title, figures.label_counts(_png(path), kept.file("label_counts.json")))


def figure_5(kept: Kept, path: Path, title: str) -> Part:
    """Macro F1 on dev over training."""
    runs = [kept.run(row) for row in CURVES if row in kept.systems]
    return _part(
        path, title, figures.training_curves(_png(path), [(read_result(run, "dev"), read_curve(run)) for run in runs])
    )


def mixing_weights(kept: Kept, path: Path, title: str) -> Part:
    """Macro F1 on dev by mixing weight."""
    rows = [name for name, system in kept.systems.items() if "mixing" in system.results[0]]
    return _part(
        path,
        title,
        *(figures.weight_curve(_png(path.with_name(f"{path.name}-{row}")), [kept.sweep(row)]) for row in rows),
    )


def _png(path: Path) -> Path:
    return path.with_name(f"{path.name}.png")


def _part(path: Path, title: str, *written: list[Path]) -> Part:
    """A part with the SVG of each picture."""
    return Part(path.name, title, pictures=[file for files in written for file in files if file.suffix == ".svg"])


FIGURES: Mapping[str, tuple[str, Callable[[Kept, Path, str], Part]]] = {
    "figure-3": ("Figure 3: F1 of each label", figure_3),
    "figure-4": ("Figure 4: training texts of each label", figure_4),
    "figure-5": ("Figure 5: macro F1 over training", figure_5),
    "mixing-weights": ("§4.4: macro F1 by mixing weight", mixing_weights),
}
