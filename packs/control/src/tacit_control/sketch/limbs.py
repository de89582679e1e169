"""Which colour each body of a robot has, so that near and far legs can be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

TRUNK: Colour = (74, 85, 104)
FURNITURE: Colour = (196, 201, 209)
LIMBS: tuple[Colour, ...] = (
    (230, 159, 0),
    (0, 114, 178),
    (0, 158, 115),
    (204, 121, 167),
    (213, 94, 0),
    (86, 180, 233),
)
"""Colours that stay apart for colour-blind eyes.

Source: Okabe and Ito 2008, "Color Universal Design", figure 16 (without black and yellow).
"""

LIGHTER_BY_JOINT = 0.22
LIGHTEST = 0.5


@dataclass(frozen=True)
class Coats:
    """How each visible shape is painted.

    Args:
        fill: a colour a shape.
        edge: the colour of its outline.
        layer: the order of painting in a flat view, lowest first, shape (geom,).
        is_robot: whether the shape belongs to the robot, not to a thing beside it, shape (geom,).
    """

    fill: tuple[Colour, ...]
    edge: tuple[Colour, ...]
    layer: NDArray[np.intp]
    is_robot: NDArray[np.bool_]


def coats(model: mujoco.MjModel, geoms: NDArray[np.intp]) -> Coats:
    """Return the paint of each shape.

    The trunk is slate; each chain of bodies that hangs on it is a limb with a hue of its own, lighter from joint to
    joint. What cannot move is grey; a movable thing beside the robot, such as a target, keeps the model's own colour.
    """
    limb_of, joint_of = _limbs(model, robot_tree(model))
    fill: list[Colour] = []
    layer: list[int] = []
    for geom in geoms:
        body = int(model.geom_bodyid[geom])
        if body in limb_of:
            limb = limb_of[body]
            hue = LIMBS[limb % len(LIMBS)]
            fill.append(_mix(hue, (255, 255, 255), min(LIGHTEST, LIGHTER_BY_JOINT * joint_of[body])))
            layer.append(4 if limb == 0 else 2)
        elif model.body_treeid[body] == robot_tree(model):
            fill.append(TRUNK)
            layer.append(3)
        elif model.body_treeid[body] < 0:
            fill.append(FURNITURE)
            layer.append(0)
        else:
            fill.append(_own_colour(model, geom))
            layer.append(1)
    edge = tuple(_mix(colour, (16, 18, 24), 0.6) for colour in fill)
    return Coats(tuple(fill), edge, np.array(layer, dtype=np.intp), np.array(layer, dtype=np.intp) >= 2)


def robot_tree(model: mujoco.MjModel) -> int:
    """Return the kinematic tree with the most bodies, the first of them where several have."""
    return int(np.argmax(model.tree_bodynum))


def _limbs(model: mujoco.MjModel, tree: int) -> tuple[dict[int, int], dict[int, int]]:
    """Return body → number of its limb, and body → joints between it and the trunk.

    A body is trunk if it is the root, or if the tree branches at it or beyond it.
    """
    bodies = [int(body) for body in np.flatnonzero(model.body_treeid == tree)]
    parent = {body: int(model.body_parentid[body]) for body in bodies}
    children = {body: [child for child in bodies if parent[child] == body] for body in bodies}
    trunk: set[int] = set(bodies[:1])
    for body in reversed(bodies):  # MuJoCo numbers a child after its parent
        if len(children[body]) > 1 or any(child in trunk for child in children[body]):
            trunk.add(body)
    limb_of: dict[int, int] = {}
    joint_of: dict[int, int] = {}
    for body in bodies:
        if body not in trunk:
            first = parent[body] in trunk
            limb_of[body] = len(set(limb_of.values())) if first else limb_of[parent[body]]
            joint_of[body] = 0 if first else joint_of[parent[body]] + 1
    return limb_of, joint_of


def _own_colour(model: mujoco.MjModel, geom: np.intp) -> Colour:
    red, green, blue = (round(255 * float(part)) for part in model.geom_rgba[geom, :3])
    return red, green, blue


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round((1 - share) * a + share * b) for a, b in zip(colour, other, strict=True))
    return red, green, blue
