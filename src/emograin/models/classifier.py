"""A method and, where a run has one, its auxiliary head: built, saved and loaded together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from ..common.errors import EmograinError, unknown_name
from ..common.files import write_atomically
from ..data.taxonomy import Taxonomy
from . import encoder
from .auxiliary_task import AuxiliaryHead
from .config import Training
from .methods import METHODS
from .run_folder import RunFolder


class Classifier(nn.Module):
    """What is trained: one encoder, one or two heads.

    Args:
        pretrained: The encoder.
        settings: Names the method and the auxiliary task.
        taxonomy: The labels.

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
        embeddings = self.method.embed(inputs)
        return self.method.score(embeddings), None if self.auxiliary is None else self.auxiliary(embeddings)


def build(settings: Training, taxonomy: Taxonomy) -> Classifier:
    """A classifier on a pretrained encoder; its new layers are a function of the seed."""
    torch.manual_seed(settings.seed)
    return Classifier(encoder.load(settings.encoder, taxonomy.placeholders, settings.dropout), settings, taxonomy)


def load(run: RunFolder) -> Classifier:
    """The trained classifier of a run, in evaluation mode, on the CPU.

    Raises:
        EmograinError: The run is incomplete, or its weights are damaged.
    """
    run.require()
    settings = run.settings
    taxonomy = run.taxonomy
    classifier = Classifier(encoder.rebuild(run.encoder), settings, taxonomy)
    tensors, _ = read_tensors(run.weights)
    load_weights(classifier, tensors, run.weights)
    return classifier.eval()


def load_weights(classifier: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Put tensors into a classifier, or an average of one.

    Raises:
        EmograinError: They are another model's.
    """
    try:
        classifier.load_state_dict(tensors)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise EmograinError(f"{str(path)!r} holds the weights of another model: {first}") from None


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file, whole or not at all."""

    def save(part: Path) -> None:
        try:
            safetensors.torch.save_file(
                {name: value.contiguous() for name, value in tensors.items()}, part, dict(metadata or {})
            )
        except safetensors.SafetensorError as error:  # its way to report an I/O error
            raise OSError(str(error)) from error

    write_atomically(path, save)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file.

    Raises:
        EmograinError: It is missing, truncated, or not a safetensors file.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 - not a dict
    except FileNotFoundError:
        raise EmograinError(f"there is no {str(path)!r}") from None
    except (safetensors.SafetensorError, OSError) as error:
        raise EmograinError(f"{str(path)!r} is truncated or not a safetensors file: {error}") from None


def describe(settings: Training, classifier: Classifier, **facts: Any) -> dict[str, Any]:
    """What `run.json` holds beside the settings."""
    weights = sum(parameter.numel() for parameter in classifier.parameters())
    return {"format": 1, "settings": settings.to_dict(), "parameters": weights, **facts}
