"""Things with soft edges, or half clear: hair, fur, glass and a shadow."""

from __future__ import annotations

import numpy as np

from tests.pictures.known.canvas import Bytes, Canvas, Point, Scene, curve, ellipse, grey, over, toned


def hair(c: Canvas) -> Scene:
    """Somebody from behind: thin, curved strands, some of them flying, before a street at dusk."""
    shoulders = [(-0.42, 0.6), (-0.36, 0.36), (-0.16, 0.27), (0.16, 0.27), (0.36, 0.36), (0.42, 0.6)]
    mask, tone, dress = c.empty(), c.empty(), c.empty()
    c.fill(mask, shoulders)
    c.fill(dress, shoulders)
    c.fill(mask, ellipse((0, -0.1), (0.19, 0.25)))
    c.fill(tone, ellipse((0, -0.06), (0.22, 0.3)), 0.35)
    for strand in range(3600):
        _strand(c, mask, tone, flying=strand % 11 == 0)
    hairs, found = toned(c.reduced(tone), (38, 0.55), (24, 0.4), (16, 0.26)), c.reduced(tone)
    cloth = over(c.light(lambda x, y: (40 + 20 * x, 70 + 30 * x, 92 + 30 * x)), c.reduced(dress), hairs)
    of_hair = np.asarray(np.where(found > 4, 255, 0), np.uint8)
    return c.grained(over(hairs, of_hair, cloth)), c.reduced(mask), _street(c)


def _strand(c: Canvas, mask: Bytes, tone: Bytes, *, flying: bool) -> None:
    side, wide = c.random.uniform(-1, 1), c.random.normal(0, 0.09 if flying else 0.025)
    begin = (side * 0.12, -0.34 + 0.09 * side**2 + c.random.normal(0, 0.006))
    out = (side * 0.31 + wide, -0.32 + c.random.normal(0, 0.05 if flying else 0.015))
    end = (side * 0.29 + 1.7 * wide, 0.43 - 0.2 * abs(side) + c.random.normal(0, 0.05))
    places = curve(begin, out, (side * 0.24 + wide, 0.05), end, steps=16)
    along = np.linspace(0, 1, len(places))
    places[:, 0] += 0.013 * along * np.sin(along * c.random.uniform(6, 14) + c.random.uniform(0, 6))
    c.line(mask, places, 0.0005 if flying else 0.0008)
    c.line(tone, places, 0.002, c.random.uniform(0.15, 0.75))


def fur(c: Canvas) -> Scene:
    """A plush bear: its outline is nothing but short hairs."""
    mask, tone = c.empty(), c.empty()
    parts: list[tuple[Point, Point]] = [((0, 0.18), (0.2, 0.21)), ((0, -0.15), (0.19, 0.17))]
    for side in (-1, 1):
        parts += [((side * 0.16, -0.28), (0.065, 0.065)), ((side * 0.22, 0.1), (0.07, 0.13))]
        parts += [((side * 0.15, 0.36), (0.1, 0.07))]
    for centre, radii in parts:
        c.fill(mask, ellipse(centre, radii))
        c.fill(tone, ellipse(centre, (radii[0] + 0.03, radii[1] + 0.03)), 0.5)
    for centre, radii in parts:
        for _ in range(round(12000 * sum(radii))):
            angle, depth = c.random.uniform(0, 2 * np.pi), np.sqrt(c.random.uniform(0.02, 1))
            root = (centre[0] + np.cos(angle) * radii[0] * depth, centre[1] + np.sin(angle) * radii[1] * depth)
            lean, length = angle + c.random.normal(0, 0.5), c.random.uniform(0.012, 0.035)
            tip = (root[0] + np.cos(lean) * length, root[1] + (np.sin(lean) + 0.25) * length)
            c.line(mask, [root, tip], 0.0007)
            c.line(tone, [root, tip], 0.0018, c.random.uniform(0.25, 0.85))
    return c.grained(_faced(c, toned(c.reduced(tone), (70, 0.72), (42, 0.56), (20, 0.36)))), c.reduced(mask), _street(c)


def _faced(c: Canvas, colours: Bytes) -> Bytes:
    """The bear's snout, eyes and nose."""
    pale, dark = c.empty(), c.empty()
    c.fill(pale, ellipse((0, -0.1), (0.085, 0.065)), 0.75)
    c.fill(dark, ellipse((-0.075, -0.2), (0.018, 0.02)))
    c.fill(dark, ellipse((0.075, -0.2), (0.018, 0.02)))
    c.fill(dark, ellipse((0, -0.135), (0.03, 0.02)))
    colours = over(c.light(lambda x, y: (226, 196, 150)), c.soft(pale, 0.006), colours)
    return over(c.light(lambda x, y: (22, 16, 14)), c.reduced(dark), colours)


def glass(c: Canvas) -> Scene:
    """A tumbler with a little water: what is behind it shows inside."""
    mask, shine = c.empty(), c.empty()
    foot = ellipse((0, 0.36), (0.17, 0.035), begin=0, end=180)
    water, bottom = ellipse((0, -0.02), (0.196, 0.03)), ellipse((0, 0.3), (0.17, 0.03), begin=0, end=180)
    c.fill(mask, [*ellipse((0, -0.36), (0.22, 0.035), begin=180, end=360), *foot], 0.22)
    c.fill(mask, [*water[60:], *bottom], 0.36)
    c.fill(mask, [(-0.172, 0.3), (0.172, 0.3), *foot], 0.7)
    for side in (-1, 1):
        c.line(mask, [(side * 0.22, -0.36), (side * 0.17, 0.36)], 0.014, 0.85)
    c.line(mask, foot, 0.012, 0.95)
    c.line(mask, water, 0.004, 0.7)
    c.line(mask, ellipse((0, -0.36), (0.22, 0.035)), 0.009, 0.9)
    for places, width in (([(-0.15, -0.28), (-0.118, 0.24)], 0.02), ([(0.17, -0.26), (0.15, 0.02)], 0.008)):
        c.line(mask, places, width, 0.9)
        c.line(shine, places, width + 0.01)
    colours = c.light(lambda x, y: grey(214 - 1500 * np.maximum(abs(x) - 0.1, 0) ** 2, (-14, -3, 0)))
    colours = over(np.full_like(colours, 250), c.soft(shine, 0.003), colours)
    return c.grained(colours, sensor=1.5), c.reduced(mask), c.grained(c.room("coffee", 0.02))


def shadow(c: Canvas) -> Scene:
    """A box with the soft shadow that it throws: the shadow belongs to the picture, and is half clear."""
    mask, top, side, thrown = c.empty(), c.empty(), c.empty(), c.empty()
    c.fill(mask, [(-0.26, -0.1), (0.02, -0.24), (0.27, -0.12), (0.27, 0.14), (-0.01, 0.3), (-0.26, 0.14)])
    c.fill(top, [(-0.26, -0.1), (0.02, -0.24), (0.27, -0.12), (-0.01, 0.02)])
    c.fill(side, [(-0.01, 0.02), (0.27, -0.12), (0.27, 0.14), (-0.01, 0.3)])
    c.fill(thrown, [(-0.24, 0.14), (0, 0.29), (0.26, 0.14), (0.4, 0.2), (0.13, 0.37), (-0.05, 0.33)], 0.6)
    box = c.reduced(mask)
    colours = c.light(lambda x, y: (214 - 60 * y, 96 - 40 * y, 42 - 20 * y))
    colours = over(c.light(lambda x, y: (236 + 20 * x, 132 + 20 * x, 66 + 10 * x)), c.reduced(top), colours)
    colours = over(c.light(lambda x, y: (150 - 60 * y, 62 - 20 * y, 28)), c.reduced(side), colours)
    colours = over(c.grained(colours, c.texture(0.02, 0.001, 2)), box, c.light(lambda x, y: (18, 16, 16)))
    table = c.light(lambda x, y: grey(186 + 30 * y, (-10, 0, 4)))
    return colours, np.maximum(box, c.soft(thrown, 0.02)), c.grained(table, c.texture(0.4, 0.1, 1.5))


def _street(c: Canvas) -> Bytes:
    return c.grained(c.room("rocket", 0.015, gain=1.1, lift=40), c.texture(0.03, 0.008, 6))
