"""Numbers as a page writes them: as many digits as their interval supports, and no more."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil, floor, isfinite, log10

from tacit.measure.estimate import Estimate

MINUS = "−"
SPACE = "\N{NO-BREAK SPACE}"
THIN = "\N{NARROW NO-BREAK SPACE}"


def decimals_for(estimate: Estimate) -> int:
    """Return how many decimals an estimate supports: enough for one digit of half its interval's width."""
    half = (estimate.high - estimate.low) / 2
    if not isfinite(half) or half <= 0:
        return 0 if estimate.mean == round(estimate.mean) or abs(estimate.mean) >= 100 else 1
    return max(0, min(6, -floor(log10(half))))


def number(value: float, decimals: int = 0) -> str:
    """Return `value` with a comma between thousands and a true minus sign."""
    if not isfinite(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def mean(estimate: Estimate) -> str:
    """Return the point estimate alone."""
    return number(estimate.mean, decimals_for(estimate))


def interval(estimate: Estimate) -> str:
    """Return ``[low, high]``, or nothing where there is no interval."""
    if not (isfinite(estimate.low) and isfinite(estimate.high)):
        return ""
    decimals = decimals_for(estimate)
    return f"[{number(estimate.low, decimals)},{SPACE}{number(estimate.high, decimals)}]"


def mean_and_interval(estimate: Estimate) -> str:
    """Return ``mean [low, high]``."""
    return f"{mean(estimate)} {interval(estimate)}".strip()


def percent(share: float) -> str:
    """Return a share as whole per cent; only a true 0 or 1 reads as 0 % or 100 %."""
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return f">{THIN}99{THIN}%"
    if whole == 0 and share > 0:
        return f"<{THIN}1{THIN}%"
    return f"{whole}{THIN}%"


def percent_interval(estimate: Estimate) -> str:
    """Return the interval of a share in whole per cent, rounded outwards, or nothing where there is none."""
    if not (isfinite(estimate.low) and isfinite(estimate.high)):
        return ""
    low, high = floor(100 * estimate.low + 1e-9), ceil(100 * estimate.high - 1e-9)
    return f"[{number(low)},{SPACE}{number(high)}]"


def percent_and_interval(estimate: Estimate) -> str:
    """Return ``88 % [82, 92]``."""
    return f"{percent(estimate.mean)} {percent_interval(estimate)}".strip()


def counted(n: int, singular: str, plural: str = "") -> str:
    """Return ``1 label`` or ``200 labels``."""
    return f"{number(n)} {singular if n == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """Return a time in the unit a reader would choose."""
    if seconds < 120:
        return f"{number(seconds, 1 if seconds < 10 else 0)}{THIN}s"
    if seconds < 7200:
        return f"{number(seconds / 60, 1 if seconds < 600 else 0)}{THIN}min"
    return f"{number(seconds / 3600, 1)}{THIN}h"


def moment(seconds: float) -> str:
    """Return seconds since 1970-01-01 as a date and a time of day, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
