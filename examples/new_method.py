"""A third method in one class and one line: score all labels from the mean of the hidden states.

    python examples/new_method.py --encoder minilm --output runs/mean-pooling

docs/adding_a_method.md explains it step by step.
"""

import argparse
from functools import partial
from pathlib import Path

from torch import Tensor

import emograin
from emograin.data.corpus import Corpus, Split
from emograin.data.taxonomy import Taxonomy
from emograin.evaluation.run_evaluation import evaluate_run
from emograin.models.encoder import Encoder
from emograin.models.methods import METHODS, FeedForward, Method


class MeanPooling(Method):
    """One slot per text: the mean of its hidden states, including [CLS] and [SEP], without padding."""

    slots = 1

    def __init__(self, encoder: Encoder, taxonomy: Taxonomy, max_document_tokens: int = 50):
        super().__init__(encoder, taxonomy, max_document_tokens)
        self.feed_forward = FeedForward(self.hidden, len(taxonomy.labels))

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Token tensors (batch, tokens) -> (batch, 1, hidden)."""
        states = self.hidden_states(inputs)  # (batch, tokens, hidden)
        mask = inputs["attention_mask"].unsqueeze(-1)  # (batch, tokens, 1)
        return (states * mask).sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True)

    def score(self, embeddings: Tensor) -> Tensor:
        """(batch, 1, hidden) -> logits (batch, labels)."""
        return self.feed_forward(embeddings[:, 0])


METHODS["mean-pooling"] = MeanPooling


def subsample(corpus: Corpus, every: int) -> Corpus:
    """Return the corpus with every Nth text of each split."""

    def every_nth(name: str) -> Split:
        whole = corpus.split(name)
        return Split(name, whole.ids[::every], whole.texts[::every], whole.labels[::every])

    return Corpus(corpus.name, corpus.taxonomy, {name: partial(every_nth, name) for name in corpus.split_names})


def demonstrate(folder: Path, encoder: str, every: int, epochs: int) -> None:
    """Train, evaluate and predict with the new method, like with any other."""
    corpus = subsample(emograin.load_corpus("quickstart"), every)
    run = emograin.RunFolder(folder)

    settings = emograin.Training(
        method="mean-pooling", data="quickstart", encoder=encoder, epochs=epochs, learning_rate=3e-4
    )
    emograin.train(settings, corpus, run)
    metrics = evaluate_run(run, corpus, split="test")
    print(f"macro F1 on test: {metrics['policies']['global']['macro_f1']:.3f}")
    texts = ["What a lovely surprise!", "I am so sorry for your loss."]
    for text, prediction in zip(texts, emograin.load(run.path).predict(texts), strict=True):
        print(f"{text}  {', '.join(prediction.labels[:3]) or '(no label)'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="minilm", help="minilm, a name on the Hugging Face hub, or a folder")
    parser.add_argument("--every", type=int, default=4, help="take every Nth text")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("runs/mean-pooling"), help="run folder")
    options = parser.parse_args()
    try:
        demonstrate(options.output, options.encoder, options.every, options.epochs)
    except emograin.EmograinError as error:
        raise SystemExit(str(error)) from None
