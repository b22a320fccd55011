"""emograin export: write a run as a model folder that needs no torch."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..common.json_text import to_json
from ..common.optional import import_optional


def export(
    run: Path,
    folder: Path,
    *,
    int8: Annotated[bool, Parameter(negative="--no-int8")] = False,
    data: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Export a run to ONNX and check it against torch. The exported folder predicts without torch.

    Use it in place of the run: emograin predict --model FOLDER.

    Parameters
    ----------
    run
        Run folder.
    folder
        Folder to write: a new one, or an exported model to replace.
    int8
        Quantize the weights to 8 bits: a quarter of the size, and faster. The loss in macro F1 is measured on dev, and
        the thresholds are chosen again there.
    data
        Corpus whose dev split measures that loss; by default the one that the run was trained on.
    json
        Print the content of model.json instead of a summary.
    """
    import_optional("torch", "train")
    import_optional("onnx", "export")

    from ..models.run_folder import RunFolder
    from ..prediction.onnx.export import export as export_run
    from ..prediction.onnx.export import load_dev

    description = export_run(RunFolder(run), folder, int8, load_dev(RunFolder(run), data) if int8 else None)
    print(to_json(description, indent=1) if json else summary(description, folder))


def summary(description: dict[str, Any], folder: Path) -> str:
    """Return the lines that the command prints: size, and differences from torch and from float32.

    Args:
        description: The content of model.json.
        folder: The exported model.
    """
    checked = description["checked"]
    size = sum(each.stat().st_size for each in folder.iterdir()) / 1e6
    lines = [
        f"{folder}: {description['weights']}, {size:.1f} MB",
        f"float32 against torch, {checked['texts']:,} texts: probabilities differ by at most "
        f"{checked['float32']['maximum']:.1e}",
    ]
    if "int8" in checked:
        found = checked["int8"]
        lines.append(f"int8 against float32, same texts: at most {found['maximum']:.3f}, mean {found['mean']:.5f}")
    if "dev" in checked:
        found = checked["dev"]
        lines.append(
            f"int8 against float32, {found['texts']:,} dev texts: at most {found['maximum']:.3f}, "
            f"mean {found['mean']:.5f}"
        )
        for policy, metrics in found["macro_f1"].items():
            lines.append(f"  macro F1, {policy}: float32 {metrics['float32']:.4f}, int8 {metrics['int8']:.4f}")
    elif "int8" in checked:
        lines.append("  the run's corpus is not available, so the loss on dev was not measured (use --data)")
    lines.append(
        "emograin predict --explain shows which words carried a label"
        if description["explanations"]
        else "emograin predict --explain is not available: the encoder computes attention in an unknown way"
    )
    return "\n".join(lines)
