"""A folder of images as rows of numbers: each made small, in colour if any of them has colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacit.errors import BadFile, MissingExtra

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".pgm", ".ppm")
SIDE_PX = 32
"""Width and height to which every image is brought, whatever its shape."""
MOST_PIXELS = 100_000_000

Pictures = NDArray[np.uint8]


def read_pictures(folder: Path, *, side_px: int = SIDE_PX) -> tuple[tuple[str, ...], Pictures]:
    """Return the names and the small versions of all images in a folder and the folders in it.

    Args:
        folder: where the images are; other files and what begins with a dot are left alone.
        side_px: width and height of a small version.

    Returns:
        The paths below the folder, in order, with ``/`` between their parts; and shape (image, side, side) of grey
        values, or (image, side, side, 3) if any image has colour. The right way up, by what the camera noted; of
        several frames the first; what is transparent is white.

    Raises:
        BadFile: no image in the folder, or a file that no image can be read from. MissingExtra: Pillow is absent.
    """
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS}
    names = sorted(
        name.as_posix()
        for name, path in found.items()
        if path.is_file() and not any(part.startswith(".") for part in name.parts)
    )
    if not names:
        expected = f"images, which end in {', '.join(ENDINGS)}"
        raise BadFile(str(folder), got="a folder without an image", expected=expected)
    small = np.stack([_small(folder / name, side_px) for name in names])
    grey = bool((small[..., 0] == small[..., 1]).all() and (small[..., 0] == small[..., 2]).all())
    return tuple(names), small[..., 0] if grey else small


def _small(path: Path, side_px: int) -> Pictures:
    try:
        from PIL import Image, ImageOps  # noqa: PLC0415 (optional, and only folders of images need it)
    except ModuleNotFoundError:
        raise MissingExtra("a folder of images", package="PIL", install="tacit[autolabel]") from None
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                got = f"{image.width} × {image.height} pixels"
                raise BadFile(str(path), got=got, expected=f"at most {MOST_PIXELS:,} pixels")
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        got = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadFile(str(path), got=got, expected="an image", do="Take it out of the folder, or mend it") from None
    white = Image.new("RGBA", upright.size, "white")
    flat = Image.alpha_composite(white, upright).convert("RGB")
    return np.asarray(flat.resize((side_px, side_px), Image.Resampling.BOX), dtype=np.uint8)
