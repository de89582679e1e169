"""Paints a robot, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tacit.errors import BadValue, NotFinite
from tacit_control.sketch.camera import camera_for
from tacit_control.sketch.floor import LABEL, Floor, written_text
from tacit_control.sketch.limbs import coats
from tacit_control.sketch.silhouette import DIRECTIONS, Array, Poses, outlines, poses, visible_geoms

SUPERSAMPLING = 2
"""Drawn this many times larger and averaged, so that edges are smooth."""

ASPECT = 4 / 3
EDGE_PX = 1.1
SMALLEST_RADIUS_PX = 1.5
SMALLEST_THING_PX = 4.5
SHADOW = (203, 207, 214)
PROGRESS = (120, 128, 142)


class Sketch:
    """Draws one robot at any number of joint positions.

    Args:
        model: a `mujoco.MjModel`.
        height: of a frame in pixels; the width is a third more, both even.

    Raises:
        BadValue: a height below 32 pixels, or a model without a body that moves.
    """

    def __init__(self, model: mujoco.MjModel, *, height: int = 240) -> None:
        if height < 32:
            raise BadValue("height", got=height, expected="at least 32 pixels")
        if model.ntree == 0 or len(visible_geoms(model)) == 0:
            raise BadValue("model", got="no body that moves", expected="at least one, with a visible shape")
        self.height, self.width = 2 * round(height / 2), 2 * round(height * ASPECT / 2)
        self._model, self._data = model, mujoco.MjData(model)
        self._camera = camera_for(model, aspect=ASPECT)
        self._size = (self.width * SUPERSAMPLING, self.height * SUPERSAMPLING)
        self._floor = Floor(self._camera, self._size)
        self._coats = coats(model, visible_geoms(model))

    def frames(self, qpos: Array, *, captions: Sequence[str] = (), progress: Array | None = None) -> NDArray[np.uint8]:
        """Return a frame for each row of joint positions.

        Args:
            qpos: joint positions, shape (step, nq).
            captions: a short text a frame for the upper left corner; none at all is fine.
            progress: share of the clip that has passed at each frame, drawn as a thin bar at the upper edge.

        Returns:
            Colours 0 to 255, shape (step, height, width, 3).

        Raises:
            BadValue: joint positions of another robot. NotFinite: NaN among them.
        """
        qpos = np.asarray(qpos, dtype=np.float64)
        if qpos.ndim != 2 or qpos.shape[1] != self._model.nq:
            raise BadValue("qpos", got=f"shape {qpos.shape}", expected=f"(step, {self._model.nq})")
        if not np.isfinite(qpos).all():
            raise NotFinite("qpos", got="NaN or infinity", expected="finite joint positions")
        posed = poses(self._model, self._data, qpos)
        ground = self._camera.ground_m(posed.position[:, self._coats.is_robot])
        centre = self._camera.centre_m(ground)
        fills, edges = self._bodies(posed, centre)
        shadows = self._shadows(posed, centre)
        orders = self._orders(posed)
        frames = np.empty((len(qpos), self.height, self.width, 3), dtype=np.uint8)
        for step in range(len(qpos)):
            picture = self._floor.behind(ground[step])
            pen = ImageDraw.Draw(picture)
            for corners in shadows[step] if shadows else ():
                pen.polygon(corners, fill=SHADOW)
            for geom in orders[step]:
                pen.polygon(edges[step][geom], fill=self._coats.edge[geom])
                pen.polygon(fills[step][geom], fill=self._coats.fill[geom])
            self._annotate(
                picture, pen, captions[step] if captions else "", progress[step] if progress is not None else 0
            )
            frames[step] = np.asarray(picture.reduce(SUPERSAMPLING))
        return frames

    def _bodies(self, posed: Poses, centre: Array) -> tuple[list[list[list[float]]], list[list[list[float]]]]:
        """Return the corners of each body and of its edge, in pixels: step → geom → x, y, x, y and so on."""
        corners = self._floor.to_px(outlines(self._model, posed, self._camera.axes), centre[:, None, None, :])
        outward = DIRECTIONS * [1, -1] * SUPERSAMPLING
        thin = np.ptp(corners, axis=2).min(axis=2) / 2 / SUPERSAMPLING
        smallest = np.where(self._coats.layer == 1, SMALLEST_THING_PX, SMALLEST_RADIUS_PX)
        swell = np.maximum(0, smallest - thin)[..., None, None] * outward
        return _listed(corners + swell), _listed(corners + swell + EDGE_PX * outward)

    def _shadows(self, posed: Poses, centre: Array) -> list[list[list[float]]]:
        """Return the shadow of each body on the floor, as if the light came from straight above."""
        floor_z = self._camera.floor_z_m
        if self._camera.is_flat or floor_z is None:
            return []
        on_floor = outlines(self._model, posed, np.array([[1.0, 0, 0], [0, 1, 0]]))
        seen = on_floor @ self._camera.axes[:, :2].T + floor_z * self._camera.axes[:, 2]
        return _listed(self._floor.to_px(seen, centre[:, None, None, :]))

    def _orders(self, posed: Poses) -> NDArray[np.intp]:
        """Return the order of painting, farthest first, shape (step, geom)."""
        if self._camera.is_flat:
            order = np.argsort(self._coats.layer, kind="stable")
            return np.broadcast_to(order, (len(posed.position), len(order)))
        return np.argsort(posed.position @ self._camera.toward_viewer, axis=1, kind="stable")

    def _annotate(self, picture: Image.Image, pen: ImageDraw.ImageDraw, caption: str, progress: float) -> None:
        width, height = self._size
        if progress > 0:
            pen.rectangle([0, 0, round(progress * width), height // 80], fill=PROGRESS)
        if caption:
            picture.paste(LABEL, (height // 40, height // 30), written_text(caption, round(height / 22)))


def _listed(corners: Array) -> list[list[list[float]]]:
    """Return (step, geom, corner, 2) as nested lists; half a pixel more, since Pillow cuts off the fraction."""
    listed: list[list[list[float]]] = (corners.reshape(*corners.shape[:2], -1) + 0.5).tolist()
    return listed
