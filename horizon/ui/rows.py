"""A table's row as HTML. In Python, as a page has a thousand cells: templates took three times as long for them."""
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from horizon.ui.templatetags import ui


def _text(value, row):
    return '-' if value is None or value == '' else conditional_escape(value)


def _list(value, row):
    return mark_safe('<br>'.join(f'<span class="nowrap">{conditional_escape(each)}</span>'  # noqa: S308 - escaped
                                 for each in value or ()) or '-')


# Kinds of cells that need no template.
_CELLS = {
    'text': _text, 'number': _text, 'list': _list,
    'code': lambda value, row: format_html('<code>{}</code>', _text(value, row)),
    'flag': lambda value, row: conditional_escape(_('yes') if value else _('no')),
    'size': lambda value, row: ui.size(value), 'megabytes': lambda value, row: ui.megabytes(value),
    'time': lambda value, row: ui.ago(value),
    'status': lambda value, row: '-' if value is None else ui.status(value, row.level)}


def _cell(column, value, address, row):
    known = _CELLS.get(column.kind)
    inside = known(value, row) if known else render_to_string(
        column.template, {'column': column, 'value': value, 'row': row, 'table': row.table})
    if address:
        inside = f'<a href="{conditional_escape(address)}">{inside}</a>'
    return (f'<td class="{column.kind}{" wide" if column.wide_only else ""}" '
            f'data-label="{row.table.words(column.label)}">{inside}</td>')


def html(row):
    """A Row as <tr>."""
    table, key, title = row.table, conditional_escape(row.key), conditional_escape(row.title)
    parts = [f'<tr id="row-{table.name}-{key}" data-key="{key}" data-display="{title}" '
             f'class="{"pending" if row.pending else ""}">']
    if table.bulk_actions:
        label = conditional_escape(_('Choose %(name)s') % {'name': row.title})
        parts.append(f'<td class="check"><input type="checkbox" name="keys" value="{key}" aria-label="{label}"></td>')
    parts += [_cell(column, value, address, row) for column, value, address in row.cells]
    if table.actions:
        parts.append(f'<td class="actions">{actions(row)}</td>')
    parts.append('</tr>')
    return mark_safe(''.join(parts))  # noqa: S308 - every part is escaped above


def actions(row):
    """Its actions: the first one as a button, the others in a menu."""
    links = row.action_links
    if not links:
        return ''
    unseen = f'<span class="unseen"> {conditional_escape(row.title)}</span>'
    first = _action(row, *links[0], 'button small', unseen)
    if len(links) == 1:
        return mark_safe(first)  # noqa: S308 - as above
    label = conditional_escape(_('More actions for %(name)s') % {'name': row.title})
    items = ''.join(_action(row, action, address, 'menu-item') for action, address in links[1:])
    return mark_safe(  # noqa: S308 - as above
        f'{first}<details class="menu row-menu"><summary aria-label="{label}">{ui.icon("more")}</summary>'
        f'<div class="menu-body">{items}</div></details>')


def _action(row, action, address, kind, after=''):
    label = row.table.words(action.label)
    if address:
        return f'<a class="{kind}" href="{conditional_escape(address)}">{label}{after}</a>'
    return (f'<button class="{kind}{" danger" if action.danger else ""}" name="action" '
            f'value="{action.name}:{conditional_escape(row.key)}">{label}{after}</button>')
