"""Calibrate a baseline's run on dev: scale its output layer so that a score is the share of texts with the label.

    python scripts/calibrate_run.py RUN OUTPUT --data goemotions

Platt scaling per label (Platt 1999), shrunk towards that of all labels together, is a linear map of the logit, so that
it costs nothing at prediction. The order of the texts by a label's score stays. OUTPUT is a run too, with thresholds
chosen again on dev. A student needs it if its teachers' scores are too high.
"""

from pathlib import Path
from typing import cast

import torch
from changed_run import change_parser, write_changed_run
from torch import nn

from emograin.common.errors import EmograinError
from emograin.data.sources import load as load_corpus
from emograin.evaluation.calibration.sample_calibration import fit_shrunk_platt
from emograin.models.classifier import load as load_classifier
from emograin.models.methods import Baseline
from emograin.models.run_folder import RunFolder
from emograin.models.scoring import score_documents


def calibrate_run(run: RunFolder, output: Path, corpus_name: str) -> None:
    """Write the calibrated run.

    Raises:
        EmograinError: The run is of another method, or is not finished.
    """
    if run.settings.method != "baseline":
        raise EmograinError(f"{str(run.path)!r} is a run of {run.settings.method!r}, expected baseline")
    classifier = load_classifier(run)
    method = cast(Baseline, classifier.method)
    corpus = load_corpus(corpus_name, run.taxonomy)
    dev = corpus.split("dev")
    fitted = fit_shrunk_platt(score_documents(method, method.tokenize(dev.texts)), dev.labels)
    slopes, shifts = torch.from_numpy(fitted).float().T  # (labels,) each
    last = cast(nn.Linear, method.feed_forward[-1])
    last.weight.data *= slopes[:, None]
    last.bias.data = slopes * last.bias.data + shifts
    write_changed_run(run, classifier, output, corpus)


def main() -> None:
    options = change_parser(__doc__).parse_args()
    try:
        calibrate_run(RunFolder(options.run), options.output, options.data)
    except EmograinError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
