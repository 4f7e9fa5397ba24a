"""Things with sharp edges: hard to find (white on white, dark on dark), thin, small or many."""

from __future__ import annotations

import numpy as np

from tests.pictures.known.canvas import (
    Bytes,
    Canvas,
    Floats,
    Scene,
    curve,
    ellipse,
    grey,
    over,
    round_lit,
    rounded,
    toned,
)


def white_on_white(c: Canvas) -> Scene:
    """A white mug on a white sheet: at some places the two have nearly one colour."""
    mask, inside, handle = c.empty(), c.empty(), c.empty()
    c.fill(mask, [(-0.24, -0.25), (0.24, -0.25), (0.21, 0.27), *ellipse((0, 0.27), (0.21, 0.055), begin=0, end=180)])
    c.fill(mask, ellipse((0, -0.25), (0.24, 0.06)))
    c.fill(inside, ellipse((0, -0.25), (0.222, 0.05)))
    c.line(handle, curve((0.22, -0.16), (0.42, -0.18), (0.42, 0.2), (0.2, 0.17)), 0.05)
    right, left = 420, 390
    colours = c.light(
        lambda x, y: grey(250 - right * np.maximum(x - 0.02, 0) ** 2 - left * np.minimum(x + 0.1, 0) ** 2, (0, -1, -4))
    )
    colours = over(c.light(lambda x, y: grey(241 - 30 * x - 20 * y, (0, -1, -3))), c.soft(handle, 0.004), colours)
    colours = over(c.light(lambda x, y: grey(185 + 90 * x - 160 * y, (0, -1, -3))), c.reduced(inside), colours)
    sheet = c.shadow(c.light(lambda x, y: grey(240 + 4 * x - 12 * y, (-1, 0, 1))), (0.06, 0.315), (0.27, 0.05), 0.22)
    return c.grained(colours, sensor=1.2), c.reduced(np.maximum(mask, handle)), c.grained(sheet, sensor=1.2)


def dark_on_dark(c: Canvas) -> Scene:
    """A black camera before black cloth."""
    mask, lens, rings = c.empty(), c.empty(), c.empty()
    middle = (0.01, 0.04)
    c.fill(mask, rounded(-0.38, -0.2, 0.38, 0.26, 0.05))
    c.fill(mask, rounded(-0.15, -0.31, 0.17, -0.1, 0.04))
    c.fill(mask, rounded(-0.33, -0.235, -0.22, -0.15, 0.012))
    c.fill(mask, ellipse((0.27, -0.205), (0.05, 0.028)))
    for radius, value in ((0.215, 0.15), (0.195, 0.5), (0.185, 0.18), (0.15, 0.42), (0.142, 0.12)):
        c.fill(rings, ellipse(middle, (radius, radius)), value)
    c.fill(lens, ellipse(middle, (0.12, 0.12)))
    colours = c.light(lambda x, y: grey(44 - 40 * y + 12 * (y < -0.13), (0, 1, 3)))
    colours = c.grained(colours, c.texture(0.012, 0.001, 2.2))
    metal = c.light(lambda x, y: grey(95 + 70 * np.sin(4 * np.arctan2(y - 0.04, x - 0.01)), (-2, 0, 3)))
    colours = over(metal, c.reduced(rings), colours)
    colours = over(c.light(_coating), c.reduced(lens), colours)
    cloth = c.light(lambda x, y: grey(26 + 10 * x - 12 * y, (0, 0, 2)))
    return c.grained(colours), c.reduced(mask), c.grained(cloth, c.texture(0.3, 0.02, 1.5))


def _coating(x: Floats, y: Floats) -> list[Floats]:
    """What a lens reflects."""
    shine = np.exp(-((x + 0.035) ** 2 + (y + 0.005) ** 2) / 0.0022)
    return [np.asarray(10 + gain * shine, np.float32) for gain in (120, 60, 190)]


def chair(c: Canvas) -> Scene:
    """A chair with thin bars, and the room through its holes."""
    mask = c.empty()
    back = curve((-0.2, 0.08), (-0.34, -0.55), (0.34, -0.55), (0.2, 0.08), steps=61)
    c.line(mask, back, 0.022)
    for top, x in zip(back[12:50:6], np.linspace(-0.15, 0.15, 7), strict=True):
        c.line(mask, [(float(top[0]), float(top[1])), (x, 0.08)], 0.011)
    c.fill(mask, [(-0.24, 0.07), (0.24, 0.07), (0.28, 0.13), *ellipse((0, 0.13), (0.28, 0.035), begin=0, end=180)])
    for side in (-1, 1):
        c.line(mask, [(side * 0.21, 0.13), (side * 0.27, 0.46)], 0.02)
        c.line(mask, [(side * 0.13, 0.13), (side * 0.16, 0.41)], 0.02)
    c.line(mask, [(-0.235, 0.3), (0.235, 0.3)], 0.012)
    c.line(mask, [(-0.145, 0.26), (0.145, 0.26)], 0.012)
    wood = c.light(lambda x, y: [base - 0.4 * base * y + base * 0.2 * np.sin(60 * x) for base in (150, 92, 48)])
    room = c.room("astronaut", 0.02, gain=0.7, lift=60)
    return c.grained(wood, c.texture(0.02, 0.002, 4)), c.reduced(mask), c.grained(room)


def product(c: Canvas) -> Scene:
    """A bottle with a label and a cap, on a table: the whole of it in the frame."""
    mask, label, cap = c.empty(), c.empty(), c.empty()
    shoulder = [*curve((-0.055, -0.27), (-0.06, -0.17), (-0.16, -0.19), (-0.16, -0.06)), (-0.16, 0.38)]
    foot = ellipse((0, 0.38), (0.16, 0.035), begin=180, end=0)
    c.fill(mask, [*shoulder, *foot, *[(-x, y) for x, y in reversed(shoulder)]])
    c.fill(cap, rounded(-0.07, -0.4, 0.07, -0.255, 0.015))
    upper = ellipse((0, 0), (0.16, 0.03), begin=180, end=0)
    c.fill(label, [*upper, *ellipse((0, 0.28), (0.16, 0.03), begin=0, end=180)])
    ink = c.light(lambda x, y: round_lit(x, 0.16, (176, 58, 40)))
    paper = over(ink, c.reduced(_lettering(c)), c.light(lambda x, y: round_lit(x, 0.16, (236, 226, 204))))
    colours = over(paper, c.reduced(label), c.light(lambda x, y: round_lit(x, 0.16, (28, 112, 86))))
    colours = over(c.light(lambda x, y: round_lit(x, 0.07, (190, 150, 84))), c.reduced(cap), colours)
    table = c.shadow(c.room("coffee", 0.03, gain=0.8, lift=30), (0.05, 0.4), (0.24, 0.05), 0.6)
    return c.grained(colours), c.reduced(np.maximum(mask, cap)), c.grained(table)


def _lettering(c: Canvas) -> Bytes:
    """A band, a round mark and lines of small print, as labels have them."""
    mask = c.empty()
    c.fill(mask, [(-0.17, 0.035), (0.17, 0.035), (0.17, 0.06), (-0.17, 0.06)])
    c.line(mask, ellipse((0, 0.14), (0.05, 0.05)), 0.008)
    c.fill(mask, ellipse((0, 0.14), (0.028, 0.028)))
    for line, width in enumerate((0.1, 0.085, 0.095)):
        y = 0.225 + 0.022 * line
        for x in np.arange(-width, width, 0.012):
            c.line(mask, [(x, y), (x + c.random.uniform(0.003, 0.009), y)], 0.008)
    return mask


def rice(c: Canvas) -> Scene:
    """A hundred small things at once: grains of rice that fell on a street."""
    mask = c.empty()
    for _ in range(110):
        centre = (c.random.normal(0, 0.16), c.random.normal(0, 0.13))
        c.fill(mask, ellipse(centre, (0.021, 0.0075), turn=c.random.uniform(0, 180)))
    pale, edge = c.light(lambda x, y: grey(232 - 16 * y, (6, 0, -20))), c.light(lambda x, y: (150, 132, 96))
    asphalt = c.light(lambda x, y: grey(92 + 26 * x - 20 * y, (0, 0, 4)))
    grains = c.grained(over(pale, c.soft(mask, 0.004), edge))
    return grains, c.reduced(mask), c.grained(asphalt, c.texture(0.012, 0.0008, 15))


def plant(c: Canvas) -> Scene:
    """A plant in a pot: leaves with sharp points, and the room between them."""
    mask, tone, pot = c.empty(), c.empty(), c.empty()
    for turn in np.linspace(-168, -12, 15):
        for reach in (c.random.uniform(0.34, 0.5), c.random.uniform(0.2, 0.34)):
            leaf = _leaf(reach, np.radians(turn + c.random.normal(0, 7)))
            c.fill(mask, leaf)
            c.fill(tone, leaf, c.random.uniform(0.3, 0.9))
            c.line(tone, leaf[[0, 20]], 0.004, 1)
    c.fill(pot, [(-0.15, 0.16), (0.15, 0.16), (0.115, 0.42), *ellipse((0, 0.42), (0.115, 0.02), begin=0, end=180)])
    leaves = toned(c.reduced(tone), (18, 0.38), (52, 0.62), (16, 0.22))
    colours = over(c.light(lambda x, y: round_lit(x, 0.15, (196, 104, 72))), c.reduced(pot), leaves)
    room = c.room("chelsea", 0.03, gain=0.6, lift=80)
    return c.grained(colours, c.texture(0.01, 0.001, 3)), c.reduced(np.maximum(mask, pot)), c.grained(room)


def _leaf(reach: float, angle: float) -> Floats:
    """A leaf that grows from the pot in that direction, and hangs down at its end."""
    upper = curve((0, 0), (0.3, 0.13), (0.7, 0.09), (1, 0), steps=21)
    places = np.concatenate([upper, upper[::-1] * np.array([1, -1], np.float32)]) * reach
    bent = angle + 0.5 * np.sign(np.cos(angle)) * (places[:, 0] / 0.5) ** 2
    x = places[:, 0] * np.cos(bent) - places[:, 1] * np.sin(bent)
    y = places[:, 0] * np.sin(bent) + places[:, 1] * np.cos(bent) + 0.16
    return np.asarray(np.stack([x, y], 1), np.float32)
