"""Pages of containers and of the folders in them."""
from django.contrib import messages
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from horizon.api import client, errors, objects
from horizon.project.containers.forms import AccessForm, ContainerForm, FolderForm, UploadForm
from horizon.project.containers.tables import Containers, Objects, inside
from horizon.ui import explain, uploads
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """Containers of the project, paged by Swift, and what all of it takes: two calls at once."""

    template, table_class, paged = 'project/containers/index.html', Containers, True

    def load_page(self, marker, limit, search, sort):
        found = client.settled(page=lambda: objects.containers(self.cloud, limit, marker, search),
                               account=lambda: objects.account(self.cloud))
        if isinstance(found['page'], errors.ApiError):
            raise found['page']
        self.account = found['account'] if isinstance(found['account'], dict) else None
        return found['page']

    def context(self):
        return {**super().context(), 'account': getattr(self, 'account', None)}


class Create(FormPage):
    """A new container."""

    title, form_class, success = _('Create container'), ContainerForm, _('Container %(name)s created.')

    def form_arguments(self):
        return {'policies': objects.policies(self.cloud)}

    def save(self, form):
        asked = form.cleaned_data
        objects.create_container(self.cloud, asked['name'], asked['public'], asked.get('policy'))
        return asked['name']

    def success_url(self, result):
        return inside(result)


class Settings(FormPage):
    """Who may read a container: one call, one to save."""

    template, form_class, success = 'project/containers/settings.html', AccessForm, _('Saved.')

    def get_title(self):
        return _now('Access to %s') % self.kwargs['container']

    def breadcrumbs(self):
        return [*super().breadcrumbs(), (self.kwargs['container'], inside(self.kwargs['container']))]

    def initial(self):
        return {'public': objects.is_public(objects.head(self.cloud, self.kwargs['container']))}

    def context(self):
        return {'address': objects.address(self.cloud, self.kwargs['container'])}

    def save(self, form):
        objects.set_public(self.cloud, self.kwargs['container'], form.cleaned_data['public'])


class Folder(TablePage):
    """One level of a container (?prefix=), with forms for more: one call."""

    template, table_class, paged = 'project/containers/objects.html', Objects, True
    upload = folder = error = None

    @property
    def container(self):
        """Its name."""
        return self.kwargs['container']

    @property
    def prefix(self):
        """The folder: '' or 'a/b/'."""
        return self.request.GET.get('prefix', '')

    def get_title(self):
        return self.prefix.rstrip('/').rsplit('/', 1)[-1] or self.container

    def breadcrumbs(self):
        found, parts = [(self.panel.label, self.panel.url)], self.prefix.rstrip('/').split('/')
        if self.prefix:
            found.append((self.container, inside(self.container)))
            found += [(part, inside(self.container, '/'.join(parts[:index + 1]) + '/'))
                      for index, part in enumerate(parts[:-1])]
        return found

    def load_page(self, marker, limit, search, sort):
        rows, following = objects.objects(self.cloud, self.container, limit, marker, self.prefix + search)
        # The mark of the folder itself is no object in it.
        return [self._row(each) for each in rows if each.get('name') != self.prefix], following

    def _row(self, entry):
        name = entry.get('name') or entry['subdir']
        return {**entry, 'name': name, 'label': name[len(self.prefix):], 'folder': 'subdir' in entry,
                'container': self.container}

    def context(self):
        return {**super().context(), 'container': self.container, 'prefix': self.prefix, 'error': self.error,
                'upload': self.upload or UploadForm(), 'folder': self.folder or FolderForm(),
                'put': reverse('project:containers:data', args=[self.container])}

    def post(self, request, *args, **kwargs):
        """An action, a new folder, or (without scripts) a file."""
        if 'action' in request.POST:
            return self.answer_action(request)
        if 'folder' in request.POST:
            self.folder = form = FolderForm(request.POST)
            return self._save(form, lambda asked: objects.upload(
                self.cloud, self.container, f'{self.prefix}{asked["folder"]}/', b'', 'application/directory'))
        self.upload = form = UploadForm(request.POST, request.FILES)
        return self._save(form, self._store)

    def _store(self, asked):
        file = asked['file']
        refusal = uploads.too_large(file.size)
        if refusal:
            raise errors.ApiError(objects.SERVICE, 'upload', refusal, 413)
        body = uploads.Body(file, file.size) if file.size else b''
        objects.upload(self.cloud, self.container, self.prefix + file.name, body, file.content_type, uploads.TIMEOUT)

    def _save(self, form, store):
        if not form.is_valid():
            return self.show(status=422)
        try:
            store(form.cleaned_data)
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            self.error = explain.Explained(error, form.submit)
            return self.show(status=explain.status(error))
        messages.success(self.request, _now('It is stored.'))
        return HttpResponseRedirect(inside(self.container, self.prefix))


class Data(View):
    """PUT ?name=: the bytes of an object, streamed to Swift."""

    def put(self, request, container):
        """The script of the page sends them."""
        name = request.GET.get('name', '')
        if not name:
            return JsonResponse({'message': _now('The object has no name.')}, status=400)
        cloud, kind = request.login.client, request.content_type
        return uploads.receive(request, lambda body: objects.upload(cloud, container, name, body, kind,
                                                                    uploads.TIMEOUT))
