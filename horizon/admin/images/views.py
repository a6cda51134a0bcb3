"""Pages of images of all projects."""
from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.images.tables import Images
from horizon.api import client, errors, identity, image_changes, images
from horizon.ui.forms import Form
from horizon.ui.views import FormPage, TablePage

_VISIBILITIES = [('public', gettext_lazy('public: everybody sees and uses it')),
                 ('community', gettext_lazy('community: everybody may use it, but it is not listed')),
                 ('shared', gettext_lazy('shared: its project, and those it names')),
                 ('private', gettext_lazy('private: its project alone'))]


class Index(TablePage):
    """All of them, paged by Glance: two calls at once."""

    table_class, paged = Images, True

    def load_page(self, marker, limit, search, sort):
        found = client.settled(
            page=lambda: image_changes.page(self.cloud, limit, marker, search, sort, visibility='all'),
            projects=lambda: identity.names(self.cloud, 'projects'))
        if isinstance(found['page'], errors.ApiError):
            raise found['page']
        rows, following = found['page']
        names = {} if isinstance(found['projects'], errors.ApiError) else found['projects']
        return [{**row, 'project': names.get(row.get('owner'), row.get('owner'))} for row in rows], following


class EditForm(Form):
    """What administrators change of others' images."""

    name = forms.CharField(label=gettext_lazy('Name'), max_length=255)
    visibility = forms.ChoiceField(label=gettext_lazy('Visibility'), choices=_VISIBILITIES)
    protected = forms.BooleanField(label=gettext_lazy('Protected'), required=False,
                                   help_text=gettext_lazy('Cannot be deleted.'))
    min_ram = forms.IntegerField(label=gettext_lazy('Least memory in MB'), min_value=0, max_value=2 ** 31 - 1)
    min_disk = forms.IntegerField(label=gettext_lazy('Least disk in GB'), min_value=0, max_value=2 ** 31 - 1)


class Edit(FormPage):
    """One image: one call, and one for the name of its project; one to save."""

    template, form_class = 'admin/images/edit.html', EditForm
    success = gettext_lazy('Image %(name)s saved.')

    @cached_property
    def image(self):
        """As Glance shows it."""
        return images.get(self.cloud, str(self.kwargs['image_id']))

    def get_title(self):
        return _('Edit %s') % (self.image.get('name') or self.image['id'])

    def initial(self):
        return {name: self.image.get(name) for name in self.form_class.base_fields}

    def context(self):
        image = self.image
        owner = image.get('owner')
        try:
            project = identity.get(self.cloud, 'projects', owner)['name'] if owner else None
        except errors.TokenExpired:
            raise
        except errors.ApiError:
            project = owner
        return {'image': image, 'project': project,
                'level': Images.status_levels.get(image['status'], 'busy')}

    def save(self, form):
        image_changes.update(self.cloud, self.image['id'], self.image, form.cleaned_data)
