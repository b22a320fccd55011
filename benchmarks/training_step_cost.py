"""Floating-point operations of a training step, and the matrix-product rate of the machine."""

import time
from contextlib import nullcontext
from functools import partial

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from emograin.data.batching import training_batches
from emograin.data.corpus import Corpus
from emograin.models.classifier import Classifier
from emograin.models.config import Training
from emograin.models.last_layer import leading_tokens_only


class StepCost:
    """Floating-point operations (FLOP) of matrix products, forward and backward, as torch counts them.

    Args:
        classifier: A classifier in training mode.
        whole: Count the last layer of all tokens, those that no label is scored from, too.
    """

    def __init__(self, classifier: Classifier, whole: bool = False):
        self.method = classifier.method
        self.part = nullcontext if whole else partial(leading_tokens_only, self.method)
        self.counted: dict[int, int] = {}

    def flop(self, tokens: int) -> int:
        """Count the FLOP of one text of `tokens` word pieces."""
        if tokens not in self.counted:
            with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
                with self.part():
                    embeddings = self.method.embed(self.method.assemble([[0] * tokens]))
                self.method.score(embeddings).sum().backward()
            self.counted[tokens] = counter.get_total_flops()
        return self.counted[tokens]

    def mean_flop_per_text(self, settings: Training, corpus: Corpus, full_padding: bool) -> float:
        """Return the mean FLOP per text of the training split, padding included.

        Args:
            settings: Batch size, document tokens and seed of the batches.
            corpus: The corpus.
            full_padding: Pad to `max_document_tokens` instead of to the longest text of each batch.
        """
        if full_padding:
            return self.flop(settings.max_document_tokens)
        documents = self.method.tokenize(corpus.split("train").texts)
        batches = training_batches([len(ids) for ids in documents], settings.batch_size, settings.seed, epoch=0)
        return sum(len(rows) * self.flop(max(len(documents[at]) for at in rows)) for rows in batches) / len(documents)


def matrix_rate(dtype: torch.dtype, size: int = 2048, times: int = 4, device: str = "cpu") -> float:
    """Measure the rate of square matrix products in GFLOP/s: an upper bound for any training loop.

    Args:
        dtype: Type of the elements.
        size: Number of rows and columns.
        times: Number of products, of which the fastest counts.
        device: Type of the device.
    """
    left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(times):
        began = _synchronized_time(device)
        left @ right
        best = min(best, _synchronized_time(device) - began)
    return 2 * size**3 / best / 1e9


def _synchronized_time(device: str) -> float:
    """Return the time in seconds after the device has completed all its work."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
