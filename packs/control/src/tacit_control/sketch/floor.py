"""The ground behind a robot: a pattern with distance marks that scrolls by, so that moving forward can be seen."""

from __future__ import annotations

from functools import cache
from math import floor, log10

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tacit_control.sketch.camera import Camera
from tacit_control.sketch.silhouette import Array

SKY = (247, 248, 250)
SKY_LINE = (229, 232, 237)
GROUND = (222, 217, 206)
GROUND_DARK = (207, 201, 188)
GROUND_LINE = (112, 106, 94)
TILE = (240, 241, 243)
TILE_DARK = (226, 229, 234)
LABEL = (92, 98, 110)

Size = tuple[int, int]


class Floor:
    """The picture behind the robot, drawn once and cut out again for every step.

    The pattern repeats every two spacings, so one drawing that is that much larger than the picture holds every view.

    Args:
        camera: how the world is seen.
        size: width and height of the picture in pixels.
    """

    def __init__(self, camera: Camera, size: Size) -> None:
        self._camera, self._size = camera, size
        self.px_per_m = size[1] / camera.height_m
        self.spacing_m = round_spacing(size[0] / self.px_per_m / 7)
        self._axes_px = camera.axes[:, :2] * np.array([[self.px_per_m], [-self.px_per_m]])
        period = 2 * self.spacing_m * camera.tracks
        shifts = np.array([[x, y] for x in (0, period[0]) for y in (0, period[1])]) @ self._axes_px.T
        self._first_shift = np.floor(shifts.min(axis=0))
        self._period = period
        spare = np.ceil(shifts.max(axis=0) - self._first_shift).astype(int)
        self._pattern = Image.new("RGB", (size[0] + int(spare[0]), size[1] + int(spare[1])), SKY)
        if camera.is_side:
            self._draw_side()
        else:
            self._draw_tiles()

    def to_px(self, point_m: Array, centre_m: Array) -> Array:
        """Return pixels for points along the picture's axes; arrays broadcast, last axis (right, up)."""
        width, height = self._size
        return np.asarray((point_m - centre_m) * [self.px_per_m, -self.px_per_m] + [width / 2, height / 2])

    def behind(self, ground: Array) -> Image.Image:
        """Return the picture behind the robot when the camera is above ground point (x, y) in m."""
        wrapped = np.mod(ground, self._period, out=np.zeros(2), where=self._period > 0)
        left, top = np.rint(self._axes_px @ wrapped - self._first_shift).astype(int)
        width, height = self._size
        picture = self._pattern.crop((int(left), int(top), int(left) + width, int(top) + height))
        if self._camera.tracks.any():
            self._write_distances(picture, ground)
        return picture

    def _origin_px(self) -> Array:
        """Return where world point (0, 0, floor) lies in the pattern."""
        height_m = self._camera.floor_z_m or 0.0
        point = self.to_px(height_m * self._camera.axes[:, 2], self._camera.offset_m)
        return np.asarray(point - self._first_shift)

    def _draw_side(self) -> None:
        pen = ImageDraw.Draw(self._pattern)
        width, height = self._pattern.size
        origin_x, ground_y = self._origin_px()
        step = self.spacing_m * self.px_per_m
        first, last = floor(-origin_x / step) - 1, floor((width - origin_x) / step) + 1
        for mark in range(first, last + 1):
            x = origin_x + mark * step
            pen.line([(x, 0), (x, height)], fill=SKY_LINE, width=2)
        if self._camera.floor_z_m is None:
            return
        for mark in range(first, last + 1):
            x = origin_x + mark * step
            shade = GROUND if mark % 2 else GROUND_DARK
            pen.rectangle([x, ground_y, x + step, height], fill=shade)
        pen.rectangle([0, ground_y, width, ground_y + 3], fill=GROUND_LINE)

    def _draw_tiles(self) -> None:
        pen = ImageDraw.Draw(self._pattern)
        width, height = self._pattern.size
        pen.rectangle([0, 0, width, height], fill=TILE)
        origin = self._origin_px()
        corners = (np.array([[0, 0], [width, 0], [0, height], [width, height]]) - origin) @ np.linalg.inv(
            self._axes_px * self.spacing_m
        ).T
        (low_x, low_y), (high_x, high_y) = np.floor(corners.min(0)).astype(int), np.ceil(corners.max(0)).astype(int)
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * self.spacing_m @ self._axes_px.T
        for i in range(low_x, high_x + 1):
            for j in range(low_y, high_y + 1):
                if (i + j) % 2 == 0:
                    place = origin + self._axes_px @ (np.array([i, j]) * self.spacing_m)
                    pen.polygon((place + square).ravel().tolist(), fill=TILE_DARK)

    def _write_distances(self, picture: Image.Image, ground: Array) -> None:
        """Write x in metres at each mark along the lower edge."""
        width, height = self._size
        text_px = height / 24
        down = height / 2 - 0.75 * text_px
        across, slant = self._axes_px[0]
        rise = self._axes_px[1]
        floor_px = self.to_px((self._camera.floor_z_m or 0.0) * self._camera.axes[:, 2], self._camera.offset_m)
        reach = width / 2 / abs(across) + self.spacing_m
        first = floor((ground[0] - reach) / self.spacing_m)
        last = floor((ground[0] + reach) / self.spacing_m)
        for mark in range(first, last + 1):
            away = mark * self.spacing_m - ground[0]
            depth = 0.0 if rise[1] == 0 else (down - (floor_px[1] - height / 2) - rise[0] * away) / rise[1]
            x = floor_px[0] + across * away + slant * depth
            written = written_text(f"{mark * self.spacing_m:g} m", round(text_px))
            corner = (round(x - written.width / 2), round(height / 2 + down - written.height / 2))
            if -written.width < corner[0] < width:
                picture.paste(LABEL, corner, written)


def round_spacing(least_m: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is no less than `least_m`."""
    power: float = 10.0 ** floor(log10(least_m))
    return next(float(f"{factor * power:.6g}") for factor in (1, 2, 5, 10) if factor * power >= least_m * (1 - 1e-9))


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


@cache
def written_text(text: str, size_px: int) -> Image.Image:
    """Return `text` as a mask, 255 where there is ink."""
    left, top, right, bottom = _font(size_px).getbbox(text)
    mask = Image.new("L", (round(right - left) + 1, round(bottom - top) + 1))
    ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=_font(size_px))
    return mask
