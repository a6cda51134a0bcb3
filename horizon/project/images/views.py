"""Pages of images."""
from django.contrib import messages
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from horizon.api import errors, image_changes, images
from horizon.project.images.forms import CreateForm, ImageForm, ShareForm
from horizon.project.images.tables import LEVELS, Images, Members, is_snapshot
from horizon.ui import explain, uploads
from horizon.ui.views import FormPage, Page, TableAnswers, TablePage

# What has a row of its own on an image's page; whatever else Glance tells is a property somebody set.
_KNOWN = {'id', 'name', 'status', 'visibility', 'protected', 'owner', 'size', 'virtual_size', 'disk_format', 'checksum',
          'container_format', 'created_at', 'updated_at', 'min_ram', 'min_disk', 'description', 'tags', 'self', 'file',
          'schema', 'os_hidden', 'os_hash_algo', 'os_hash_value', 'locations', 'direct_url', 'stores'}


class Index(TablePage):
    """What the project sees, paged by Glance: one call."""

    table_class, paged = Images, True

    def load_page(self, marker, limit, search, sort):
        return image_changes.page(self.cloud, limit, marker, search, sort)


class OfImage:
    """Views of one image."""

    @cached_property
    def image(self):
        """As Glance shows it: one call."""
        return images.get(self.cloud, str(self.kwargs['image_id']))

    @property
    def is_own(self):
        """Whether it belongs to the user's project."""
        return self.image.get('owner') == self.request.login.project_id

    @property
    def name(self):
        """Its name; its id when it has none."""
        return self.image.get('name') or self.image['id']

    def get_title(self):
        return self.name


class BelowImage(OfImage):
    """Pages that lead back to it. Their `label` has a place for its name."""

    label = ''

    def get_title(self):
        return self.label % self.name

    def breadcrumbs(self):
        return [*super().breadcrumbs(), (self.name, reverse('project:images:detail', args=[self.image['id']]))]


class Detail(OfImage, TableAnswers, Page):
    """One image; a shared one can be accepted here: one call."""

    template = 'project/images/detail.html'

    def context(self):
        image = self.image
        more = sorted((name, value) for name, value in image.items() if name not in _KNOWN)
        table = self.make_tables()['images']
        return {'image': image, 'level': LEVELS.get(image['status'], 'busy'), 'properties': more, 'is_own': self.is_own,
                'snapshot': is_snapshot(image), 'row': table.rows[0], 'table': table,
                'offered': image['visibility'] == 'shared' and not self.is_own}

    def make_tables(self):
        return {'images': Images([self.image], self.request.login)}

    def after_action(self, request):
        return HttpResponseRedirect(self.panel.url)

    def post(self, request, *args, **kwargs):
        """Accept or refuse an image another project shares, or an action."""
        if 'action' in request.POST:
            return self.answer_action(request)
        status = 'accepted' if 'accept' in request.POST else 'rejected'
        try:
            images.answer_offer(self.cloud, self.image['id'], request.login.project_id, status)
            messages.success(request, _now('It is among your images now.') if status == 'accepted' else
                             _now('It is not among your images.'))
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            explain.message(request, error, _now('Answer the offer'))
        return HttpResponseRedirect(request.path)


class Create(FormPage):
    """A new image. With scripts the record is made first and the file follows with progress (see images.js)."""

    title, form_class = _('Create image'), CreateForm
    template = 'project/images/create.html'

    def form_arguments(self):
        return {'is_admin': self.request.login.is_admin}

    def save(self, form):
        asked = form.cleaned_data
        if asked.get('file') and uploads.too_large(asked['file'].size):
            form.add_error('file', uploads.too_large(asked['file'].size))
            return self.show(form=form, status=422)
        image = images.create(self.cloud, form.values())
        if asked['source'] == 'url':
            self._or_remove(image, lambda: images.import_from(self.cloud, image['id'], asked['url']))
        elif asked.get('file'):
            self._or_remove(image, lambda: images.upload(
                self.cloud, image['id'], uploads.Body(asked['file'], asked['file'].size), uploads.TIMEOUT))
        elif 'json' in self.request.headers.get('Accept', ''):
            return JsonResponse({'upload': reverse('project:images:data', args=[image['id']]),
                                 'done': reverse('project:images:detail', args=[image['id']])}, status=201)
        return image

    def _or_remove(self, image, call):
        """A record without data helps nobody."""
        try:
            call()
        except errors.ApiError:
            try:
                image_changes.delete(self.cloud, image['id'])
            except errors.ApiError as error:
                explain.message(self.request, error, _now('Remove the empty image'))
            raise

    def success_url(self, result):
        return reverse('project:images:detail', args=[result['id']])

    def success_message(self, result, form):
        return _now('Image %s is being made.') % result['name']


class Data(View):
    """PUT: the bytes of a new image."""

    def put(self, request, image_id):
        """Streamed to Glance."""
        cloud = request.login.client
        return uploads.receive(request, lambda body: images.upload(cloud, str(image_id), body, uploads.TIMEOUT))


class Edit(BelowImage, FormPage):
    """Changes what can be said of an image: one call more."""

    form_class, success, label = ImageForm, _('Image %(name)s saved.'), _('Edit %s')

    def form_arguments(self):
        return {'is_admin': self.request.login.is_admin or self.image['visibility'] == 'public'}

    def initial(self):
        return {name: self.image.get(name) for name in self.form_class.base_fields}

    def save(self, form):
        new = form.values()
        image_changes.update(self.cloud, self.image['id'], self.image, {'description': None, **new})

    def success_url(self, result):
        return reverse('project:images:detail', args=[self.image['id']])


class Share(BelowImage, TablePage):
    """Who else may use an image, and a form for one more: two calls."""

    template, form, error, label = 'project/images/share.html', None, None, _('Share %s')

    def make_tables(self):
        return {'members': Members(images.members(self.cloud, self.image['id']), self.request.login)}

    def context(self):
        return {**super().context(), 'image': self.image, 'form': self.form or ShareForm(), 'error': self.error}

    def post(self, request, *args, **kwargs):
        """Stop sharing, or share with one more."""
        if 'action' in request.POST:
            return self.answer_action(request)
        self.form = ShareForm(request.POST)
        if not self.form.is_valid():
            return self.show(status=422)
        try:
            # An image that is private has no members yet: it becomes a shared one.
            image_changes.update(self.cloud, self.image['id'], self.image, {'visibility': 'shared'})
            images.add_member(self.cloud, self.image['id'], self.form.cleaned_data['project'])
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            self.error = explain.Explained(error, _now('Share the image'))
            return self.show(status=explain.status(error))
        messages.success(request, _now('Offered. They have to accept it.'))
        return HttpResponseRedirect(request.path)
