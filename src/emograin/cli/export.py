"""emograin export: a run as a folder that predicts without torch."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..common.optional import import_optional


def export(
    run: Path,
    folder: Path,
    *,
    int8: Annotated[bool, Parameter(negative="--no-int8")] = False,
    data: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Export a run to ONNX, checked against torch: the folder predicts with onnxruntime, without torch.

    emograin predict --model FOLDER takes it as it takes a run.

    Parameters
    ----------
    run
        A run folder.
    folder
        Where to; a new folder, or an exported model to replace.
    int8
        Weights in 8 bits: a quarter of the size and faster, for a loss that is measured on dev; its thresholds are
        chosen there again.
    data
        The corpus whose dev split measures that loss; by default the one that the run was trained on, if it is there.
    json
        Print JSON instead of lines.
    """
    import_optional("torch", "train")
    import_optional("onnx", "export")
    from json import dumps

    from ..models.run_folder import RunFolder
    from ..prediction.onnx.export import dev_of
    from ..prediction.onnx.export import export as export_run

    found = export_run(RunFolder(run), folder, int8, dev_of(RunFolder(run), data) if int8 else None)
    print(dumps(found, indent=1, ensure_ascii=False) if json else summary(found, folder))


def summary(found: dict[str, Any], folder: Path) -> str:
    """What was exported and how exact it is, for people."""
    checked = found["checked"]
    size = sum(each.stat().st_size for each in folder.iterdir()) / 1e6
    lines = [
        f"{folder}: {found['weights']}, {size:.1f} MB",
        f"float32 beside torch, {checked['texts']:,} texts: probabilities differ by at most "
        f"{checked['float32']['maximum']:.1e}",
    ]
    if "int8" in checked:
        apart = checked["int8"]
        lines.append(f"int8 beside float32, same texts: at most {apart['maximum']:.3f}, on average {apart['mean']:.5f}")
    if "dev" in checked:
        lines.append(
            f"int8 on dev, {checked['dev']['texts']:,} texts: at most {checked['dev']['maximum']:.3f}, "
            f"on average {checked['dev']['mean']:.5f}"
        )
        for policy, figures in checked["dev"]["macro_f1"].items():
            lines.append(f"  macro F1, {policy}: {figures['float32']:.4f} before, {figures['int8']:.4f} after")
    elif "int8" in checked:
        lines.append("  the corpus of the run is not at hand, so the loss on dev is not measured (--data)")
    explains = "emograin predict --explain tells which words carried a label"
    lines.append(
        explains if found["explanations"] else "no explanations: the encoder computes attention in another way"
    )
    return "\n".join(lines)
