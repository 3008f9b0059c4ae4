"""Slots and tables for meetings that are already decided: always possible, by König's edge colouring theorem.

Meetings are the edges of a bipartite multigraph of enterprises and tables; a slot is a colour, no enterprise and no
table may have two edges of one colour. As many colours suffice as the busiest node has edges (König 1916), and nobody
has more meetings than there are slots, nor any table. The colours are found by halving: the slots are split into two
parts, and every enterprise and institution gives each part its share of its meetings, rounded down or up. The shares
themselves are a flow within these bounds, so a whole-numbered flow exists; OR-tools finds it. Neither part has then
more meetings of anybody than it has slots, and is halved again. Institutions are busy evenly that way, and the fullest
slots come first.

Source: D. König, 1916; integrality of flows (Hoffman and Kruskal, 1956).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow

Array = NDArray[Any]


def seat(need: Array, place: Array, tables: Array, slots: int) -> tuple[Array, Array]:
    """Return the slot and the table of each meeting, from 0.

    Args:
        need, place: of each meeting, each pair once; no need more often than ``slots``, no place more often than it
            has tables times ``slots``.
        tables: of each place.
        slots: of the event.

    Returns:
        Two columns: no need twice in one slot, no table twice in one slot.
    """
    slot = np.zeros(len(need), np.int64)
    many = np.bincount(need, minlength=1)[need] > 1
    _halve(np.flatnonzero(many), need, place, 0, slots, slot)
    _fill(np.flatnonzero(~many), np.flatnonzero(many), place, tables, slots, slot)
    slot = _fullest_first(slot, slots)
    return slot, _tables(place, slot, slots)


def _halve(rows: Array, need: Array, place: Array, first: int, slots: int, slot: Array) -> None:
    """Give the meetings of some rows the slots from ``first`` on."""
    if slots == 1 or not len(rows):
        slot[rows] = first
        return
    half = slots // 2
    early = _split(need[rows], place[rows], half, slots)
    _halve(rows[early], need, place, first, half, slot)
    _halve(rows[~early], need, place, first + half, slots - half, slot)


def _split(need: Array, place: Array, half: int, slots: int) -> Array:
    """Return which meetings go to the first ``half`` of the slots, everybody's share rounded down or up."""
    who, need = np.unique(need, return_inverse=True)
    where, place = np.unique(place, return_inverse=True)
    needs, places, rows = len(who), len(where), len(need)
    source, sink, above, below = (needs + places + extra for extra in range(4))
    low_need, spare_need = _share(np.bincount(need), half, slots)
    low_place, spare_place = _share(np.bincount(place), half, slots)
    everyone, rooms = np.arange(needs), needs + np.arange(places)
    arcs = [
        (need, needs + place, np.ones(rows)),
        (np.full(needs, source), everyone, spare_need),
        (np.full(needs, above), everyone, low_need),
        (rooms, np.full(places, sink), spare_place),
        (rooms, np.full(places, below), low_place),
        ([source], [below], [low_need.sum()]),
        ([above], [sink], [low_place.sum()]),
        ([sink], [source], [rows]),
    ]
    tail, head, capacity = (
        np.concatenate(part).astype(np.int64) for part in zip(*arcs, strict=True)
    )
    flow = max_flow.SimpleMaxFlow()
    numbers = flow.add_arcs_with_capacity(tail, head, capacity)
    status = flow.solve(int(above), int(below))
    if status != flow.OPTIMAL or flow.optimal_flow() != low_need.sum() + low_place.sum():
        raise RuntimeError("shares of meetings are a flow, but none was found")
    found: Array = np.asarray(flow.flows(numbers[:rows])) == 1
    return found


def _share(degree: Array, half: int, slots: int) -> tuple[Array, Array]:
    """Return the share rounded down, and one more where it is not whole."""
    return degree * half // slots, (degree * half % slots > 0).astype(np.int64)


def _fill(rows: Array, seated: Array, place: Array, tables: Array, slots: int, slot: Array) -> None:
    """Give meetings of needs that have one only the seats still free, slot by slot."""
    if not len(rows):
        return
    cells = np.bincount(place[seated] * slots + slot[seated], minlength=len(tables) * slots)
    free = (np.repeat(tables, slots) - cells).reshape(len(tables), slots)
    rows = rows[np.argsort(place[rows], kind="stable")]
    turn = _turn(place[rows])
    seats = free.sum(axis=1)
    open_seats = np.repeat(np.arange(len(tables) * slots), free.ravel())
    level = _turn(open_seats) + np.repeat(cells, free.ravel())
    open_seats = open_seats[np.lexsort((open_seats, level, open_seats // slots))]
    starts = np.concatenate([[0], np.cumsum(seats)[:-1]])
    slot[rows] = open_seats[starts[place[rows]] + turn] % slots


def _fullest_first(slot: Array, slots: int) -> Array:
    """Return the slots renamed so that the fullest come first; which name a colour has is free."""
    name = np.empty(slots, np.int64)
    name[np.argsort(-np.bincount(slot, minlength=slots), kind="stable")] = np.arange(slots)
    renamed: Array = name[slot]
    return renamed


def _turn(keys: Array) -> Array:
    """Return of each row how many rows before it have the same key; keys are sorted."""
    if not len(keys):
        return keys
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    lengths = np.diff(np.concatenate([begins, [len(keys)]]))
    return np.arange(len(keys)) - np.repeat(begins, lengths)


def _tables(place: Array, slot: Array, slots: int) -> Array:
    """Return a table for each meeting: those of one place and slot are numbered in order."""
    order = np.argsort(place * slots + slot, kind="stable")
    table = np.empty(len(place), np.int64)
    table[order] = _turn((place * slots + slot)[order])
    return table
