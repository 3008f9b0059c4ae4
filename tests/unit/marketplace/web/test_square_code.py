"""The square code on the page for an authenticator."""

from __future__ import annotations

import re

import pytest

from marketplace.web.square_code import LEAST_PX, QUIET_ZONE, square_code

ADDRESS = (
    "otpauth://totp/%E7%A4%BA%E4%BE%8B:officer?secret=ABCDEFGHIJKLMNOP&issuer=%E7%A4%BA%E4%BE%8B"
)


def sizes(drawing):
    width, height, side = re.search(
        r'width="(\d+)" height="(\d+)" viewBox="0 0 (\d+) \3"', drawing
    ).groups()
    return int(width), int(height), int(side)


@pytest.mark.parametrize("text", ["x", ADDRESS, ADDRESS * 2])
def test_modules_are_as_wide_as_each_other(text):
    width, height, side = sizes(square_code(text, "二维码"))

    assert width == height
    assert width % side == 0
    assert LEAST_PX <= width < LEAST_PX + side


def test_says_what_it_is_and_leaves_the_quiet_zone():
    drawing = square_code(ADDRESS, '密钥<"')

    assert 'aria-label="密钥&lt;&quot;"' in drawing
    _, _, side = sizes(drawing)
    places = [
        (int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1", drawing.partition("#000")[2])
    ]
    assert min(x for x, _ in places) == min(y for _, y in places) == QUIET_ZONE
    assert max(x for x, _ in places) < side - QUIET_ZONE


def test_other_text_is_another_drawing():
    assert square_code(ADDRESS, "") != square_code(ADDRESS + "A", "")
