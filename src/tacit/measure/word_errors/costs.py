"""What an alignment pays for each kind of error, and which of two equally cheap alignments it prefers."""

from __future__ import annotations

from dataclasses import dataclass

from tacit.errors import BadValue


@dataclass(frozen=True)
class Costs:
    """Whole-numbered costs of a step; a hit costs nothing.

    Args:
        substitution: of a word by another.
        deletion: of a reference word.
        insertion: of a word that the reference has not.
        name: what the scheme is called.
    """

    substitution: int
    deletion: int
    insertion: int
    name: str


UNIT = Costs(1, 1, 1, "unit")
"""The least number of errors, as the word error rate is defined."""

SCLITE = Costs(4, 3, 3, "sclite")
"""NIST sclite's: a deletion and an insertion together cost more than one substitution, yet less than two."""

SCHEMES = {costs.name: costs for costs in (UNIT, SCLITE)}


def costs_named(name: str) -> Costs:
    """Return the scheme called `name`.

    Raises:
        BadValue: there is none.
    """
    if name not in SCHEMES:
        raise BadValue("costs", got=repr(name), expected=f"one of {', '.join(SCHEMES)}")
    return SCHEMES[name]
