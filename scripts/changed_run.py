"""Write a run whose weights were changed after its training."""

import argparse
import shutil
from pathlib import Path

from emograin.data.corpus import Corpus
from emograin.evaluation.run_evaluation import save_evaluation
from emograin.evaluation.threshold_policies import choose
from emograin.models.classifier import Classifier
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents
from emograin.models.tensor_files import save_tensors


def change_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what every script that changes a run is given."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="finished run")
    parser.add_argument("output", type=Path, help="run folder to write")
    parser.add_argument("--data", default="goemotions", help="corpus of the run")
    return parser


def write_changed_run(run: RunFolder, classifier: Classifier, output: Path, corpus: Corpus) -> None:
    """Write a run folder like `run`, with the weights of `classifier` and thresholds chosen on dev again."""
    output.mkdir(parents=True, exist_ok=True)
    for name in ("run.json", "taxonomy.json"):
        shutil.copyfile(run.path / name, output / name)
    shutil.copytree(run.encoder, output / run.encoder.name, dirs_exist_ok=True)
    made, dev = RunFolder(output), corpus.split("dev")
    save_tensors(made.weights, classifier.state_dict())
    scores = score_documents(classifier.method, classifier.method.tokenize(dev.texts))
    thresholds = choose(scores, dev.labels)
    save_evaluation(made, corpus, dev, scores, thresholds, "dev")
    made.write_json("thresholds.json", thresholds)  # the last file of a finished run
