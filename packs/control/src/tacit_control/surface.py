"""Pictures through pygame, with which Gymnasium draws its classic-control tasks."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def ready_for_drawing() -> None:
    """Start SDL without a window on a Linux machine without a display; else leave the choice to SDL and the user.

    SDL finds out by itself that there is none, but not without complaint.
    """
    chosen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"))
    if sys.platform != "linux" or chosen or pygame.display.get_init():
        return
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        pygame.display.init()
    finally:
        del os.environ["SDL_VIDEODRIVER"]


def picture_of_state(base: Any, state: NDArray[np.float64], height: int) -> Picture:  # noqa: ANN401  any environment
    """Put an environment into a state and return its picture, shape (height, width, 3).

    Gymnasium's classic-control tasks draw on a surface and then turn all of it into an array, which costs three times
    what the drawing does. In a render mode that they do not know they leave out the second part, and the surface can
    be scaled first.

    Args:
        base: an unwrapped environment in render mode ``rgb_array`` with an attribute `state`.
        state: the state, shape (k,).
        height: of the picture in pixels.
    """
    base.state = state
    if type(base).__module__.startswith("gymnasium.envs.classic_control."):
        base.render_mode = "surface"
        try:
            base.render()
        finally:
            base.render_mode = "rgb_array"
        if isinstance(base.screen, pygame.Surface):
            return _scaled(base.screen, height)
    return scaled(base.render(), height)


def scaled(picture: Picture, height: int) -> Picture:
    """Return a picture of shape (rows, columns, 3) at another height, its width even."""
    rows, columns = picture.shape[:2]
    if rows == height and columns % 2 == 0:
        return picture
    return _scaled(pygame.image.frombuffer(picture.tobytes(), (columns, rows), "RGB"), height)


def _scaled(surface: pygame.Surface, height: int) -> Picture:
    columns, rows = surface.get_size()
    size = (2 * round(columns * height / rows / 2), height)
    if size != (columns, rows):
        surface = pygame.transform.smoothscale(surface, size)
    return np.frombuffer(pygame.image.tobytes(surface, "RGB"), dtype=np.uint8).reshape(height, size[0], 3)
