"""Pages of key pairs."""
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from horizon.api import keypairs
from horizon.project.keypairs.forms import CreateForm, ImportForm
from horizon.project.keypairs.tables import Keypairs
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """All of them."""

    table_class = Keypairs

    def load(self):
        return keypairs.all_of(self.cloud)


class Create(FormPage):
    """Makes a pair; the private key is shown and given once, on the page that answers."""

    title, form_class = _('Create key pair'), CreateForm

    def save(self, form):
        made = keypairs.create(self.cloud, form.cleaned_data['name'])
        answer = render(self.request, 'project/keypairs/created.html', {
            'title': _('Key pair created'), 'keypair': made, 'breadcrumbs': self.breadcrumbs(), 'view': self})
        # Nobody's cache or history keeps it.
        answer['Cache-Control'] = 'no-store'
        return answer


class Import(FormPage):
    """Takes a public key."""

    title, form_class, success = _('Import key pair'), ImportForm, _('Key pair %(name)s imported.')

    def save(self, form):
        keypairs.create(self.cloud, form.cleaned_data['name'], form.cleaned_data['public_key'])
