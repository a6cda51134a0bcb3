"""usage.csv."""
import csv
import io

from django.utils.translation import gettext as _

_FORMULA = ('=', '+', '-', '@', '\t', '\r')


def of(usage, period, project):
    """The CSV of a project's usage: what it is about, totals, then a line a server."""
    out = io.StringIO()
    writer = csv.writer(out)
    alive = [each for each in usage['server_usages'] if not each.get('ended_at')]
    for name, value in (
            (_('Usage from'), f'{period.start:%Y-%m-%d}'), (_('to'), f'{period.last:%Y-%m-%d}'),
            (_('Project ID'), project), (_('Active instances'), len(alive)),
            (_('vCPU hours'), _number(usage['total_vcpus_usage'])),
            (_('Active memory (MB)'), sum(each['memory_mb'] for each in alive)),
            (_('Memory hours (MB)'), _number(usage['total_memory_mb_usage'])),
            (_('Active disk (GB)'), sum(each['local_gb'] for each in alive)),
            (_('Disk hours (GB)'), _number(usage['total_local_gb_usage']))):
        writer.writerow([name, value])
    writer.writerow([])
    writer.writerow([_('Instance Name'), _('vCPUs'), _('RAM (MB)'), _('Disk (GB)'), _('Usage (Hours)'),
                     _('Age (Seconds)'), _('State')])
    for each in sorted(usage['server_usages'], key=lambda each: each['name'].lower()):
        writer.writerow([_harmless(each['name']), each['vcpus'], each['memory_mb'], each['local_gb'],
                         _number(each['hours']), each['uptime'], each['state']])
    return out.getvalue()


def _number(value):
    return f'{value:.2f}'


def _harmless(text):
    """A name is text to a spreadsheet, never a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
