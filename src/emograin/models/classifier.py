"""A method and, in a run with an auxiliary task, its second head: build, save and load them together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..common.errors import EmograinError, unknown_name
from ..data.taxonomy import Taxonomy
from . import encoder
from .auxiliary_task import AuxiliaryHead
from .config import Training
from .last_layer import leading_tokens_only
from .methods import METHODS
from .run_folder import FORMAT, RunFolder
from .tensor_files import read_tensors


class Classifier(nn.Module):
    """The network that is trained: one encoder with one or two heads.

    Args:
        pretrained: The encoder.
        settings: Settings of the training; method, auxiliary task, dropout and document tokens are used.
        taxonomy: The labels to score.

    Raises:
        EmograinError: Unknown method or grouping.
    """

    def __init__(self, pretrained: encoder.Encoder, settings: Training, taxonomy: Taxonomy):
        super().__init__()
        if settings.method not in METHODS:
            raise unknown_name("method", settings.method, METHODS)
        self.method = METHODS[settings.method](pretrained, taxonomy, settings.max_document_tokens)
        self.auxiliary: AuxiliaryHead | None = None
        if settings.auxiliary is not None:
            groups = len(taxonomy.groups(settings.auxiliary))
            self.auxiliary = AuxiliaryHead(self.method.slots, self.method.hidden, groups)
        if settings.dropout is not None:
            for module in self.modules():
                if isinstance(module, nn.Dropout):
                    module.p = settings.dropout

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Token tensors (batch, tokens) -> logits (batch, labels), and (batch, groups) or None."""
        with leading_tokens_only(self.method):
            embeddings = self.method.embed(inputs)
        return self.method.score(embeddings), None if self.auxiliary is None else self.auxiliary(embeddings)


def build(settings: Training, taxonomy: Taxonomy) -> Classifier:
    """Build a classifier on a pretrained encoder, with new layers initialized from the seed.

    Raises:
        EmograinError: The encoder cannot be loaded, or the method or grouping is unknown.
    """
    torch.manual_seed(settings.seed)
    pretrained = encoder.load(
        settings.encoder, taxonomy.placeholders, settings.dropout, settings.emoji, settings.layers
    )
    classifier = Classifier(pretrained, settings, taxonomy)
    classifier.method.initialize()
    return classifier


def rebuild(run: RunFolder) -> Classifier:
    """Build the classifier of a run from the description in its folder, with random weights; the caller loads them.

    Raises:
        EmograinError: The run is incomplete, or a file of the description is damaged or was changed.
    """
    settings, taxonomy = run.settings, run.taxonomy
    run.check_files()
    return Classifier(encoder.rebuild(run.encoder), settings, taxonomy)


def load(run: RunFolder) -> Classifier:
    """Load the trained classifier of a run, in evaluation mode, on the CPU.

    Raises:
        EmograinError: The run is incomplete, or a file is damaged.
    """
    classifier = rebuild(run)
    tensors, _ = read_tensors(run.weights)
    load_weights(classifier, tensors, run.weights)
    return classifier.eval()


def load_weights(classifier: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load tensors into a classifier, or into its EMA.

    Args:
        classifier: The module to load into.
        tensors: Tensors by name, as in its `state_dict`.
        path: File of the tensors, for the error message.

    Raises:
        EmograinError: The tensors belong to another model.
    """
    try:
        classifier.load_state_dict(tensors)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise EmograinError(f"{str(path)!r} holds the weights of another model: {first}") from None


def run_description(settings: Training, classifier: Classifier, **metadata: Any) -> dict[str, Any]:
    """Return the content of `run.json`: format version, settings, number of parameters, and further metadata."""
    parameters = sum(parameter.numel() for parameter in classifier.parameters())
    return {"format": FORMAT, "settings": settings.to_dict(), "parameters": parameters, **metadata}
