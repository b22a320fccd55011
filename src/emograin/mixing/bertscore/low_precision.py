"""Products of unit vectors in few bits, and how far from the exact ones they can be.

int8 is the fastest: vectors are turned, so that no entry stands out, scaled to -127 to 127 and rounded. Products of
such vectors are exact integers; what rounding took is measured, not assumed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from math import gcd
from typing import NamedTuple

import torch
from torch import Tensor

from ...common.errors import EmograinError, unknown_name

SUMMATION = 1e-4  # float32 sums of up to 1,600 products of two unit vectors are off by less
TURNED = 64  # entries that are mixed with one another before they are rounded to int8
SHAPE = (64, 256)  # vectors of a product are padded to multiples of these


class Coarse(NamedTuple):
    """Vectors in few bits.

    Attributes:
        values: (vectors, hidden), rows of zeros at the end.
        step: What a 1 in `values` stands for.
        loss: The largest norm of what rounding took from a vector.
    """

    values: Tensor
    step: float
    loss: float


@dataclass(frozen=True)
class Precision:
    """How vectors are rounded and multiplied.

    Attributes:
        coarse: (vectors, hidden) float32 of unit norm -> values of the same shape, their step and loss.
        multiply: (a, hidden) and (hidden, b) values -> (a, b).
        rounding: By how much a product is rounded at the end, at most.
    """

    coarse: Callable[[Tensor], Coarse]
    multiply: Callable[[Tensor, Tensor], Tensor]
    rounding: float

    def off(self, queries: Coarse, keys: Coarse) -> float:
        """What a cosine may be off by.

        By Cauchy and Schwarz at most the norms of what rounding took from the two and the product of these norms; then
        the rounding of a sum and of its result.
        """
        return queries.loss + keys.loss + queries.loss * keys.loss + self.rounding + SUMMATION


def padded(vectors: Tensor, side: int) -> Tensor:
    """Vectors (vectors, hidden) with rows of zeros up to a multiple of `SHAPE[side]`.

    oneDNN keeps code and buffers of every shape it has multiplied: a handful of shapes instead of a thousand.
    """
    return torch.nn.functional.pad(vectors, (0, 0, 0, -len(vectors) % SHAPE[side]))


def precision_of(name: str, device: str) -> Precision:
    """A precision by its name; `auto` is int8 where a CPU multiplies it exactly, else bf16.

    Raises:
        EmograinError: An unknown name, or int8 where it is not exact.
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
    """Whether this CPU has fast int8 products without overflow: some add pairs of products in 16 bits."""
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        return False  # there PyTorch multiplies one number at a time
    signs = 1 - 2 * (torch.arange(64)[:, None] >> torch.arange(256) % 6 & 1)
    extreme = (127 * signs).to(torch.int8)
    return torch.equal(torch._int_mm(extreme, extreme.T), (extreme.int() @ extreme.int().T))


def turned(vectors: Tensor) -> Tensor:
    """Vectors (vectors, hidden) times an orthogonal matrix, which leaves their products as they are.

    BERT's hidden states have a few entries far larger than the others, which alone would decide the step of int8. A
    Hadamard matrix spreads each over a block of entries.

    >>> turned(torch.eye(2)).mul(2**0.5).round().tolist()
    [[1.0, 1.0], [1.0, -1.0]]
    """
    size = gcd(vectors.shape[1], TURNED)
    return (vectors.reshape(-1, size) @ _hadamard(size).to(vectors.device)).view(vectors.shape)


@cache
def _hadamard(size: int) -> Tensor:
    """(size, size), orthogonal; `size` is a power of 2."""
    matrix = torch.ones(1, 1)
    while len(matrix) < size:
        matrix = torch.cat([torch.cat([matrix, matrix], dim=1), torch.cat([matrix, -matrix], dim=1)])
    return matrix / size**0.5


def _int8(vectors: Tensor) -> Coarse:
    scaled = turned(vectors)
    step = max(float(max(map(abs, map(float, scaled.aminmax())))) / 127, 1e-9)
    scaled /= step
    values = scaled.round()
    loss = float((scaled.sub_(values)).norm(dim=1).max()) * step
    return Coarse(values.to(torch.int8), step, loss)


def _floating(dtype: torch.dtype, vectors: Tensor) -> Coarse:
    values = vectors.to(dtype)
    loss = 0.0 if values is vectors else float((vectors - values.float()).norm(dim=1).max())
    return Coarse(values, 1.0, loss)


# Half of a step of bf16 above 1, where products of vectors that were rounded to be longer can lie.
PRECISIONS = {
    "int8": Precision(_int8, torch._int_mm, 0.0),
    "bf16": Precision(partial(_floating, torch.bfloat16), torch.matmul, torch.finfo(torch.bfloat16).eps / 2),
    "float32": Precision(partial(_floating, torch.float32), torch.matmul, 0.0),
}
