"""A plain drawing of a MuJoCo robot from its joint positions alone: no OpenGL, no display, hundreds of frames a second.

`silhouette` finds the outline of every body, `limbs` gives it a colour, `camera` chooses from where to look, `floor`
draws the ground that scrolls by, and `painter` puts them together.
"""

from tacit_control.sketch.painter import Sketch as Sketch
