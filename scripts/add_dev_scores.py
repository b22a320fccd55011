"""Add dev_scores.npz to an exported model that has none: its scores and gold labels on the dev split of a corpus.

    python scripts/add_dev_scores.py DIR --data goemotions

Unions of labels (--mapping, --group) are calibrated on them. `emograin export` writes the file itself; this script made
the bundled model's. The network and the thresholds stay as they are.
"""

import argparse
import json
from pathlib import Path

from emograin import data
from emograin.common.errors import EmograinError
from emograin.common.files import write_atomically, write_text
from emograin.evaluation.held_out_scores import HeldOutScores
from emograin.evaluation.run_evaluation import evaluation_split
from emograin.prediction.onnx.description import describe
from emograin.prediction.onnx.model import DEV_SCORES, FILES, ExportedModel


def add_dev_scores(folder: Path, corpus: data.Corpus) -> int:
    """Write the file and its digest in model.json; return its size in bytes.

    Raises:
        EmograinError: The folder is no exported model, it was calibrated, or the corpus has other labels.
    """
    model = ExportedModel(folder)
    if model.score_map is not None:
        raise EmograinError(f"{str(folder)!r} is a calibrated model: its scores are those of its sample")
    dev = evaluation_split(model.taxonomy, corpus, "dev")
    scorer = model.scorer()
    scores = scorer.score(scorer.tokenize(dev.texts)[0])
    content = HeldOutScores(scores, dev.labels).to_bytes()
    write_atomically(folder / DEV_SCORES, lambda path: path.write_bytes(content))
    derived = ("producer", "format", "template", "files", "sha256")
    metadata = {name: value for name, value in model.description.items() if name not in derived}
    described = describe(model.template, {name: folder / name for name in (*FILES, DEV_SCORES)}, **metadata)
    write_text(folder / "model.json", json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    return len(content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", default="goemotions")
    options = parser.parse_args()
    try:
        print(f"{add_dev_scores(options.folder, data.load(options.data)):,} bytes")
    except EmograinError as error:
        raise SystemExit(str(error)) from None
