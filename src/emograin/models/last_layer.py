"""Leave out the feed-forward part of the encoder's last layer for the tokens that no label is scored from.

Attention of that layer reads all tokens; behind it, every token is computed by itself. The baseline reads [CLS] alone.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from torch import Tensor, nn

from .methods import Method

# Architectures of transformers whose layer is `attention`, with its residual connection, then a feed-forward part
LIKE_BERT = ("bert", "camembert", "electra", "mpnet", "roberta", "xlm-roberta")


@contextmanager
def leading_tokens_only(method: Method) -> Iterator[None]:
    """Compute what `method.embed` reads of the last layer: its embeddings are the same, other states are missing.

    Methods that read all tokens, and encoders of other architectures, are computed whole.
    """
    count, encoder = method.tokens_read, cast(Any, method.encoder)
    if count is None or encoder.config.model_type not in LIKE_BERT:
        yield
        return

    def cut(_: nn.Module, __: Any, outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Keep the states (batch, tokens, hidden) of the leading tokens."""
        return outputs[0][:, :count], *outputs[1:]

    hook = encoder.encoder.layer[-1].attention.register_forward_hook(cut)
    try:
        yield
    finally:
        hook.remove()
