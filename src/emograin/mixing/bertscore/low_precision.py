"""Low-precision dot products of unit vectors, with bounds on their error.

int8 is the fastest: vectors are rotated so that no entry is an outlier, scaled to -127 to 127 and rounded. Products of
such vectors are exact integers, and the rounding error is measured.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from math import gcd
from typing import NamedTuple

import torch
from torch import Tensor

from ...common.errors import EmograinError, unknown_name

ACCUMULATION_ERROR = 1e-4  # above the error of a float32 dot product of two unit vectors of up to 1,600 dimensions
ROTATED_BLOCK = 64  # entries that one Hadamard matrix mixes before rounding to int8
PADDING = (64, 256)  # the two operands of a product are padded to multiples of these numbers of vectors


class Quantized(NamedTuple):
    """Vectors in few bits.

    Attributes:
        values: (vectors, hidden), with rows of zeros at the end if padded.
        scale: Value that a 1 in `values` stands for.
        max_residual_norm: Largest norm of a vector's rounding error.
    """

    values: Tensor
    scale: float
    max_residual_norm: float


@dataclass(frozen=True)
class Precision:
    """A number format: how to quantize vectors and multiply them.

    Attributes:
        quantize: (vectors, hidden) float32 of unit norm -> quantized values of the same shape.
        multiply: Values (a, hidden) and (hidden, b) -> (a, b).
        rounding_error: Largest error of rounding a finished product to the format of the result.
    """

    quantize: Callable[[Tensor], Quantized]
    multiply: Callable[[Tensor, Tensor], Tensor]
    rounding_error: float

    def error_bound(self, queries: Quantized, keys: Quantized) -> float:
        """Bound the error of a cosine.

        By Cauchy-Schwarz, quantization adds at most the two residual norms and their product; rounding of the sum and
        of its result come on top.
        """
        query, key = queries.max_residual_norm, keys.max_residual_norm
        return query + key + query * key + self.rounding_error + ACCUMULATION_ERROR


def pad_vectors(vectors: Tensor, operand: int) -> Tensor:
    """Append rows of zeros to vectors (vectors, hidden), up to a multiple of `PADDING[operand]`.

    oneDNN caches code and buffers for every shape it has multiplied: padding leaves a handful of shapes instead of a
    thousand.
    """
    return torch.nn.functional.pad(vectors, (0, 0, 0, -len(vectors) % PADDING[operand]))


def select_precision(name: str, device: str) -> Precision:
    """Return a precision by name; `auto` is int8 on a CPU that multiplies it exactly, else bf16.

    Raises:
        EmograinError: The name is unknown, or int8 is not exact on this device.
    """
    if name == "auto":
        name = "int8" if device == "cpu" and int8_is_exact() else "bf16"
    if name not in PRECISIONS:
        raise unknown_name("precision", name, ["auto", *PRECISIONS])
    if name == "int8" and not (device == "cpu" and int8_is_exact()):
        raise EmograinError(f"int8 products are not exact on this {device}", "use bf16")
    return PRECISIONS[name]


@cache
def int8_is_exact() -> bool:
    """Return whether this CPU has fast int8 products without overflow: some add pairs of products in 16 bits."""
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        return False  # PyTorch has no vectorised int8 product here
    signs = 1 - 2 * (torch.arange(64)[:, None] >> torch.arange(256) % 6 & 1)
    extreme = (127 * signs).to(torch.int8)
    return torch.equal(torch._int_mm(extreme, extreme.T), (extreme.int() @ extreme.int().T))


def hadamard_rotate(vectors: Tensor) -> Tensor:
    """Multiply vectors (vectors, hidden) by an orthogonal matrix, which leaves their dot products unchanged.

    A few entries of BERT's hidden states are far larger than the others and would alone determine the int8 scale. A
    Hadamard matrix spreads each over a block of entries.

    >>> hadamard_rotate(torch.eye(2)).mul(2**0.5).round().tolist()
    [[1.0, 1.0], [1.0, -1.0]]
    """
    size = gcd(vectors.shape[1], ROTATED_BLOCK)
    return (vectors.reshape(-1, size) @ _hadamard_matrix(size).to(vectors.device)).view(vectors.shape)


@cache
def _hadamard_matrix(size: int) -> Tensor:
    """Build the orthogonal Hadamard matrix (size, size); `size` is a power of 2."""
    matrix = torch.ones(1, 1)
    while len(matrix) < size:
        matrix = torch.cat([torch.cat([matrix, matrix], dim=1), torch.cat([matrix, -matrix], dim=1)])
    return matrix / size**0.5


def _to_int8(vectors: Tensor) -> Quantized:
    scaled = hadamard_rotate(vectors)
    scale = max(float(max(map(abs, map(float, scaled.aminmax())))) / 127, 1e-9)
    scaled /= scale
    values = scaled.round()
    max_residual_norm = float((scaled.sub_(values)).norm(dim=1).max()) * scale
    return Quantized(values.to(torch.int8), scale, max_residual_norm)


def _to_float(dtype: torch.dtype, vectors: Tensor) -> Quantized:
    values = vectors.to(dtype)
    max_residual_norm = 0.0 if values is vectors else float((vectors - values.float()).norm(dim=1).max())
    return Quantized(values, 1.0, max_residual_norm)


# bf16: half the spacing above 1, which products reach if rounding has lengthened the vectors.
PRECISIONS = {
    "int8": Precision(_to_int8, torch._int_mm, 0.0),
    "bf16": Precision(partial(_to_float, torch.bfloat16), torch.matmul, torch.finfo(torch.bfloat16).eps / 2),
    "float32": Precision(partial(_to_float, torch.float32), torch.matmul, 0.0),
}
