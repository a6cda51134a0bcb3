"""Actions that several panels of identity have."""
from django.utils.translation import gettext_lazy as _

from horizon.api import identity
from horizon.ui.tables import Action


class Enable(Action):
    """Lets a disabled one work again. `kind` as in identity.KINDS."""

    name, label, done = 'enable', _('Enable'), _('Enabled: %s')

    def __init__(self, kind):
        self.kind = kind

    def allowed(self, login, row):
        return not row.get('enabled', True)

    def act(self, request, key):
        identity.update(request.login.client, self.kind, key, enabled=True)


class Disable(Action):
    """Keeps everything, but nobody gets in."""

    name, label, done, danger = 'disable', _('Disable'), _('Disabled: %s'), True

    def __init__(self, kind, question):
        self.kind, self.question = kind, question

    def allowed(self, login, row):
        return row.get('enabled', True) and row['id'] not in (login.user_id, login.project_id)

    def act(self, request, key):
        identity.update(request.login.client, self.kind, key, enabled=False)


class Delete(Action):
    """Removes it; never what the user is working with."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True

    def __init__(self, kind, question):
        self.kind, self.question = kind, question

    def allowed(self, login, row):
        return row['id'] not in (login.user_id, login.project_id)

    def act(self, request, key):
        identity.delete(request.login.client, self.kind, key)


class Link(Action):
    """A page of its own. `address`: function of the row."""

    bulk = False

    def __init__(self, name, label, address, allowed=lambda login, row: True):
        self.name, self.label, self._address, self._allowed = name, label, address, allowed

    def allowed(self, login, row):
        return self._allowed(login, row)

    def url(self, row):
        return self._address(row)
