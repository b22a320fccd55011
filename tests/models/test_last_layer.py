"""The last layer without the feed-forward part of unread tokens: embeddings and gradients are the same."""

import pytest
import torch

from emograin.models import encoder
from emograin.models.last_layer import LIKE_BERT, leading_tokens_only
from emograin.models.methods import METHODS

TEXTS = ["I am so happy", "the train is late again and I am angry", ""]


@pytest.mark.parametrize("name", METHODS)
def test_embeddings_and_gradients_are_those_of_the_whole_layer(name, any_encoder, taxonomy):
    torch.manual_seed(0)
    method = METHODS[name](encoder.load(str(any_encoder), taxonomy.placeholders), taxonomy, 20).eval()
    inputs, computed = method.inputs(TEXTS), []
    weights = torch.randn(len(TEXTS), method.slots, method.hidden)
    whole = method.hidden_states(inputs).shape[1]
    for part in (False, True):
        method.zero_grad()
        if part:
            with leading_tokens_only(method):
                states, found = method.hidden_states(inputs), method.embed(inputs)
        else:
            states, found = method.hidden_states(inputs), method.embed(inputs)
        (found * weights).sum().backward()
        computed.append([found.detach(), *(each.grad for each in method.parameters() if each.grad is not None)])
    for one, other in zip(*computed, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    cut = method.tokens_read is not None and method.encoder.config.model_type in LIKE_BERT
    assert states.shape[1] == (method.tokens_read if cut else whole)
    assert method.hidden_states(inputs).shape[1] == whole  # afterwards all tokens are computed again
