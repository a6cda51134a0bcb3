"""Pages of API access."""
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from horizon.api import ec2, errors
from horizon.project.api_access import files
from horizon.project.api_access.tables import Ec2Credentials, Endpoints
from horizon.ui.forms import Form
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """Endpoints and credentials: one call."""

    template = 'project/api_access/index.html'

    def make_tables(self):
        login = self.request.login
        urls = [{'type': each['type'], 'name': each['name'], 'url': self.cloud.endpoint(each['type'])}
                for each in login.catalog if self.cloud.has(each['type'])]
        projects = {each['id']: each['name'] for each in login.projects}
        problem, pairs = None, []
        try:
            pairs = [{**each, 'project_name': projects.get(each['tenant_id'], each['tenant_id'])}
                     for each in ec2.all_of(login)]
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            problem = error
        return {'endpoints': Endpoints(sorted(urls, key=lambda each: each['type']), login),
                'ec2_credentials': Ec2Credentials(pairs, login, problem)}


class CreateEc2(FormPage):
    """Makes a pair, whose secret is shown on the page that answers."""

    title, form_class = _('Create EC2 credentials'), type('CreateForm', (Form,), {
        '__doc__': 'Nothing to fill in.', 'submit': _('Create')})
    template = 'project/api_access/ec2_create.html'

    def save(self, form):
        pair = ec2.create(self.request.login)
        answer = render(self.request, 'project/api_access/ec2_created.html', {
            'title': _('EC2 credentials created'), 'pair': pair, 'file': files.ec2rc(self.request.login, pair),
            'breadcrumbs': self.breadcrumbs(), 'view': self})
        answer['Cache-Control'] = 'no-store'
        return answer


def _download(text, name, kind):
    answer = HttpResponse(text, content_type=kind)
    answer['Content-Disposition'] = f'attachment; filename="{name}"'
    return answer


@require_safe
def openrc(request):
    """PROJECT-openrc.sh."""
    name = slugify(request.login.project_name) or 'project'
    return _download(files.openrc(request.login), f'{name}-openrc.sh', 'text/x-shellscript; charset=utf-8')


@require_safe
def clouds_yaml(request):
    """clouds.yaml."""
    return _download(files.clouds_yaml(request.login), 'clouds.yaml', 'application/yaml; charset=utf-8')
