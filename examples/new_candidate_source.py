"""A new source of candidates in one function and one line: random training sentences, a control for the nearest ones.

emograin train baseline --data quickstart --encoder minilm --config examples/demo.toml --output runs/baseline
python examples/new_candidate_source.py runs/baseline
"""

import argparse
from pathlib import Path

import numpy as np

import emograin
from emograin.mixing.candidates import CANDIDATES, CandidateRequest, Candidates
from emograin.mixing.config import Mixing
from emograin.mixing.evaluation import sweep_run


def draw_training_sentences(request: CandidateRequest) -> Candidates:
    """Draw `settings.top` random training sentences for each document."""
    training, settings = request.training(), request.settings
    generator = np.random.default_rng(settings.seed)
    rows = generator.integers(len(training), size=(len(request.documents), settings.top))  # (documents, top)
    texts = [[training.texts[row] for row in chosen] for chosen in rows]
    return Candidates(texts, rows, metadata={"source": "random training sentences", "seed": settings.seed})


CANDIDATES["random-training-sentence"] = draw_training_sentences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="run folder")
    run = emograin.RunFolder(parser.parse_args().run)
    corpus = emograin.load_corpus(run.settings.data, run.taxonomy)
    result = sweep_run(run, corpus, Mixing("random-training-sentence"))
    weight = result["sweep"]["best"]["weight"]
    mixed, plain = (result[name]["policies"]["global"]["macro_f1"] for name in ("mixed", "plain"))
    print(f"best weight on dev: {weight:g}")
    print(f"macro F1 on test: {mixed:.3f} with mixing, {plain:.3f} without")


if __name__ == "__main__":
    main()
