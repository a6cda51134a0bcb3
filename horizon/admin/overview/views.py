"""The whole cloud at a glance: what projects used, and what there is."""
import csv

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin import capacity, period
from horizon.api import client, errors, identity, services, usage
from horizon.ui.tables import Column, Table
from horizon.ui.views import TablePage

_SUMS = ('total_hours', 'total_vcpus_usage', 'total_memory_mb_usage', 'total_local_gb_usage')


class Usage(Table):
    """A row a project."""

    name, caption = 'usage', _('Use by project')
    columns = [Column('name', _('Project'), link=lambda row: reverse('admin:projects:usage', args=[row['id']])),
               Column('instances', _('Instances'), kind='number'), Column('vcpus', _('VCPUs'), kind='number'),
               Column('memory_mb', _('Memory'), kind='megabytes'),
               Column('disk', _('Disk'), kind='size', value=lambda row: row['disk'] << 30),
               Column('vcpu_hours', _('VCPU hours'), kind='number'),
               Column('disk_hours', _('Disk, GB hours'), kind='number')]
    empty = _('Nothing ran in this period.')
    default_sort = '-vcpu_hours'

    def status(self, row):
        return None


def rows(found, names):
    """The usage of projects as rows; sums are of what runs now."""
    shown = []
    for each in found:
        running = [server for server in each.get('server_usages', ()) if not server['ended_at']]
        shown.append({
            'id': each['tenant_id'], 'name': names.get(each['tenant_id'], each['tenant_id']),
            'instances': len(running), 'vcpus': sum(server['vcpus'] for server in running),
            'memory_mb': sum(server['memory_mb'] for server in running),
            'disk': sum(server['local_gb'] for server in running), 'hours': round(each['total_hours'], 2),
            'vcpu_hours': round(each['total_vcpus_usage'], 2), 'disk_hours': round(each['total_local_gb_usage'], 2)})
    return shown


class Index(TablePage):
    """Three calls at once: usage, names of projects, hypervisors' sums. ?format=csv is the table as a file."""

    table_class, template = Usage, 'admin/overview/index.html'

    def load(self):
        self.form = period.PeriodForm.of(self.request)
        self.found = client.settled(usage=lambda: usage.of_all(self.cloud, *self.form.period),
                                    projects=lambda: identity.names(self.cloud, 'projects'),
                                    statistics=lambda: services.statistics(self.cloud))
        if isinstance(self.found['usage'], errors.ApiError):
            raise self.found['usage']
        names = self.found['projects'] if isinstance(self.found['projects'], dict) else {}
        return rows(self.found['usage'], names)

    def context(self):
        values = super().context()
        statistics, found = self.found['statistics'], self.found['usage']
        total = {name: sum(each[name] for each in found) for name in _SUMS} if isinstance(found, list) else None
        if total:
            total['gb_hours'] = total['total_memory_mb_usage'] / capacity.GB
        return {**values, 'form': self.form, 'total': total, 'statistics': statistics,
                'meters': [] if isinstance(statistics, errors.ApiError) else capacity.meters(statistics)}

    def get(self, request, *args, **kwargs):
        """The page, or the file."""
        return self.csv() if request.GET.get('format') == 'csv' else super().get(request, *args, **kwargs)

    def csv(self):
        """usage.csv."""
        found = self.load()
        start, end = self.form.period
        answer = HttpResponse(content_type='text/csv; charset=utf-8',
                              headers={'Content-Disposition': 'attachment; filename="usage.csv"'})
        write = csv.writer(answer).writerow
        write([_('Usage of all projects'), start.date().isoformat(), end.date().isoformat()])
        write([])
        write(['Tenant', 'VCPUs', 'RamMB', 'DiskGB', 'Usage(Hours)'])
        for row in found:
            write([harmless(row['name']), row['vcpus'], row['memory_mb'], row['disk'], row['hours']])
        return answer


def harmless(text):
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ('=', '+', '-', '@', '\t', '\r') else text
