"""The encoder of an exported model, such as the bundled one, in torch: to train it, or to search with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from ..models import encoder
from .onnx.model import ExportedModel
from .onnx.read_back import read_method
from .shipped_model import named_model


def load_encoder(name: str) -> encoder.Encoder:
    """Load an encoder as `models.encoder.load` does, or that of an exported model.

    Args:
        name: As for `as_pretrained`.

    Raises:
        EmograinError: The encoder cannot be loaded.
    """
    with as_pretrained(name) as pretrained:
        return encoder.load(pretrained)


@contextmanager
def as_pretrained(name: str) -> Iterator[str]:
    """Yield an encoder's name as `models.encoder.load` takes it: of an exported model, a temporary folder of weights.

    The weights are the float32 values that the int8 ones stand for, without the output layer.

    Args:
        name: `bundled`, a folder of an exported model, or any other encoder, which stays as it is.

    Raises:
        EmograinError: The exported model is not a BERT network in int8, or there is no bundled model.
    """
    path = named_model(name)
    if not ExportedModel.is_at(path):
        yield name
        return
    method = read_method(ExportedModel(path))
    with TemporaryDirectory() as folder:
        with encoder.quiet():
            method.encoder.save_pretrained(folder)
            method.tokenizer.save_pretrained(folder)
        yield folder
