"""The period that pages on usage are about."""
import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form


class PeriodForm(Form):
    """First and last day, both included; this month when nothing is asked for."""

    submit = _('Show')
    start, end = (forms.DateField(label=label, required=False, widget=forms.DateInput(
        attrs={'type': 'date'}, format='%Y-%m-%d')) for label in (_('From'), _('To')))

    @classmethod
    def of(cls, request):
        """The form of ?start=&end=."""
        today = datetime.datetime.now(datetime.UTC).date()
        asked = {'start': request.GET.get('start') or today.replace(day=1).isoformat(),
                 'end': request.GET.get('end') or today.isoformat()}
        return cls(asked)

    def clean(self):
        """Refuses an end before the start, and what has not come yet."""
        found = super().clean()
        start, end = found.get('start'), found.get('end')
        if start and end and end < start:
            self.add_error('end', _('The last day lies before the first one.'))
        if start and start > datetime.datetime.now(datetime.UTC).date():
            self.add_error('start', _('That is in the future: nothing was used yet.'))
        return found

    @property
    def period(self):
        """(start, end) as naive UTC datetimes, the end being exclusive; this month when the form is wrong."""
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        today = now.date()
        start, end = (self.cleaned_data['start'], self.cleaned_data['end']) if self.is_valid() else (
            today.replace(day=1), today)
        midnight = datetime.time()
        first = datetime.datetime.combine(start, midnight)
        last = datetime.datetime.combine(end + datetime.timedelta(days=1), midnight)
        # Nothing is used after now; but a month that has just begun must not end before it starts.
        return first, max(min(last, now), first + datetime.timedelta(seconds=1))
