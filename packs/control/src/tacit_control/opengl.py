"""Frames of a MuJoCo robot from MuJoCo's own renderer, which needs OpenGL."""

from __future__ import annotations

from contextlib import suppress
from warnings import catch_warnings

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacit.errors import InputError

ASPECT = 4 / 3
_COSTLY = (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION, mujoco.mjtRndFlag.mjRND_SKYBOX)


class OpenGLView:
    """A robot as MuJoCo renders it, without shadows, reflections and sky, which cost nine tenths of the time.

    Args:
        model: a `mujoco.MjModel`; its off-screen buffer is made large enough and its multisampling switched off.
        data: a `mujoco.MjData` of it, overwritten.
        height: of a frame in pixels.

    Raises:
        InputError: OpenGL cannot be had.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, *, height: int = 240) -> None:
        width = 2 * round(height * ASPECT / 2)
        model.vis.quality.offsamples = 0
        model.vis.global_.offwidth = max(width, model.vis.global_.offwidth)
        model.vis.global_.offheight = max(height, model.vis.global_.offheight)
        self._model, self._data = model, data
        try:
            with catch_warnings(action="ignore"):  # GLFW warns of what the error below says
                self._renderer = mujoco.Renderer(model, height, width)
        except (ImportError, AttributeError, RuntimeError, mujoco.FatalError) as error:
            raise InputError(
                "style 'mujoco'",
                got=f"no OpenGL ({error})",
                expected="a display, or a library that renders without one",
                do="Install EGL or OSMesa and set MUJOCO_GL=egl or MUJOCO_GL=osmesa, or use the style 'sketch'",
            ) from None
        self._camera = "track" if any(model.camera(i).name == "track" for i in range(model.ncam)) else -1

    def frames(self, qpos: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return a frame for each row of joint positions, shape (step, height, width, 3)."""
        drawn = []
        for positions in qpos:
            self._data.qpos[:] = positions
            mujoco.mj_forward(self._model, self._data)
            self._renderer.update_scene(self._data, camera=self._camera)
            for flag in _COSTLY:
                self._renderer.scene.flags[flag] = 0
            drawn.append(self._renderer.render())
        return np.stack(drawn)

    def close(self) -> None:
        """Release the OpenGL context."""
        with suppress(mujoco.FatalError):
            self._renderer.close()
