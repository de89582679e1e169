"""From where a robot is looked at: from the side, from above, or from a corner, and how much of the world is seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacit_control.sketch.limbs import coats, robot_tree
from tacit_control.sketch.silhouette import Array, Poses, outlines, poses

GROUND_SHARE = 0.14
"""Part of a side view's height that lies below the ground line, where the distance marks are."""

WALKER_ELEVATION_DEG, TABLE_ELEVATION_DEG, AZIMUTH_DEG = 24.0, 55.0, 22.0

_JOINT = mujoco.mjtJoint


@dataclass(frozen=True)
class Camera:
    """A parallel projection onto a picture plane.

    Args:
        axes: the picture's right and up in world coordinates, shape (2, 3).
        toward_viewer: unit vector out of the picture, shape (3,).
        tracks: which of x and y the camera follows, shape (2,), 1 or 0 each.
        offset_m: the picture's centre along `axes`, relative to the ground point that is followed, shape (2,).
        height_m: height of the picture in metres of the world.
        floor_z_m: height of the floor; None where there is none in sight.
    """

    axes: Array
    toward_viewer: Array
    tracks: Array
    offset_m: Array
    height_m: float
    floor_z_m: float | None

    @property
    def is_flat(self) -> bool:
        """Whether the view is along an axis of the world, so that nothing is seen in depth."""
        return bool((np.abs(self.toward_viewer) > 0.99).any())

    @property
    def is_side(self) -> bool:
        """Whether the floor is seen edge-on."""
        return bool(abs(self.toward_viewer[2]) < 0.01)

    def ground_m(self, position: Array) -> Array:
        """Return the ground point that is followed, given the robot's shapes at (step, geom, 3): shape (step, 2)."""
        return np.asarray(position[..., :2].mean(axis=1) * self.tracks)

    def centre_m(self, ground: Array) -> Array:
        """Return the picture's centre along `axes` for each ground point, shape (step, 2)."""
        return np.asarray(ground @ self.axes[:, :2].T + self.offset_m)


def camera_for(model: mujoco.MjModel, *, aspect: float) -> Camera:
    """Choose a camera from the joints and the rest pose alone, so that all clips of one robot are seen alike.

    Args:
        model: a `mujoco.MjModel`.
        aspect: width of the picture over its height.
    """
    data = mujoco.MjData(model)
    posed = poses(model, data, np.asarray(model.qpos0, dtype=np.float64)[None])
    slides = model.jnt_type == _JOINT.mjJNT_SLIDE
    hinges = model.jnt_type == _JOINT.mjJNT_HINGE
    roams = _roams(model)
    if _moves_within(data.xaxis, slides, hinges, normal=1):
        axes, tracks = np.array([[1.0, 0, 0], [0, 0, 1]]), np.array([1.0, 0])
    elif _moves_within(data.xaxis, slides, hinges, normal=2):
        axes, tracks = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([1.0, 1])
    else:
        axes = _oblique(WALKER_ELEVATION_DEG if roams else TABLE_ELEVATION_DEG)
        tracks = np.array([1.0, 1])
    camera = Camera(axes, np.cross(axes[0], axes[1]), tracks * roams, np.zeros(2), 1.0, _floor_z(model))
    return _framed(model, posed, camera, aspect)


def _moves_within(axis: Array, slides: NDArray[np.bool_], hinges: NDArray[np.bool_], *, normal: int) -> bool:
    """Whether every joint keeps the robot in the plane across world axis `normal`."""
    across = np.abs(axis[:, normal])
    planar = np.where(slides, across < 1e-3, np.where(hinges, across > 1 - 1e-3, False))
    return bool(planar.all())


def _roams(model: mujoco.MjModel) -> bool:
    """Whether the robot's root can go anywhere: a free joint, or slides without a range."""
    root = int(model.tree_bodyadr[robot_tree(model)])
    first, n = int(model.body_jntadr[root]), int(model.body_jntnum[root])
    kinds, limited = model.jnt_type[first : first + n], model.jnt_limited[first : first + n]
    unlimited_slide = (kinds == _JOINT.mjJNT_SLIDE) & (limited == 0)
    return bool(((kinds == _JOINT.mjJNT_FREE) | unlimited_slide).any())


def _oblique(elevation_deg: float) -> Array:
    """Return picture axes that show +x to the right and slightly towards the viewer."""
    azimuth, elevation = radians(AZIMUTH_DEG), radians(elevation_deg)
    right = [cos(azimuth), sin(azimuth), 0.0]
    up = [-sin(azimuth) * sin(elevation), cos(azimuth) * sin(elevation), cos(elevation)]
    return np.array([right, up])


def _floor_z(model: mujoco.MjModel) -> float | None:
    planes = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE)
    return float(model.geom_pos[planes[0], 2]) if len(planes) else None


def _framed(model: mujoco.MjModel, posed: Poses, camera: Camera, aspect: float) -> Camera:
    """Return `camera` with offset and height such that the robot stays in the picture."""
    corners = outlines(model, posed, camera.axes)[0]
    is_robot = coats(model, posed.geoms).is_robot
    robot = corners[is_robot].reshape(-1, 2)
    if camera.tracks.any():
        return _framed_to_follow(camera, robot, posed.position[:, is_robot])
    if camera.is_flat:
        root = model.tree_bodyadr[robot_tree(model)]
        base = np.asarray(model.body_pos[root]) @ camera.axes.T
        reach = float(np.linalg.norm(robot - base, axis=1).max())
        corners = np.concatenate([corners.reshape(-1, 2), [base - reach, base + reach]])
        margin = 1.2
    else:
        margin = 1.6
    low, high = corners.reshape(-1, 2).min(axis=0), corners.reshape(-1, 2).max(axis=0)
    width, tall = high - low
    height, middle = float(margin * max(tall, width / aspect)), (low + high) / 2
    hidden = camera.floor_z_m is None or (camera.is_side and camera.floor_z_m < middle[1] - height / 2)
    return replace(camera, offset_m=middle, height_m=height, floor_z_m=None if hidden else camera.floor_z_m)


def _framed_to_follow(camera: Camera, robot: Array, position: Array) -> Camera:
    """Return `camera` framed around a robot that roams, with room to jump, to fall over and to stand up."""
    followed = camera.centre_m(camera.ground_m(position))[0]
    middle = position[0].mean(axis=0) @ camera.axes.T
    reach = float(np.linalg.norm(robot - middle, axis=1).max())
    if camera.floor_z_m is None or abs(camera.toward_viewer[2]) > 0.99:
        return replace(camera, offset_m=middle - followed, height_m=2.15 * reach)
    ground = followed[1] + camera.floor_z_m * camera.axes[1, 2]
    tall = float(robot[:, 1].max()) - ground
    if camera.is_side:
        height = max(1.25 * tall, 1.9 * reach) / (1 - GROUND_SHARE)
        bottom = ground - GROUND_SHARE * height
    else:
        room_in_front = 1.1 * reach * camera.toward_viewer[2] + 0.1 * reach
        height = 1.04 * max(tall, 2.0 * reach * camera.axes[1, 2]) + room_in_front
        bottom = ground - room_in_front
    offset = np.array([0.0, bottom + height / 2 - followed[1]])
    return replace(camera, offset_m=offset, height_m=float(height))
