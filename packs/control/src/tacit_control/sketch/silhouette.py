"""Outlines of a MuJoCo model's bodies in a plane, without any graphics library.

The outline of a convex body, seen from infinitely far away, runs through the body's support points: for each direction
in the picture plane, the point of the body that lies farthest along it. Every primitive shape of MuJoCo has these
points in closed form, so that all steps and all bodies of one shape are one array operation.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_DIRECTIONS = 32
HIDDEN_FROM_GROUP = 3  # MuJoCo's own viewer hides the groups 3 to 5
_ANGLES = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
DIRECTIONS: Array = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
"""Unit directions in the picture plane, shape (direction, 2), counter-clockwise from the right."""

_GEOM = mujoco.mjtGeom
_NOT_OUTLINED = (_GEOM.mjGEOM_PLANE, _GEOM.mjGEOM_HFIELD)


@dataclass(frozen=True)
class Poses:
    """Where the visible shapes of a model are at each step.

    Args:
        geoms: index of each visible shape in the model, shape (geom,).
        position: centre in m, shape (step, geom, 3).
        rotation: matrix from the shape's own axes to the world's, shape (step, geom, 3, 3).
    """

    geoms: NDArray[np.intp]
    position: Array
    rotation: Array


def visible_geoms(model: mujoco.MjModel) -> NDArray[np.intp]:
    """Return the indices of the shapes of a `mujoco.MjModel` that are drawn: neither floor nor hidden."""
    outlined = ~np.isin(model.geom_type, _NOT_OUTLINED)
    shown = (model.geom_group < HIDDEN_FROM_GROUP) & (model.geom_rgba[:, 3] > 0)
    return np.flatnonzero(outlined & shown)


def poses(model: mujoco.MjModel, data: mujoco.MjData, qpos: Array) -> Poses:
    """Return where the visible shapes are for each row of joint positions.

    Args:
        model: a `mujoco.MjModel`.
        data: a `mujoco.MjData` of it, overwritten.
        qpos: joint positions, shape (step, nq).
    """
    geoms = visible_geoms(model)
    position = np.empty((len(qpos), len(geoms), 3))
    rotation = np.empty((len(qpos), len(geoms), 9))
    for step, positions in enumerate(qpos):
        data.qpos[:] = positions
        mujoco.mj_kinematics(model, data)
        position[step], rotation[step] = data.geom_xpos[geoms], data.geom_xmat[geoms]
    return Poses(geoms, position, rotation.reshape(*rotation.shape[:2], 3, 3))


def outlines(model: mujoco.MjModel, posed: Poses, axes: Array) -> Array:
    """Return the outline of each visible shape as seen along the normal of a plane.

    Args:
        model: a `mujoco.MjModel`.
        posed: where the shapes are.
        axes: the two orthonormal axes of the plane in world coordinates, shape (2, 3).

    Returns:
        Corners in m along `axes`, one for each of `DIRECTIONS`, shape (step, geom, direction, 2).
    """
    local_axes = axes @ posed.rotation  # (step, geom, 2, 3): the plane's axes as each shape sees them
    local_directions = DIRECTIONS @ local_axes
    support = np.empty_like(local_directions)
    types = model.geom_type[posed.geoms]
    for column, geom in enumerate(posed.geoms):
        direction = local_directions[:, column]
        if types[column] == _GEOM.mjGEOM_MESH:
            support[:, column] = _mesh_support(model, geom, direction)
    for shape in set(types.tolist()) - {int(_GEOM.mjGEOM_MESH)}:
        columns = np.flatnonzero(types == shape)
        sizes = model.geom_size[posed.geoms[columns]][:, None, :]
        bound = model.geom_rbound[posed.geoms[columns]][:, None, None]
        support[:, columns] = _support(shape, sizes, bound, local_directions[:, columns])
    centre = posed.position @ axes.T
    corners: Array = support @ local_axes.swapaxes(-1, -2) + centre[:, :, None, :]
    return corners


def _support(shape: int, size: Array, bound: Array, direction: Array) -> Array:
    """Return the point of a primitive that lies farthest along each unit direction, in the shape's own axes."""
    if shape == _GEOM.mjGEOM_CAPSULE:
        point = size[..., :1] * direction
        point[..., 2] += size[..., 1] * np.sign(direction[..., 2])
        return point
    if shape == _GEOM.mjGEOM_CYLINDER:
        across = np.linalg.norm(direction[..., :2], axis=-1, keepdims=True)
        rim = size[..., :1] * direction[..., :2] / np.maximum(across, 1e-12)
        return np.concatenate([rim, (size[..., 1] * np.sign(direction[..., 2]))[..., None]], axis=-1)
    if shape == _GEOM.mjGEOM_BOX:
        return np.asarray(size * np.sign(direction))
    if shape == _GEOM.mjGEOM_ELLIPSOID:
        return np.asarray(size**2 * direction / np.linalg.norm(size * direction, axis=-1, keepdims=True))
    return np.asarray(bound * direction)  # a sphere is its own bound; so is any shape that has no closed form


def _mesh_support(model: mujoco.MjModel, geom: int, direction: Array) -> Array:
    mesh = model.geom_dataid[geom]
    first = model.mesh_vertadr[mesh]
    vertices = np.asarray(model.mesh_vert[first : first + model.mesh_vertnum[mesh]], dtype=np.float64)
    return np.stack([vertices[np.argmax(at_step @ vertices.T, axis=1)] for at_step in direction])
