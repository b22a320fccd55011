"""emograin mix: embedding mixing at inference (§3.4)."""

import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ..common.devices import Device
from ..common.errors import EmograinError
from ..common.json_text import to_json
from ..common.optional import import_optional
from .mixing_flags import MixingFlags, mixing_settings


def mix(
    run: Path,
    *,
    mixing: MixingFlags | None = None,
    mixing_weight: float | None = None,
    sweep: bool = False,
    device: Device = "cpu",
    json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Mix documents with candidate sentences at inference; metrics on test compared with the run without mixing.

    With --sweep, weights from 0.50 to 1.00 are tried on dev, and test is evaluated once at the best; otherwise
    --mixing-weight is used. The best weight has the highest macro F1 at the fixed threshold; the other thresholds are
    chosen on dev for it. Nothing is trained.

    Parameters
    ----------
    run
        Run folder.
    mixing_weight
        Weight of the document, in [0, 1]; 1 is no mixing. [default: 0.92, the paper's]
    sweep
        Choose the weight on dev, and plot macro F1 by weight.
    device
        Device of the network: cpu or cuda.
    json
        Print JSON instead of tables.
    """
    import_optional("torch", "train")
    if sweep and mixing_weight is not None:
        raise EmograinError("expected --sweep or --mixing-weight, got both", "a sweep chooses the weight on dev")
    settings, weight = mixing_settings(mixing, mixing_weight)
    from ..common.progress import Progress
    from ..data.sources import load
    from ..evaluation.run_evaluation import evaluate_run
    from ..mixing.evaluation import evaluate_mixed, sweep_run
    from ..mixing.tables import mixing_table, sweep_table
    from ..models.run_folder import RunFolder
    from ..reproduction.figures import draw_weight_curves

    folder = RunFolder(run)
    trained = folder.settings
    corpus = load(trained.data, folder.taxonomy, trained.text_column, trained.label_column)
    found: dict[str, Any]
    with Progress(None, "texts") as progress:
        if sweep:
            found = sweep_run(folder, corpus, settings, on_progress=progress.advance, device=device)
            draw_weight_curves(folder.path / "mixing" / settings.name / "sweep.png", [found["sweep"]])
        else:
            mixed = evaluate_mixed(folder, corpus, settings, weight, on_progress=progress.advance, device=device)
            plain = evaluate_run(folder, corpus, on_progress=progress.advance, device=device)
            found = {"mixed": mixed, "plain": plain}
    if json:
        print(to_json(found, indent=1))
    else:
        tables = [sweep_table(found["sweep"])] if sweep else []
        print("\n\n".join([*tables, mixing_table(found["mixed"], found["plain"])]))
    result = f"results/test-{settings.name}-{found['mixed']['mixing']['weight']:g}.json"
    curve = f"mixing/{settings.name}/sweep.json, sweep.png and sweep.svg, " if sweep else ""
    print(f"\nIn {folder.path}: {curve}{result}", file=sys.stderr)
