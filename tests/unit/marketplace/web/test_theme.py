"""Contrast of the palettes by WCAG 2.2: 4.5:1 for text, 3:1 for edges that carry meaning and for the focus."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import ROOT

FOLDER = ROOT / "marketplace" / "static" / "marketplace"
PALETTES = {"light": "theme.css", "dark": "dark.css", "contrast": "contrast.css"}
TOKEN = re.compile(r"--mk-([a-z-]+):\s*#([0-9a-f]{6});")
GROUNDS = ["paper", "surface", "sunken"]
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "brand", "brand-strong") for ground in GROUNDS),
    *((tone, f"{tone}-wash") for tone in ("good", "warn", "bad", "info")),
    *(
        (ink, f"{tone}-wash")
        for ink in ("ink", "ink-soft")
        for tone in ("good", "warn", "bad", "info")
    ),
    ("brand-strong", "brand-wash"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("bad", "surface"),
]
EDGES = [
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    ("focus", "surface"),
    ("focus", "paper"),
]


def palette(name):
    text = (FOLDER / PALETTES[name]).read_text(encoding="utf-8")
    return dict(TOKEN.findall(text))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", PALETTES)
class TestPalette:
    def test_text_can_be_read(self, scheme):
        colours = palette(scheme)

        faint = {
            pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2)
            for pair in TEXT
            if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
        }

        assert faint == {}

    def test_edges_and_focus_can_be_seen(self, scheme):
        colours = palette(scheme)

        assert all(contrast(colours[edge], colours[ground]) >= 3 for edge, ground in EDGES)

    def test_replaces_every_colour(self, scheme):
        assert set(palette(scheme)) == set(palette("light"))
