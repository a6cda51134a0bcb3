"""The page of one object (?name=), its bytes, and what one does with it."""
import re
import time

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from horizon.api import errors, objects
from horizon.project.containers.forms import CopyForm, LinkForm, MetadataForm
from horizon.project.containers.tables import inside, of_object
from horizon.ui import explain, uploads
from horizon.ui.views import Page

# Pictures that hold no script. SVG does.
PICTURES = ('image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif', 'image/bmp')
_TEXT = ('text/', 'application/json', 'application/xml', 'application/x-sh', 'application/yaml',
         'application/javascript')
_PREVIEW = 65536
_CONTROL = re.compile(r'[\x00-\x1f\x7f]')
_LARGEST_PICTURE = 20 << 20


class Detail(Page):
    """What an object is, what one sees of it, and forms: copy, link, metadata. Two calls, three with text to show."""

    template = 'project/containers/object.html'
    forms = {}
    error = link = None

    @property
    def container(self):
        """Its name."""
        return self.kwargs['container']

    @property
    def name(self):
        """The object's name. Raises Http404 without one."""
        if not self.request.GET.get('name'):
            raise Http404(_('Which object?'))
        return self.request.GET['name']

    @cached_property
    def headers(self):
        """As Swift tells them."""
        return objects.head(self.cloud, self.container, self.name)

    def get_title(self):
        return self.name.rstrip('/').rsplit('/', 1)[-1] or self.name

    def breadcrumbs(self):
        folder = self.name.rpartition('/')[0]
        found = [(self.panel.label, self.panel.url), (self.container, inside(self.container))]
        return found + ([(folder, inside(self.container, folder + '/'))] if folder else [])

    def context(self):
        headers = self.headers
        given = objects.metadata(headers)
        containers = self._containers()
        kind, size = headers.get('Content-Type', '').split(';')[0], int(headers.get('Content-Length', 0))
        return {
            'container': self.container, 'name': self.name, 'headers': headers, 'kind': kind, 'size': size,
            'given': sorted(given.items()), 'delete_at': _number(headers.get('X-Delete-At')), 'error': self.error,
            'link': self.link, 'download': of_object('download', self.container, self.name),
            'picture': of_object('picture', self.container, self.name)
            if kind in PICTURES and size <= _LARGEST_PICTURE else None,
            'preview': self._preview(kind, size),
            'modified': headers.get('X-Timestamp') and float(headers['X-Timestamp']),
            'copy': self.forms.get('copy') or CopyForm(initial={'into': self.container, 'as_name': self.name},
                                                       containers=containers),
            'links': self.forms.get('link') or LinkForm(), 'metadata': self.forms.get('metadata') or MetadataForm(
                initial={'metadata': '\n'.join(f'{key} = {value}' for key, value in sorted(given.items()))})}

    def _containers(self):
        return [each['name'] for each in objects.containers(self.cloud, 1000)[0]]

    def _preview(self, kind, size):
        if not size or not kind.startswith(_TEXT):
            return None
        return objects.beginning(self.cloud, self.container, self.name, min(size, _PREVIEW)).decode('utf-8', 'replace')

    def post(self, request, *args, **kwargs):
        """Copy, make a link, or change metadata."""
        what = next((each for each in ('copy', 'link', 'metadata') if f'do_{each}' in request.POST), None)
        if what is None:
            raise Http404(_('There is no such action.'))
        form = {'copy': lambda: CopyForm(request.POST, containers=self._containers()),
                'link': lambda: LinkForm(request.POST), 'metadata': lambda: MetadataForm(request.POST)}[what]()
        self.forms = {what: form}
        if not form.is_valid():
            return self.show(status=422)
        try:
            return getattr(self, f'do_{what}')(form.cleaned_data)
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            self.error = explain.Explained(error, form.submit)
            return self.show(status=explain.status(error))

    def do_copy(self, asked):
        """Copy it, or move it."""
        if (asked['into'], asked['as_name']) == (self.container, self.name):
            self.forms['copy'].add_error('as_name', _('This is the object itself.'))
            return self.show(status=422)
        objects.copy(self.cloud, self.container, self.name, asked['into'], asked['as_name'])
        if asked['move']:
            objects.delete(self.cloud, self.container, self.name)
        messages.success(self.request, _('It is at %s now.') % f'{asked["into"]}/{asked["as_name"]}')
        return HttpResponseRedirect(of_object('object', asked['into'], asked['as_name']))

    def do_link(self, asked):
        """Shown on the page; who has it can read the object."""
        self.link = objects.temporary_url(self.cloud, self.container, self.name, asked['seconds'])
        return self.show()

    def do_metadata(self, asked):
        """Replace it."""
        until = int(time.time()) + asked['days'] * 86400 if asked['days'] else None
        objects.set_metadata(self.cloud, self.container, self.name, asked['metadata'], self.headers,
                             until or _number(self.headers.get('X-Delete-At')))
        messages.success(self.request, _('Saved.'))
        return HttpResponseRedirect(of_object('object', self.container, self.name))


def _number(text):
    return int(text) if text and text.isdecimal() else None


def _stream(answer, kind):
    made = StreamingHttpResponse(objects.pieces(answer, uploads.CHUNK), content_type=kind)
    if answer.headers.get('Content-Length'):
        made['Content-Length'] = answer.headers['Content-Length']
    # What somebody stored is not a page of ours, whatever it says it is.
    made['Content-Security-Policy'] = "default-src 'none'; sandbox"
    made._csp_exempt = True
    made._resource_closers.append(answer.close)
    return made


@require_safe
def download(request, container):
    """The object as a file of its name."""
    name = request.GET.get('name', '')
    answer = objects.read(request.login.client, container, name)
    made = _stream(answer, 'application/octet-stream')
    # No header holds a line's end.
    shown = _CONTROL.sub('_', name.rstrip('/').rsplit('/', 1)[-1])
    made['Content-Disposition'] = content_disposition_header(True, shown or 'object')
    return made


@require_safe
def picture(request, container):
    """A picture for the object's page; nothing else."""
    answer = objects.read(request.login.client, container, request.GET.get('name', ''))
    kind = answer.headers.get('Content-Type', '').split(';')[0]
    if kind not in PICTURES:
        answer.close()
        raise Http404(_('This is not a picture.'))
    return _stream(answer, kind)
