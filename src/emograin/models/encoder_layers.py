"""Make a pretrained encoder smaller by leaving out layers, as DistilBERT does (Sanh et al., 2019, §3)."""

import numpy as np
import torch
import transformers
from torch import nn

from ..common.errors import EmograinError


def keep_layers(model: transformers.PreTrainedModel, count: int) -> None:
    """Keep `count` layers of an encoder with their weights, in place: evenly spaced, the last one among them.

    Raises:
        EmograinError: The encoder has fewer layers, its layers share their weights, or the first of the kept layers has
            other weights than a first layer of such an encoder, so that a run could not be loaded.
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
    with torch.device("meta"):
        rebuilt = type(model)(model.config)
    heads = "pooler."  # which an encoder may have been loaded without
    names = [{name for name in each.state_dict() if not name.startswith(heads)} for each in (model, rebuilt)]
    if names[0] != names[1]:
        raise EmograinError(
            f"cannot keep {count} of the {total} layers of {type(model).__name__}: a first layer has other weights",
            "layers must be at least 2",
        )
