"""What pages of projects and of users have in common."""
from django.urls import reverse
from django.utils.functional import cached_property

from horizon.api import client, identity
from horizon.options import CONF
from horizon.ui.views import FormPage


class CreatePage(FormPage):
    """A new one of `kind`, with a role in a project. The choices are three calls at once."""

    kind = None

    def choices(self):
        """{name: call} of what there is to choose from, beside domains and roles."""
        raise NotImplementedError

    @cached_property
    def found(self):
        """Choices."""
        return client.together(domains=lambda: identity.all_of(self.cloud, 'domains'),
                               roles=lambda: identity.all_of(self.cloud, 'roles'), **self.choices())

    def form_arguments(self):
        return self.found

    def initial(self):
        role = next((each['id'] for each in self.found['roles'] if each['name'] == CONF.horizon.default_role), None)
        return {'enabled': True, 'role': role, 'domain_id': self.request.login.user_domain_id, **super().initial()}

    def success_url(self, result):
        return reverse(f'admin:{self.kind}:detail', args=[result['id']])


class OfOne:
    """Pages below one of `kind`, whose id the address has under the name `key`. `one` is it."""

    kind = key = None

    @cached_property
    def one(self):
        """One call."""
        return identity.get(self.cloud, self.kind, self.kwargs[self.key])

    @property
    def address(self):
        """Of its own page."""
        return reverse(f'admin:{self.kind}:detail', args=[self.kwargs[self.key]])

    def breadcrumbs(self):
        """All of them, and on its pages the one."""
        here = [] if self.request.resolver_match.url_name == 'detail' else [(self.one['name'], self.address)]
        return [(self.panel.label, self.panel.url), *here]
