"""Mean gradient of each label's logit with respect to the attention output of each layer.

The attention output at a token is a sum over tokens: attention times value. Projected on the gradient of a label's
logit, each term is that token's contribution to the logit, to first order. The gradient hardly depends on the text, so
its mean over the label's texts is computed once, at export, and attributions need no backward pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from ...models.methods import Method

TEXTS_PER_LABEL = 32  # with the highest scores; fewer agreed less with occlusion, twice as many no better (docs/log.md)
SOFTMAX = (torch.nn.functional.softmax, torch.softmax, Tensor.softmax)
PRODUCTS = (torch.matmul, Tensor.matmul, Tensor.__matmul__)


@dataclass(frozen=True)
class Directions:
    """Mean gradients, at the slots that labels are scored from: fixed tokens in front of the document, or all tokens.

    Attributes:
        gradients: (layers, heads, slots, width of a head).
        tokens: Position in the input of each slot (slots,); None if labels are scored from all tokens.
        labels: Number of the label that each slot belongs to (slots,).
    """

    gradients: np.ndarray
    tokens: np.ndarray | None
    labels: np.ndarray


class AttentionOutputTap(TorchFunctionMode):
    """Adds zeros that require gradients to every attention output, while active.

    Attention is torch's fused function or, if an encoder computes it in steps, the product with the output of a softmax
    over (batch, heads, tokens, tokens).

    Attributes:
        added: The zeros of each layer, (batch, heads, tokens, width of a head).
    """

    def __init__(self) -> None:
        super().__init__()
        self.added: list[Tensor] = []
        self._weights: Tensor | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Intercept a call of a torch function."""
        output = func(*args, **(kwargs or {}))
        if func in SOFTMAX and output.ndim == 4:
            self._weights = output
            return output
        in_steps = func in PRODUCTS and self._weights is not None and args[0].shape == self._weights.shape
        if not in_steps and func is not torch.nn.functional.scaled_dot_product_attention:
            return output
        self._weights = None
        zeros = torch.zeros_like(output, requires_grad=True)
        self.added.append(zeros)
        return output + zeros


def compute_directions(method: Method, documents: Sequence[list[int]], scores: np.ndarray) -> Directions | None:
    """Compute the mean gradients of each label's logit over the documents with the highest scores for it.

    Args:
        method: A trained method, in evaluation mode.
        documents: Token ids from `method.tokenize`.
        scores: The method's probabilities (documents, labels).

    Returns:
        The directions; None if the encoder computes attention in a way that is not recognised.
    """
    found: list[list[Tensor]] = []  # for each label and layer: (texts, heads, tokens, width)
    for label in range(scores.shape[1]):
        best = [at for at in np.argsort(-scores[:, label], kind="stable") if documents[at]][:TEXTS_PER_LABEL]
        with torch.enable_grad(), AttentionOutputTap() as tap:
            logits = method.score(method.embed(method.assemble([documents[at] for at in best])))
        if not tap.added:
            return None
        found.append(list(torch.autograd.grad(logits[:, label].sum(), tap.added)))
    tokens = [_scored_tokens(layers[-1]) for layers in found]
    start = method.regions(documents[0] or [0]).index("document")
    if any(each is None or (each >= start).any() for each in tokens):
        means = [[layer.sum(dim=2).mean(dim=0) for layer in layers] for layers in found]  # each (heads, width)
        return Directions(_stack(means), None, np.arange(len(found)))
    slots = [(label, int(token)) for label, each in enumerate(tokens) if each is not None for token in each]
    means = [[layer[:, :, token].mean(dim=0) for layer in found[label]] for label, token in slots]
    labels, positions = np.array(slots).T
    return Directions(_stack(means), positions, labels)


def _scored_tokens(gradient: Tensor) -> np.ndarray | None:
    """Return the positions (slots,) that a label is scored from; None if they differ between texts.

    Args:
        gradient: Gradient at the last layer's attention output, (texts, heads, tokens, width).
    """
    nonzero = (gradient != 0).any(dim=3).any(dim=1)  # (texts, tokens)
    return None if (nonzero != nonzero[0]).any() else np.flatnonzero(nonzero[0].cpu().numpy())


def _stack(means: list[list[Tensor]]) -> np.ndarray:
    """Stack the (heads, width) of each slot and layer to (layers, heads, slots, width)."""
    return torch.stack([torch.stack(each) for each in means], dim=2).float().cpu().numpy()
