"""The baseline as a standard classifier of transformers.

The baseline scores labels by one linear layer on the first token. transformers' classifiers put a dense layer with an
activation in between. Its weights are set so that it passes its input on: exactly up to the rounding of float32, as the
tests and every export check.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
import transformers
from torch import nn

from ...common.errors import EmograinError
from ...models.methods import Baseline, Method

# tanh(x / SCALE) * SCALE differs from x by a share of (x / SCALE)^2 / 3, below the rounding of float32 for |x| < 2.
# A power of two: dividing by it and multiplying by it are exact.
SCALE = 2.0**12


def sequence_classifier(method: Method) -> transformers.PreTrainedModel:
    """Return a classifier of transformers with the logits of a method.

    Args:
        method: A trained baseline.

    Raises:
        EmograinError: The method is not a linear layer on the first token, or no head for its encoder is known.
    """
    linear = linear_layer(method)
    config = classifier_config(method)
    if config.model_type not in HEADS:
        raise EmograinError(
            f"transformers' classifier for {config.model_type!r} cannot compute this model's scores",
            f"export another format; encoders that work: {', '.join(HEADS)}",
        )
    prepare, fill = HEADS[config.model_type]
    prepare(config)
    model = transformers.AutoModelForSequenceClassification.from_config(config, dtype=torch.float32).eval()
    left = model.base_model.load_state_dict(method.encoder.state_dict(), strict=False)
    if left.unexpected_keys or any("pooler" not in name for name in left.missing_keys):
        raise EmograinError(f"{type(model).__name__} has another encoder than this model: {left}")
    with torch.no_grad():
        fill(model, linear)
    return cast(transformers.PreTrainedModel, model)


def linear_layer(method: Method) -> nn.Linear:
    """Return the layer that scores labels from the first token.

    Raises:
        EmograinError: The method computes its scores in another way.
    """
    if method.prefix:
        raise EmograinError(
            "this model reads the labels in its input, which transformers' text classifiers do not",
            "distill it into a baseline: emograin train baseline --teacher RUN; or --format onnx",
        )
    if type(method) is not Baseline:  # a subclass has another head
        raise EmograinError(
            f"transformers' text classifiers cannot compute the scores of {type(method).__name__}", "--format onnx"
        )
    return cast(nn.Linear, method.feed_forward[-1])


def classifier_config(method: Method) -> Any:
    """Return the configuration of the encoder with the labels of the method, as those of a multi-label classifier."""
    config = copy.deepcopy(method.encoder.config)
    labels: Sequence[str] = method.taxonomy.labels
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: at for at, label in enumerate(labels)}
    config.problem_type = "multi_label_classification"
    found: Any = transformers.AutoModelForSequenceClassification._model_mapping.get(type(config), None)
    config.architectures = [found.__name__] if found is not None else None
    return config


def _fill_tanh(dense: nn.Linear, output: nn.Linear, linear: nn.Linear) -> None:
    """Set a dense layer with tanh, and the layer after it, to a linear layer."""
    dense.weight.copy_(torch.eye(len(dense.weight)) / SCALE)
    dense.bias.zero_()
    output.weight.copy_(linear.weight * SCALE)
    output.bias.copy_(linear.bias)


def _fill_relu(model: Any, linear: nn.Linear) -> None:
    """Let ReLU read only positive values: the outputs of a LayerNorm plus their bound."""
    last = model.distilbert.transformer.layer[-1].output_layer_norm
    bound = len(last.weight) ** 0.5 * last.weight.abs() + last.bias.abs()
    model.pre_classifier.weight.copy_(torch.eye(len(bound)))
    model.pre_classifier.bias.copy_(bound)
    model.classifier.weight.copy_(linear.weight)
    model.classifier.bias.copy_((linear.bias.double() - linear.weight.double() @ bound.double()).float())


def _prepare_modernbert(config: Any) -> None:
    config.classifier_activation, config.classifier_pooling = "linear", "cls"


def _fill_modernbert(model: Any, linear: nn.Linear) -> None:
    """Undo the weight of the last LayerNorm and repeat it: the normalization of a normalized vector is the vector."""
    weight = model.model.final_norm.weight
    model.head.dense.weight.copy_(torch.diag(1 / weight))
    model.head.norm.weight.copy_(weight)
    for each in (model.head.dense, model.head.norm):
        if each.bias is not None:
            each.bias.zero_()
    model.classifier.weight.copy_(linear.weight)
    model.classifier.bias.copy_(linear.bias)


def _nothing(config: Any) -> None:
    """Leave a configuration as it is."""


def _fill_bert(model: Any, linear: nn.Linear) -> None:
    _fill_tanh(model.bert.pooler.dense, model.classifier, linear)


def _fill_roberta(model: Any, linear: nn.Linear) -> None:
    _fill_tanh(model.classifier.dense, model.classifier.out_proj, linear)


Head = tuple[Callable[[Any], None], Callable[[Any, nn.Linear], None]]
# Type of the encoder -> what its configuration needs, and how its classifier's head becomes a linear layer.
HEADS: dict[str, Head] = {
    "bert": (_nothing, _fill_bert),
    "camembert": (_nothing, _fill_roberta),
    "distilbert": (_nothing, _fill_relu),
    "modernbert": (_prepare_modernbert, _fill_modernbert),
    "mpnet": (_nothing, _fill_roberta),
    "roberta": (_nothing, _fill_roberta),
    "xlm-roberta": (_nothing, _fill_roberta),
}
