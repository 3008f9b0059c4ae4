"""In what two declarations of one item differ, in the words of the catalogue's sheet."""

from __future__ import annotations

from typing import NamedTuple

from borrowers.domain.catalogue_columns import field_cells, item_cells
from borrowers.domain.item_spec import ItemSpec


class Difference(NamedTuple):
    """One thing that is declared differently; empty text means it was not there."""

    label: str
    before: str
    after: str


def differences(before: ItemSpec | None, after: ItemSpec) -> tuple[Difference, ...]:
    """Return what changed from one declaration to the next, in the order of the sheet; a new item differs throughout.

    A field that is new or gone is one difference, whatever it declares.
    """
    old = item_cells(before) if before else {}
    found = [
        Difference(label, old.get(label, ""), text)
        for label, text in item_cells(after).items()
        if old.get(label, "") != text
    ]
    return (*found, *_fields(before, after))


def _fields(before: ItemSpec | None, after: ItemSpec) -> list[Difference]:
    old = {spec.code: spec for spec in before.fields} if before else {}
    new = {spec.code: spec for spec in after.fields}
    found: list[Difference] = []
    for code in dict.fromkeys([*new, *old]):
        first, then = old.get(code), new.get(code)
        if first and then:
            was, now = field_cells(first), field_cells(then)
            found += [
                Difference(f"字段 {then.label} · {label}", was[label], now[label])
                for label in now
                if was[label] != now[label]
            ]
        else:
            named = then or old[code]
            found.append(
                Difference(f"字段 {named.label}", code if first else "", code if then else "")
            )
    if before and not found and list(old) != list(new):
        found.append(Difference("字段顺序", "、".join(old), "、".join(new)))
    return found
