"""Fitted preference models as a folder: weights in safetensors, the record of the fit in JSON."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tacit.crowd.raters import RaterFit
from tacit.errors import BadFile, BadValue
from tacit.reward.saving import read_arrays, write_arrays
from tacit_language.models import GPT, CausalModel, GPTConfig
from tacit_language.preference.fitted import HeldOutPairs, PreferenceFit
from tacit_language.preference.model import PreferenceModel

HELD_OUT = ("answer", "difference", "target", "weight", "rater")
RATER_ARRAYS, RATER_FACTS = ("p_agree", "low", "high", "precision", "n"), ("scale", "spread", "lapse")
FACTS = ("epochs", "n_answers", "left_out", "seed", "lapse", "settings", "preferences_hash")


def save_preferences(folder: Path, fit: PreferenceFit) -> None:
    """Write a fit into `folder`, all of it or nothing.

    Raises:
        CannotWrite: the disk is full or read-only; what was there is kept.
    """
    arrays: dict[str, NDArray[Any]] = {"believed": fit.believed, "history": np.array(fit.history)}
    arrays |= {f"held_out/{name}": getattr(fit.held_out, name) for name in HELD_OUT}
    arrays |= {f"raters/{name}": getattr(fit.rater_fit, name) for name in RATER_ARRAYS}
    for number, model in enumerate(fit.models):
        weights = model.state_dict().items()
        arrays |= {f"model/{number}/{name}": weight.detach().cpu().numpy() for name, weight in weights}
    trunk = fit.models[0].trunk
    record = {
        "kind": "preference models",
        "members": len(fit.models),
        "trunk": asdict(trunk.config) if isinstance(trunk, GPT) else None,
        "raters": list(fit.raters),
        "rater_fit": {name: getattr(fit.rater_fit, name) for name in RATER_FACTS},
        **{name: getattr(fit, name) for name in FACTS},
    }
    write_arrays(folder, arrays, record)


def load_preferences(folder: Path, trunk: CausalModel | None = None) -> PreferenceFit:
    """Return the fit in `folder`.

    Args:
        folder: what `save_preferences` wrote.
        trunk: a model of the same sizes, which is copied; needed where the trunk is not the pack's own `GPT`.

    Raises:
        BadFile: no such folder, a damaged file, or a reward of another kind.
        BadValue: the trunk is another model than the one fitted, or is needed and absent.
    """
    arrays, record = read_arrays(folder)
    if record.get("kind") != "preference models":
        raise BadFile(str(folder), got="a reward of another kind", expected="preference models")
    if trunk is None and record["trunk"] is None:
        raise BadValue("trunk", got="none", expected="the model that was fitted", do="Load it with load_model")
    models = []
    for number in range(int(record["members"])):
        start = f"model/{number}/"
        weights = {name[len(start) :]: torch.from_numpy(a) for name, a in arrays.items() if name.startswith(start)}
        model = PreferenceModel(GPT(GPTConfig(**record["trunk"])) if trunk is None else deepcopy(trunk))
        try:
            model.load_state_dict(weights)
        except RuntimeError as error:
            got = str(error).splitlines()[-1].strip()
            raise BadValue("trunk", got=got, expected="the model that was fitted") from None
        models.append(model.eval())
    fields: dict[str, Any] = {name: arrays[f"raters/{name}"] for name in RATER_ARRAYS}
    raters = RaterFit(**fields, **record["rater_fit"])
    return PreferenceFit(
        models=tuple(models),
        held_out=HeldOutPairs(**{name: arrays[f"held_out/{name}"] for name in HELD_OUT}),
        raters=tuple(record["raters"]),
        rater_fit=raters,
        believed=arrays["believed"],
        history=tuple((float(a), float(b)) for a, b in arrays["history"]),
        **{name: record[name] for name in FACTS},
    )
