import gymnasium
import mujoco
import numpy as np
import pytest

from tacit.errors import BadValue, NotFinite
from tacit_control.sketch import Sketch
from tacit_control.sketch.camera import camera_for
from tacit_control.sketch.floor import Floor, round_spacing
from tacit_control.sketch.limbs import LIMBS, TRUNK, coats
from tacit_control.sketch.silhouette import outlines, poses, visible_geoms

SIDE = np.array([[1.0, 0, 0], [0, 0, 1]])
TOP = np.array([[1.0, 0, 0], [0, 1, 0]])
ROBOTS = [
    "Hopper-v5",
    "HalfCheetah-v5",
    "Walker2d-v5",
    "Swimmer-v5",
    "Reacher-v5",
    "Pusher-v5",
    "Ant-v5",
    "Humanoid-v5",
    "HumanoidStandup-v5",
    "InvertedPendulum-v5",
    "InvertedDoublePendulum-v5",
]


def model_of(geom, *, euler="0 0 0"):
    return mujoco.MjModel.from_xml_string(
        '<mujoco><compiler angle="degree"/><asset><mesh name="tetra" vertex="0 0 0  1 0 0  0 1 0  0 0 1"/></asset>'
        f'<worldbody><body pos="1 2 3" euler="{euler}"><freejoint/>{geom}</body></worldbody></mujoco>'
    )


def extent(geom, axes, *, euler="0 0 0"):
    """Return (low, high) of the outline along both axes, relative to the body."""
    model = model_of(geom, euler=euler)
    posed = poses(model, mujoco.MjData(model), np.asarray(model.qpos0)[None])
    corners = outlines(model, posed, axes)[0, 0] - axes @ [1, 2, 3]
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


@pytest.fixture(scope="module")
def rollouts():
    """Return robot → (model, joint positions of a random policy, shape (step, nq))."""
    found = {}
    for name in ROBOTS:
        environment = gymnasium.make(name)
        environment.action_space.seed(0)
        environment.reset(seed=0)
        positions = []
        for _ in range(12):
            positions.append(environment.unwrapped.data.qpos.copy())
            environment.step(environment.action_space.sample())
        found[name] = environment.unwrapped.model, np.array(positions)
        environment.close()
    return found


# worked by hand


@pytest.mark.parametrize(
    ("geom", "axes", "euler", "half"),
    [
        ('<geom type="sphere" size="0.5"/>', SIDE, "0 0 0", (0.5, 0.5)),
        ('<geom type="capsule" size="0.1 0.4"/>', SIDE, "0 0 0", (0.1, 0.5)),  # stands along z: 0.4 + 0.1
        ('<geom type="capsule" size="0.1 0.4"/>', TOP, "0 0 0", (0.1, 0.1)),
        ('<geom type="capsule" size="0.1 0.4"/>', SIDE, "0 90 0", (0.5, 0.1)),
        ('<geom type="cylinder" size="0.2 0.4"/>', SIDE, "0 0 0", (0.2, 0.4)),
        ('<geom type="cylinder" size="0.2 0.4"/>', TOP, "0 0 0", (0.2, 0.2)),
        ('<geom type="box" size="0.3 0.2 0.1"/>', TOP, "0 0 0", (0.3, 0.2)),
        ('<geom type="box" size="0.3 0.3 0.1"/>', TOP, "0 0 45", (0.3 * 2**0.5, 0.3 * 2**0.5)),
        ('<geom type="ellipsoid" size="0.3 0.2 0.1"/>', SIDE, "0 0 0", (0.3, 0.1)),
    ],
)
def test_the_outline_of_a_shape_is_as_wide_as_the_shape(geom, axes, euler, half):
    np.testing.assert_allclose(extent(geom, axes, euler=euler), [np.negative(half), half], atol=1e-6)


def test_the_outline_of_a_mesh_runs_through_its_corners():
    low, high = extent('<geom type="mesh" mesh="tetra"/>', SIDE)
    np.testing.assert_allclose(high - low, [1, 1], atol=1e-6)


def test_every_point_of_a_turned_capsules_outline_is_one_radius_from_its_axis():
    model = model_of('<geom type="capsule" size="0.1 0.4"/>', euler="0 30 0")
    posed = poses(model, mujoco.MjData(model), np.asarray(model.qpos0)[None])
    corners = outlines(model, posed, SIDE)[0, 0] - [1, 3]
    axis = np.array([np.sin(np.pi / 6), np.cos(np.pi / 6)])
    along = np.clip(corners @ axis, -0.4, 0.4)
    np.testing.assert_allclose(np.linalg.norm(corners - along[:, None] * axis, axis=1), 0.1, atol=1e-9)


@pytest.mark.parametrize(
    ("least_m", "spacing_m"), [(0.3, 0.5), (0.5, 0.5), (0.51, 1), (1.2, 2), (3, 5), (7, 10), (0.09, 0.1)]
)
def test_distance_marks_are_one_two_or_five_of_a_decade_apart(least_m, spacing_m):
    assert round_spacing(least_m) == spacing_m


@pytest.mark.parametrize(
    ("name", "side", "flat", "follows"),
    [
        ("Hopper-v5", True, True, [1, 0]),
        ("HalfCheetah-v5", True, True, [1, 0]),
        ("Walker2d-v5", True, True, [1, 0]),
        ("InvertedPendulum-v5", True, True, [0, 0]),
        ("Swimmer-v5", False, True, [1, 1]),
        ("Reacher-v5", False, True, [0, 0]),
        ("Ant-v5", False, False, [1, 1]),
        ("Humanoid-v5", False, False, [1, 1]),
        ("Pusher-v5", False, False, [0, 0]),
    ],
)
def test_each_robot_is_seen_from_where_its_motion_shows(rollouts, name, side, flat, follows):
    camera = camera_for(rollouts[name][0], aspect=4 / 3)
    assert (camera.is_side, camera.is_flat, camera.tracks.tolist()) == (side, flat, follows)


def test_the_two_legs_of_a_walker_have_two_hues_and_its_trunk_a_third(rollouts):
    model, _ = rollouts["Walker2d-v5"]
    coat = coats(model, visible_geoms(model))
    fill = {model.geom(int(g)).name: colour for g, colour in zip(visible_geoms(model), coat.fill, strict=True)}
    layer = {model.geom(int(g)).name: level for g, level in zip(visible_geoms(model), coat.layer, strict=True)}
    assert (fill["torso_geom"], fill["thigh_geom"], fill["thigh_left_geom"]) == (TRUNK, LIMBS[0], LIMBS[1])
    assert layer["thigh_left_geom"] < layer["torso_geom"] < layer["thigh_geom"]


def test_the_pelvis_of_a_humanoid_is_trunk_because_two_legs_branch_from_it(rollouts):
    model, _ = rollouts["Humanoid-v5"]
    fill = dict(zip(visible_geoms(model).tolist(), coats(model, visible_geoms(model)).fill, strict=True))
    assert fill[model.geom("butt").id] == fill[model.geom("lwaist").id] == TRUNK
    limbs = [fill[model.geom(name).id] for name in ("right_thigh1", "left_thigh1", "right_uarm1", "left_uarm1")]
    assert limbs == list(LIMBS[:4])


def test_a_target_keeps_the_models_own_colour(rollouts):
    model, _ = rollouts["Reacher-v5"]
    fill = dict(zip(visible_geoms(model).tolist(), coats(model, visible_geoms(model)).fill, strict=True))
    red, green, blue = fill[model.geom("target").id]
    assert red > 200
    assert max(green, blue) < 60


# recovers: what is drawn is where the robot is


@pytest.mark.parametrize("name", ROBOTS)
def test_every_robot_is_drawn_whole_at_rest(rollouts, name):
    model, _ = rollouts[name]
    sketch = Sketch(model, height=120)
    drawn = sketch.frames(np.asarray(model.qpos0)[None])[0].astype(int)
    assert drawn.shape == (120, 160, 3)
    is_trunk = (np.abs(drawn - TRUNK).sum(axis=2) < 6) | (np.abs(drawn - LIMBS[0]).sum(axis=2) < 6)
    rows, columns = np.nonzero(is_trunk)
    assert len(rows) > 15
    assert rows.min() > 2
    assert rows.max() < 117
    assert columns.min() > 2
    assert columns.max() < 157


@pytest.mark.parametrize("name", ROBOTS)
def test_motion_changes_the_picture(rollouts, name):
    model, qpos = rollouts[name]
    drawn = Sketch(model, height=120).frames(qpos)
    changed = (drawn[0] != drawn[-1]).any(axis=2).mean()
    assert 0.001 < changed < 0.9


def test_a_hopper_that_stands_higher_is_drawn_higher(rollouts):
    model, qpos = rollouts["Hopper-v5"]
    raised = np.stack([qpos[0], qpos[0]])
    raised[1, 1] += 0.3
    first, second = Sketch(model).frames(raised).astype(int)
    tops = [np.nonzero(np.abs(picture - TRUNK).sum(axis=2) < 6)[0].min() for picture in (first, second)]
    px_per_m = 240 / camera_for(model, aspect=4 / 3).height_m
    assert tops[0] - tops[1] == pytest.approx(0.3 * px_per_m, abs=1)


# invariant


def test_the_robot_stays_in_the_middle_while_the_ground_goes_by(rollouts):
    model, qpos = rollouts["HalfCheetah-v5"]
    period = 2 * Floor(camera_for(model, aspect=4 / 3), (640, 480)).spacing_m
    moved = np.repeat(qpos[:1], 3, axis=0)
    moved[:, 0] += np.array([0, period / 4, period])
    here, quarter, whole = Sketch(model).frames(moved)
    above_ground = slice(0, 200)
    np.testing.assert_array_equal(here[above_ground], whole[above_ground])
    assert (here != quarter)[210:].any()
    assert (here != whole)[210:].any()  # the numbers of the distance marks
    trunk = [np.nonzero(np.abs(p.astype(int) - TRUNK).sum(axis=2) < 6)[1].mean() for p in (here, quarter)]
    assert trunk[0] == pytest.approx(trunk[1], abs=0.5)


def test_a_picture_depends_on_the_joint_positions_alone(rollouts):
    model, qpos = rollouts["Ant-v5"]
    sketch = Sketch(model, height=120)
    together = sketch.frames(qpos)
    apart = np.concatenate([Sketch(model, height=120).frames(row[None]) for row in qpos[::-1]])[::-1]
    np.testing.assert_array_equal(together, apart)


def test_captions_and_progress_are_written_at_the_upper_edge_only(rollouts):
    model, qpos = rollouts["Hopper-v5"]
    sketch = Sketch(model)
    plain = sketch.frames(qpos[:2])
    marked = sketch.frames(qpos[:2], captions=["1/2", "2/2"], progress=np.array([0.5, 1.0]))
    changed = np.argwhere((plain != marked).any(axis=3))
    assert changed[:, 1].max() < 30
    assert (marked[0, 0, :158] != plain[0, 0, :158]).all(axis=0).any()
    np.testing.assert_array_equal(marked[0, 0, 162:], plain[0, 0, 162:])


# refuses


def test_joint_positions_of_another_robot_are_refused(rollouts):
    with pytest.raises(BadValue, match=r"shape \(12, 9\), expected \(step, 6\)"):
        Sketch(rollouts["Hopper-v5"][0]).frames(rollouts["HalfCheetah-v5"][1])


def test_joint_positions_that_are_not_finite_are_refused(rollouts):
    model, qpos = rollouts["Hopper-v5"]
    with pytest.raises(NotFinite):
        Sketch(model).frames(np.where(np.arange(6) == 2, np.nan, qpos))


def test_a_picture_too_small_to_see_and_a_model_without_bodies_are_refused(rollouts):
    with pytest.raises(BadValue, match="at least 32 pixels"):
        Sketch(rollouts["Hopper-v5"][0], height=20)
    with pytest.raises(BadValue, match="no body that moves"):
        Sketch(mujoco.MjModel.from_xml_string("<mujoco/>"))
