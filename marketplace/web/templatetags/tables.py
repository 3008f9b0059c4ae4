"""Rows of tables as pages show them; built in, so templates need no ``{% load %}``."""

from __future__ import annotations

from django import template
from django.template.base import render_value_in_context
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from marketplace.domain.money import is_whole_in_wan
from marketplace.web.components import Cell, Kind, Pick, Table
from marketplace.web.language import said
from marketplace.web.templatetags.market import decimal_of, shown

register = template.Library()
LEAD = " data-lead"
ROW_ACTION = "marketplace/components/row_action.html"


@register.simple_tag(takes_context=True)
def table_rows(context: template.Context, table: Table) -> SafeString:
    """Return the rows of a table's body; written here, since a page may show a thousand cells.

    A column of money has one unit: 元 throughout where 万元 does not say all of some amount in it.
    """
    heads = [
        f'<td class="mk-cell-{column.kind}" data-label="{conditional_escape(said(column.label))}"'
        f"{LEAD if place == 0 else ''}><span>"
        for place, column in enumerate(table.columns)
    ]
    rows, kinds = [], _kinds_of(table)
    for row in table:
        cells = [
            f"{head}{_table_cell(context, kind, cell)}</span></td>"
            for head, kind, (_, cell) in zip(heads, kinds, row, strict=True)
        ]
        rows.append("<tr>\n" + "\n".join(cells) + "\n</tr>")
    return SafeString("\n".join(rows))


def _kinds_of(table: Table) -> list[Kind]:
    """Return how each column is written."""
    kinds = [Kind(column.kind) for column in table.columns]
    for place, kind in enumerate(kinds):
        if kind is Kind.MONEY:
            values = (row[place] for row in table.rows)
            amounts = (
                decimal_of(value.value if isinstance(value, Cell) else value) for value in values
            )
            if any(amount is not None and not is_whole_in_wan(amount) for amount in amounts):
                kinds[place] = Kind.YUAN
    return kinds


def _table_cell(context: template.Context, kind: Kind, cell: Cell) -> str:
    value = render_value_in_context(shown(cell, kind), context)
    if cell.struck:
        value = f"<del>{value}</del>"
    if cell.url:
        value = f'<a href="{conditional_escape(cell.url)}">{value}</a>'
    if cell.note:
        value += f'<span class="mk-cell-note">{conditional_escape(said(cell.note))}</span>'
    if cell.pick:
        value = pick_box(cell.pick) + value
    return value + _row_action(context, cell) if cell.action else value


@register.filter
def pick_box(pick: Pick) -> SafeString:
    """Return the box that chooses a row or an entry for a form elsewhere on the page."""
    return format_html(
        '<input class="form-check-input mk-pick" type="checkbox" name="id" value="{}" form="{}" aria-label="{}">',
        pick.value,
        pick.form,
        gettext("选择%(label)s") % {"label": pick.label},
    )


def _row_action(context: template.Context, cell: Cell) -> str:
    if not cell.action or context.template is None:
        return ""
    chosen = context.template.engine.get_template(ROW_ACTION)
    return chosen.render(context.new({"action": cell.action}))
