"""Rows of tables."""
import pytest


@pytest.fixture
def made(cloud):
    """(a table's class, how often its labels were translated)."""
    from django.utils.functional import lazy

    from horizon.ui.tables import Action, Column, Table
    asked = []

    def translate(text):
        asked.append(text)
        return text
    label = lazy(translate, str)

    class Start(Action):
        name, label = 'start', None

    class Stop(Action):
        name, label = 'stop', None

    Start.label, Stop.label = label('Start <now>'), label('Stop')

    class Things(Table):
        name, caption = 'things', 'Things'
        columns = [Column('name', label('Name & all')), Column('size', label('Size'))]
        actions = [Start(), Stop()]
    return Things, asked


def rows(count):
    return [{'id': f'{number}', 'name': f'<thing {number}>', 'size': number} for number in range(count)]


def test_labels_are_translated_once_a_table(made):
    kind, asked = made
    shown = [row.html for row in kind(rows(50), None).rows]
    assert 'data-label="Name &amp; all"' in shown[49]
    assert '>Start &lt;now&gt;<' in shown[49]
    assert '&lt;thing 49&gt;' in shown[49]
    assert len(asked) == 4


def test_another_table_asks_again_as_another_user_may_read_another_language(made):
    kind, asked = made
    for _ in range(2):
        assert kind(rows(1), None).rows[0].html
    assert len(asked) == 8


def test_what_is_empty_shows_a_dash_as_what_is_not_there(made):
    kind, _asked = made
    shown = [kind([{'id': '1', 'name': name, 'size': 1}], None).rows[0].html for name in ('', None)]
    assert all('>-</td>' in each for each in shown)
    assert '>0</td>' in kind([{'id': '1', 'name': 'x', 'size': 0}], None).rows[0].html
