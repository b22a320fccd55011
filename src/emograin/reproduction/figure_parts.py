"""The paper's figures from kept results."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ..analysis.attention_record import Attention
from ..evaluation.results import read_curve, read_result
from . import figures
from .figures import attention_maps
from .kept import Kept, Missing, Part

PAIRS = (("baseline-4", "label-embeds-4"), ("baseline-10", "label-embeds-10"))  # §5.2 compares the first
CURVES = ("baseline-10", "aux-ekman", "aux-senti", "label-embeds-10", "label-embeds-aux")


def figure_3(kept: Kept, path: Path, title: str) -> Part:
    """F1 a label, baseline and label embeddings."""
    pair = next((pair for pair in PAIRS if set(pair) <= set(kept.systems)), PAIRS[0])
    results = [kept.result(row) for row in pair]
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


def figure_6(kept: Kept, path: Path, title: str) -> Part:
    """Attention between a document and the labels."""
    return _part(path, title, attention_maps.document_and_labels(_png(path), _attention(kept, several=True)))


def figure_7(kept: Kept, path: Path, title: str) -> Part:
    """All heads of the first and the last layers."""
    return _part(path, title, attention_maps.all_heads(_png(path), _attention(kept, several=True)))


def figure_8(kept: Kept, path: Path, title: str) -> Part:
    """Attention into the baseline's [CLS]."""
    return _part(path, title, attention_maps.into_slot(_png(path), _attention(kept, several=False)))


def figure_9(kept: Kept, path: Path, title: str) -> Part:
    """Correlation of the raters' judgements."""
    return _part(path, title, figures.rater_correlation(_png(path), kept.file("rater_correlation.json")))


def _attention(kept: Kept, several: bool) -> Attention:
    """The kept attention to a document of a method with several slots, or of one with a single one."""
    fitting = [each for each in kept.attention() if (each.slots > 1) == several]
    if not fitting:
        raise Missing(f"attention of a method with {'several slots' if several else 'one slot'}")
    return fitting[0]


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
    "figure-6": ("Figure 6: attention between a document and the labels", figure_6),
    "figure-7": ("Figure 7: attention in all heads, label embeddings", figure_7),
    "figure-8": ("Figure 8: attention into the baseline's [CLS]", figure_8),
    "figure-9": ("Figure 9: correlation of the raters' judgements", figure_9),
    "mixing-weights": ("§4.4: macro F1 by mixing weight", mixing_weights),
}
