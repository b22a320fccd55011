"""emograin export: write a run as a model folder that needs no torch, or that other libraries load."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ..common.json_text import to_json
from ..common.optional import import_optional
from .mode_flags import reject_flags


def export(
    run: Path,
    folder: Path,
    *,
    format: Literal["onnx", "transformers", "optimum"] = "onnx",
    int8: Annotated[bool | None, Parameter(negative="--no-int8")] = None,
    data: str | None = None,
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Export a run to ONNX and check it against torch. The exported folder predicts without torch.

    Use it in place of the run: emograin predict --model FOLDER. Other formats are for other libraries.

    Parameters
    ----------
    run
        Run folder. For formats of other libraries also a model exported in int8, or "bundled".
    folder
        Folder to write: a new one, or, in the format onnx, an exported model to replace.
    format
        onnx: for emograin. transformers: for transformers and text-embeddings-inference. optimum: for transformers.js
        and optimum. The last two are for baselines, which have no labels in the input.
    int8
        Quantize the weights to 8 bits: a quarter of the size, and faster. The loss in macro F1 is measured on dev, and
        the thresholds are chosen again there. [default: no; in the format optimum, yes]
    data
        Corpus whose dev split measures that loss; by default the one that the run was trained on.
    json
        Print the content of model.json instead of a summary.
    """
    quantizes = int8 is True or (int8 is None and format == "optimum")
    reject_flags("--int8", data=data is not None and not quantizes)
    import_optional("torch", "train")
    import_optional("onnx", "export")

    from ..models.run_folder import RunFolder
    from ..prediction.onnx.export import export as export_run
    from ..prediction.onnx.export import load_dev

    if format != "onnx":
        from ..prediction.export_formats.files import require_new
        from ..prediction.export_formats.formats import FORMATS, Source

        require_new(folder)  # before minutes of work
        checked = FORMATS[format](Source.open(run), folder, int8, data)
        print(to_json(checked, indent=1) if json else summary_of_format(checked, folder, format))
        return
    int8 = bool(int8)
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
        "emograin predict --explain shows which words contribute to a label"
        if description["explanations"]
        else "emograin predict --explain is not available: the encoder computes attention in an unknown way"
    )
    return "\n".join(lines)


def summary_of_format(checked: dict[str, Any], folder: Path, format: str) -> str:
    """Return the lines that the command prints for a format of another library.

    Args:
        checked: What was measured at the export.
        folder: The folder.
        format: Name of the format.
    """
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / 1e6
    names = {"transformers": "transformers against emograin in torch", "optimum": "its network against emograin's"}
    lines = [f"{folder}: {size:.1f} MB"]
    for name, label in (*names.items(), ("int8", "int8, with its rounded activations, against float32")):
        if name in checked:
            lines.append(
                f"{label}, {checked['texts']:,} texts: probabilities differ by at most {checked[name]['maximum']:.1e}, "
                f"mean {checked[name]['mean']:.1e}"
            )
    if format == "transformers":
        lines.append(f'transformers.pipeline("text-classification", "{folder}", top_k=None)')
    return "\n".join(lines)
