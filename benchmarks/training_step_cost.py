"""What a training step costs, and what a machine could do: for shares of its matrix-product rate."""

import time

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from emograin.data.batching import training_batches
from emograin.data.corpus import Corpus
from emograin.models.classifier import Classifier
from emograin.models.config import Training


class Cost:
    """Floating-point operations of matrix products, forward and backward, counted by torch for texts of each length."""

    def __init__(self, classifier: Classifier):
        self.classifier = classifier
        self.known: dict[int, int] = {}

    def of(self, tokens: int) -> int:
        """Of one text of so many word pieces."""
        if tokens not in self.known:
            with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
                self.classifier(self.classifier.method.assemble([[0] * tokens]))[0].sum().backward()
            self.known[tokens] = counter.get_total_flops()
        return self.known[tokens]

    def a_text(self, settings: Training, corpus: Corpus, padded: bool) -> float:
        """The mean over a corpus, padding included: to all tokens allowed, or to the longest text of the batch."""
        if padded:
            return self.of(settings.max_document_tokens)
        documents = self.classifier.method.tokenize(corpus.split("train").texts)
        batches = training_batches([len(ids) for ids in documents], settings.batch_size, settings.seed, epoch=0)
        return sum(len(rows) * self.of(max(len(documents[at]) for at in rows)) for rows in batches) / len(documents)


def matrix_rate(dtype: torch.dtype, size: int = 2048, times: int = 4, device: str = "cpu") -> float:
    """GFLOP/s of a square matrix product, the best of some: what no training loop exceeds."""
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(times):
        began = _finished(device)
        left @ right
        best = min(best, _finished(device) - began)
    return 2 * size**3 / best / 1e9


def _finished(device: str) -> float:
    """Seconds, once the device has done all it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
