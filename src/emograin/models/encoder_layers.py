"""Make a pretrained encoder smaller by leaving out layers, as DistilBERT does (Sanh et al., 2019, §3)."""

import numpy as np
import transformers
from torch import nn

from ..common.errors import EmograinError


def keep_layers(model: transformers.PreTrainedModel, count: int) -> None:
    """Keep `count` layers of an encoder with their weights, in place: evenly spaced, the last one among them.

    Raises:
        EmograinError: The encoder has fewer layers, or its layers share their weights.
    """
    total = model.config.num_hidden_layers
    if count > total:
        raise EmograinError(f"cannot keep {count} layers: the encoder has {total}", f"layers must be at most {total}")
    stack = next((each for each in model.modules() if isinstance(each, nn.ModuleList) and len(each) == total), None)
    if stack is None:
        raise EmograinError(f"cannot leave out layers of {type(model).__name__}", "without layers")
    kept = np.linspace(total - 1, 0, count).round().astype(int)[::-1].tolist()
    layers = [stack[at] for at in kept]
    del stack[:]
    stack.extend(layers)
    for name, value in model.config.to_dict().items():
        if isinstance(value, list) and len(value) == total:  # a value per layer, such as ModernBERT's `layer_types`
            setattr(model.config, name, [value[at] for at in kept])
    model.config.num_hidden_layers = count
