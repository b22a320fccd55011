"""Faster dropout on CPUs, where torch draws one random number per entry and does so in one thread.

Sixteen random bits per entry take a fifth of that time. The attention of torch's fused kernel has a slow backward pass
on CPUs, and that of its math kernel has torch's dropout inside, so both are replaced.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

BITS = 16


def fast_dropout(device: str) -> TorchFunctionMode | nullcontext:
    """Return a context for a forward pass in which dropout is fast; on other devices than a CPU it does nothing."""
    return FastDropout() if device == "cpu" else nullcontext()


class FastDropout(TorchFunctionMode):
    """Replaces `dropout` and `scaled_dot_product_attention` of torch.nn.functional, whichever model calls them."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call the replacement of a function, or the function."""
        return REPLACEMENTS.get(func, func)(*args, **(kwargs or {}))


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set entries to 0 with probability `p`, rounded to a multiple of 2**-16, and scale the others: (...) -> (...).

    The random numbers are those of torch's generator, seeded by `torch.manual_seed`. The arguments are those of
    `torch.nn.functional.dropout`.
    """
    if not training or p == 0:
        return input
    dropped = round(p * 2**BITS)
    if dropped == 2**BITS:
        noise = torch.zeros_like(input)
    else:
        words = torch.empty(math.ceil(input.numel() * BITS / 64), dtype=torch.int64)
        words.random_(-(2**63), None)  # all 64 bits
        bits = words.view(torch.int16)[: input.numel()].view(input.shape)
        noise = torch.empty_like(input, memory_format=torch.contiguous_format, requires_grad=False)
        torch.ge(bits, dropped - 2 ** (BITS - 1), out=noise).mul_(1 / (1 - dropped / 2**BITS))
    return input.mul_(noise) if inplace else input * noise


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Scaled dot-product attention: (..., tokens, head) three times -> (..., tokens, head).

    The arguments are those of `torch.nn.functional.scaled_dot_product_attention`. Causal and grouped-query attention,
    which encoders do not have, are left to it. A query without a key to attend to, such as padding outside of a window,
    attends to all keys alike.
    """
    if is_causal or enable_gqa:
        return functional.scaled_dot_product_attention(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
    if torch.is_autocast_enabled("cpu"):
        query, key, value = (each.to(torch.get_autocast_dtype("cpu")) for each in (query, key, value))
    with torch.autocast("cpu", enabled=False):
        lowest = torch.finfo(query.dtype).min  # not -inf: the softmax of nothing else is NaN, and so are its gradients
        scores = query * (scale or query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, lowest)
        elif attn_mask is not None:
            scores = scores + attn_mask.to(scores.dtype).clamp(min=lowest)
        # In float32: that of bf16 takes 2 to 4 times as long on CPUs, where rows are no multiple of 32.
        weights = scores.softmax(dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32)).to(value.dtype)
        return dropout(weights, dropout_p) @ value


REPLACEMENTS: dict[Callable[..., Any], Callable[..., Any]] = {
    functional.dropout: dropout,
    functional.scaled_dot_product_attention: attention,
}
