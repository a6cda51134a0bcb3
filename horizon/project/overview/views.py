"""The first page of a project."""
import hashlib
import json

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from horizon.api import client, errors, quotas, usage
from horizon.project.overview import chart, period, report, tables
from horizon.project.overview import now as now_module
from horizon.ui.views import TablePage

# What the limits call names, in the order of the page: label, limit, use, unit.
_COMPUTE = ((_('Instances'), 'maxTotalInstances', 'totalInstancesUsed', ''),
            (_('vCPUs'), 'maxTotalCores', 'totalCoresUsed', ''),
            (_('Memory'), 'maxTotalRAMSize', 'totalRAMUsed', 'MB'),
            (_('Floating addresses'), 'maxTotalFloatingIps', 'totalFloatingIpsUsed', ''),
            (_('Security groups'), 'maxSecurityGroups', 'totalSecurityGroupsUsed', ''))
_VOLUMES = ((_('Volumes'), 'maxTotalVolumes', 'totalVolumesUsed', ''),
            (_('Volume snapshots'), 'maxTotalSnapshots', 'totalSnapshotsUsed', ''),
            (_('Volume storage'), 'maxTotalVolumeGigabytes', 'totalGigabytesUsed', 'GB'))


class Index(TablePage):
    """Four calls at once, a fifth where there are volumes; what fails is said in its place."""

    table_class, template = tables.Usage, 'project/overview/index.html'

    @cached_property
    def period(self):
        """The Period of the query."""
        return period.of(self.request.GET)

    @cached_property
    def found(self):
        """Answers by name, ApiErrors among them."""
        cloud, project, wanted = self.cloud, self.request.login.project_id, self.period
        calls = {'limits': lambda: quotas.limits(cloud),
                 'usage': lambda: usage.of_project(cloud, project, wanted.start, wanted.end), **now_module.calls(cloud)}
        if cloud.has('volumev3'):
            calls['volume_limits'] = lambda: quotas.volume_limits(cloud)
        return client.settled(**calls)

    def load(self):
        if isinstance(self.found['usage'], errors.ApiError):
            raise self.found['usage']
        return [] if self.period.problem else self.found['usage']['server_usages']

    def context(self):
        found = self.found
        used = None if isinstance(found['usage'], errors.ApiError) else found['usage']
        if self.period.problem:
            used = None
        elif used:
            used = {**used, 'memory_gb_hours': used['total_memory_mb_usage'] / 1024}
        return {**super().context(), **self._now(found['latest'], found['failed'], used), 'period': self.period,
                'presets': period.PRESETS, 'usage': used, 'charts': chart.charts(used, self.period) if used else [],
                'limits_problem': found['limits'] if isinstance(found['limits'], errors.ApiError) else None,
                'meters': [*_meters(_COMPUTE, found['limits']), *_meters(_VOLUMES, found.get('volume_limits'))],
                'query': self.request.GET.urlencode()}

    @staticmethod
    def _now(latest, failed, used=None):
        for each in (latest, failed):
            if isinstance(each, errors.ApiError):
                return {'now_problem': each}
        made = now_module.Now(latest, failed, used)
        text = json.dumps(made.seen, default=str, sort_keys=True)
        return {'now': made, 'digest': hashlib.blake2s(text.encode(), digest_size=8).hexdigest(),
                'interval': 3 if made.under_way else 20}

    def get(self, request, *args, **kwargs):
        if request.htmx and request.GET.get('part') == 'now':
            return self._answer_now(request)
        return super().get(request, *args, **kwargs)

    def _answer_now(self, request):
        """What matters now, alone: two calls; 204 while it is as the browser has it."""
        found = client.together(**now_module.calls(self.cloud))
        values = self._now(found['latest'], found['failed'])
        if values['digest'] == request.GET.get('seen') or not values['now'].is_whole:
            return HttpResponse(status=204)
        return render(request, 'project/overview/_now.html', values)


def _meters(rows, limits):
    """[{label, used, limit, unit}] of those an answer has."""
    if not isinstance(limits, dict):
        return []
    return [{'label': label, 'used': limits.get(used, 0), 'limit': limits[most], 'unit': unit}
            for label, most, used, unit in rows if most in limits]


def usage_csv(request):
    """The same as a file: one call."""
    login, wanted = request.login, period.of(request.GET)
    found = usage.of_project(login.client, login.project_id, wanted.start, wanted.end)
    answer = HttpResponse(report.of(found, wanted, login.project_id), content_type='text/csv; charset=utf-8')
    answer['Content-Disposition'] = 'attachment; filename="usage.csv"'
    return answer
