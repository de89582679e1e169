"""What NIST's transcript formats write within a line: comments, tags after a word, escapes."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TAGS = re.compile(r"(?<!\\);[^\s{}/]*")
_STAR = re.compile(r"(?<=[^\s{}/])\*(?=[\s{}/]|$)")


def is_comment(line: str) -> bool:
    """Return whether a line is empty or a comment, which begins with two semicolons."""
    return line.startswith(";;") or not line.strip()


def spoken(text: str) -> str:
    r"""Return a transcript without the tags that follow a word after a semicolon, and without an asterisk at its end.

    Args:
        text: words, perhaps with alternatives.

    Source: NIST SCTK, word tags of the trn, stm and ctm formats.

    Example:
        >>> spoken(r"{ um;tag1; / uh;;tag2 } a\;s;tag1 far*")
        '{ um / uh } a;s far'
    """
    return _STAR.sub("", _TAGS.sub("", text)).replace("\\;", ";")


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
