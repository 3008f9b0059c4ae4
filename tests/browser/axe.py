"""What axe-core finds on a page, and what else a page must not do at a width."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

VENDOR = Path(__file__).parent / "vendor"
SOURCE = next(VENDOR.glob("axe-core-*/axe.min.js")).read_text(encoding="utf-8")
GRAVE = {"serious", "critical"}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
RUN = "(options) => axe.run(document, options).then((found) => found.violations)"
OPEN_FOLDS = (
    "() => document.querySelectorAll('main details').forEach((fold) => { fold.open = true; })"
)
WIDER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter((part) => part.getBoundingClientRect().right > room + 1)
    .slice(0, 5)
    .map((part) => part.tagName.toLowerCase() + "." + part.className);
}"""


def bring(context: BrowserContext) -> None:
    """Let axe-core be in every page of a browser profile; a window compiles it once."""
    context.add_init_script(SOURCE)


def unfold(page: Page) -> None:
    """Open what is folded, so that all of the page is looked at."""
    page.evaluate(OPEN_FOLDS)


def findings(page: Page, options: dict[str, Any]) -> list[str]:
    """Return the serious and critical findings, one line for each place."""
    return [
        f"{found['id']}({found['impact']}) {' '.join(node['target'])}:{_why(node)}"
        for found in page.evaluate(RUN, options)
        if found["impact"] in GRAVE
        for node in found["nodes"][:3]
    ]


def overflow(page: Page) -> list[str]:
    """Return what makes the page wider than its window."""
    return [f"超出页面宽度:{part}" for part in page.evaluate(WIDER)]


def _why(node: dict[str, Any]) -> str:
    checks = node["any"] or node["all"] or node["none"]
    return checks[0]["message"] if checks else json.dumps(node["html"])
