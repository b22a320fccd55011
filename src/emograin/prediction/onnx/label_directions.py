"""In which direction what attention brings to a label's slot must point for the label's logit to rise.

The slot takes a sum over tokens in every layer: attention times value. The gradient of the logit by that sum tells what
each token's part is worth. It hardly depends on the text, so its mean over texts of the label is taken once, and a text
is explained without a backward pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ...models.methods import Method

TEXTS = 32  # that score highest for a label; fewer tell less, more than twice the time told no more (docs/log.md)
SOFTMAX = (torch.nn.functional.softmax, torch.softmax, Tensor.softmax)
PRODUCTS = (torch.matmul, Tensor.matmul, Tensor.__matmul__)


@dataclass(frozen=True)
class Directions:
    """What explanations are computed from.

    A method may score a label from several tokens in front of the document, or from all tokens.

    Attributes:
        values: (layers, heads, slots, width of a head).
        tokens: (slots,), the token of the input that each slot is; None where labels are scored from all tokens.
        labels: (slots,), the label that each slot is of.
    """

    values: np.ndarray
    tokens: np.ndarray | None
    labels: np.ndarray


class Watched(TorchFunctionMode):
    """While it is on, attention has a sum of zeros added, by which gradients can be taken.

    Attention is torch's function for it or, where an encoder computes it by hand, the product with what comes out of a
    softmax over (batch, heads, tokens, tokens).

    Attributes:
        added: The zeros of each layer, (batch, heads, tokens, width).
    """

    def __init__(self) -> None:
        super().__init__()
        self.added: list[Tensor] = []
        self._weights: Tensor | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Every function of torch comes by here."""
        output = func(*args, **(kwargs or {}))
        if func in SOFTMAX and output.ndim == 4:
            self._weights = output
            return output
        by_hand = func in PRODUCTS and self._weights is not None and args[0].shape == self._weights.shape
        if not by_hand and func is not torch.nn.functional.scaled_dot_product_attention:
            return output
        self._weights = None
        zeros = torch.zeros_like(output, requires_grad=True)
        self.added.append(zeros)
        return output + zeros


def directions_of(method: Method, documents: Sequence[list[int]], scores: np.ndarray) -> Directions | None:
    """The mean gradients of each label's logit, over the documents that score highest for it.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        scores: (documents, labels), the method's.

    Returns:
        The directions; None where the encoder computes no attention that is recognised.
    """
    found: list[list[Tensor]] = []  # of each label: a layer, (texts, heads, tokens, width)
    for label in range(scores.shape[1]):
        best = [at for at in np.argsort(-scores[:, label], kind="stable") if documents[at]][:TEXTS]
        with torch.enable_grad(), Watched() as watched:
            logits = method.score(method.embed(method.assemble([documents[at] for at in best])))
        if not watched.added:
            return None
        found.append(list(torch.autograd.grad(logits[:, label].sum(), watched.added)))
    tokens = [_read_by(gradients[-1]) for gradients in found]
    front = method.parts(documents[0] or [0]).index("document")
    if any(each is None or (each >= front).any() for each in tokens):
        values = [[layer.sum(dim=2).mean(dim=0) for layer in gradients] for gradients in found]  # (heads, width)
        return Directions(_stacked(values), None, np.arange(len(found)))
    slots = [(label, int(token)) for label, each in enumerate(tokens) if each is not None for token in each]
    values = [[layer[:, :, token].mean(dim=0) for layer in found[label]] for label, token in slots]
    labels, places = np.array(slots).T
    return Directions(_stacked(values), places, labels)


def _read_by(gradient: Tensor) -> np.ndarray | None:
    """Which tokens the label is scored from, by the last layer's gradient; None where it depends on the text."""
    read = (gradient != 0).any(dim=3).any(dim=1)  # (texts, tokens)
    return None if (read != read[0]).any() else np.flatnonzero(read[0].cpu().numpy())


def _stacked(values: list[list[Tensor]]) -> np.ndarray:
    """Of each slot a layer's (heads, width) -> (layers, heads, slots, width)."""
    return torch.stack([torch.stack(each) for each in values], dim=2).float().cpu().numpy()
