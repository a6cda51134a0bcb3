"""Times in bodies and queries of v3."""
import datetime

from essex.exception import BadRequest


def parse(text, name):
    """The naive UTC datetime of an ISO 8601 time, None for None. `name` is the field's, for the message."""
    if text is None:
        return None
    try:
        if len(text) <= len('2030-01-31'):
            raise ValueError('a day is no time')
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f'{name} has to be a time such as 2030-01-31T12:00:00.000000Z.') from error
    return moment


def show(moment, suffix='Z'):
    """A naive UTC datetime as v3 writes it; None stays None."""
    return moment and moment.strftime('%Y-%m-%dT%H:%M:%S.%f') + suffix
