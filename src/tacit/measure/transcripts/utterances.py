"""What was said beside what was recognised, utterance by utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tacit.errors import BadValue


@dataclass(frozen=True)
class Utterances:
    """Pairs of transcripts, as they stand in their files.

    Args:
        ids: a name for each utterance.
        speakers: who spoke each; empty strings where that is not known.
        references: what was said.
        hypotheses: what was recognised.
        marked_up: whether braces, ``@`` and so on have the meaning that NIST's formats give them.
    """

    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    references: tuple[str, ...]
    hypotheses: tuple[str, ...]
    marked_up: bool = False

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, references: Sequence[str], hypotheses: Sequence[str]) -> Utterances:
        """Return pairs of plain texts, without names or speakers.

        Raises:
            BadValue: unequal numbers of them.
        """
        if len(references) != len(hypotheses):
            got = f"{len(references)} references and {len(hypotheses)} hypotheses"
            raise BadValue("utterances", got=got, expected="as many of both")
        names = tuple(f"line {row}" for row in range(1, len(references) + 1))
        return cls(names, ("",) * len(names), tuple(references), tuple(hypotheses))
