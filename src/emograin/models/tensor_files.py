"""Write and read safetensors files with a digest of their content."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from ..common.errors import EmograinError
from ..common.files import write_atomically

DIGEST = "sha256"  # in the metadata of every safetensors file
METADATA = {"state", "fingerprint"}  # of checkpoints; weights have none


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file atomically, with a digest of its content in its own metadata.

    Raises:
        EmograinError: The file cannot be written, for example because the disk is full.
    """
    described = dict(metadata or {})
    described[DIGEST] = sha256_tensors(tensors, described)

    def save(part: Path) -> None:
        try:
            safetensors.torch.save_file({name: value.contiguous() for name, value in tensors.items()}, part, described)
        except safetensors.SafetensorError as error:  # how safetensors reports an I/O error
            number = re.search(r"\(os error (\d+)\)", str(error))
            raise (OSError(int(number[1]), str(error)) if number else OSError(str(error))) from error

    write_atomically(path, save)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and metadata of a safetensors file, and check its digest.

    Files of earlier versions have no digest.

    Raises:
        EmograinError: The file is missing, truncated, changed, or not a safetensors file.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            metadata = file.metadata() or {}
    except FileNotFoundError:
        raise EmograinError(f"{str(path)!r} does not exist") from None
    except Exception as error:  # damaged headers end in errors of Rust, of Unicode, and of torch
        raise EmograinError(f"{str(path)!r} is truncated or not a safetensors file: {error}") from None
    digest = metadata.pop(DIGEST, None)
    if (digest is None and not metadata.keys() <= METADATA) or digest not in (None, sha256_tensors(tensors, metadata)):
        raise EmograinError(f"{str(path)!r} is damaged: its sha256 differs", "restore it, or train again")
    return tensors, metadata


def sha256_tensors(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Return the SHA-256 of tensors, their names, types and shapes, and of metadata, as hexadecimal digits."""
    digest = hashlib.sha256(json.dumps(sorted(metadata.items())).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
