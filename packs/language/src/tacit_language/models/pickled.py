"""Pickled weights: refused where a model is loaded, and written anew as safetensors where that is asked for."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from tacit.errors import BadFile
from tacit.store.run_folder import write_bytes

PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
WEIGHTS = "model.safetensors"


def refuse_pickled(folder: Path) -> None:
    """Check that a folder's weights are not pickled alone: reading such a file can run any program.

    Raises:
        BadFile: they are.
    """
    pickled = _pickled(folder)
    if pickled and not list(folder.glob("*.safetensors")):
        raise BadFile(
            str(pickled[0]),
            got="pickled weights, which can run any program when they are read",
            expected=f"weights in safetensors, {WEIGHTS}",
            do=f"Write them anew: tacit language convert {folder} NEW-FOLDER",
        )


def read_pickled(folder: Path) -> dict[str, Tensor]:
    """Return the tensors in a folder's pickled weights, by torch's loader that makes nothing but tensors.

    Raises:
        BadFile: there are none, or a file holds something else.
    """
    found: dict[str, Tensor] = {}
    if not (paths := _pickled(folder)):
        raise BadFile(str(folder), got="no pickled weights", expected=f"a file such as {', '.join(PICKLED)}")
    for path in paths:
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # noqa: BLE001 (a file that is none of torch's fails in many ways; each is told)
            got = str(error).partition("\n")[0][:200]
            raise BadFile(str(path), got=got, expected="tensors alone, by name") from None
        if not isinstance(weights, dict) or not all(isinstance(tensor, Tensor) for tensor in weights.values()):
            raise BadFile(str(path), got=f"a {type(weights).__name__} of other things", expected="tensors by name")
        found |= weights
    return found


def write_safetensors(folder: Path, weights: dict[str, Tensor]) -> None:
    """Write tensors to a folder. Of names that share one memory, as tied embeddings do, the first is kept.

    Raises:
        CannotWrite: the disk is full or read-only.
    """
    kept: dict[str, Tensor] = {}
    seen: set[tuple[int, tuple[int, ...]]] = set()
    for name, tensor in weights.items():
        place = (tensor.data_ptr(), tuple(tensor.shape))
        if place not in seen:
            kept[name] = tensor.contiguous().clone()
        seen.add(place)
    write_bytes(folder / WEIGHTS, save(kept, metadata={"format": "pt"}))


def _pickled(folder: Path) -> list[Path]:
    return sorted(path for pattern in PICKLED for path in folder.glob(pattern) if path.stem != "training_args")
