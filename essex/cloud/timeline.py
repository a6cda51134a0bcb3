"""`essex trace ID`: the way of a request through every daemon, as a timeline."""
import datetime

from essex import trace_files

_WIDTH = 32


def lines(directory, request_id):
    """The spans of a request, oldest first, each with a bar that shows when in the whole it ran; [] when unknown."""
    spans = trace_files.find(request_id, str(directory))
    if not spans:
        return []
    began = spans[0]['start']
    whole = max(span['start'] - began + span['ms'] / 1000 for span in spans) or 0.001
    depths = _depths(spans)
    stamp = datetime.datetime.fromtimestamp(began, datetime.UTC).strftime('%Y-%m-%d %H:%M:%S.%f')[:-3]
    text = [f'{request_id}: {len(spans)} spans, {whole * 1000:.1f} ms from {stamp} UTC', '']
    text.append(f'{"at ms":>9} {"took ms":>9}  {"":{_WIDTH}}  {"daemon":<18} what')
    for span in spans:
        offset = span['start'] - began
        first = min(_WIDTH - 1, int(offset / whole * _WIDTH))
        length = max(1, round(span['ms'] / 1000 / whole * _WIDTH))
        bar = ' ' * first + '█' * min(length, _WIDTH - first)
        name = '  ' * depths[span['id']] + span['name']
        more = ''.join(f' {key}={span[key]}' for key in ('status', 'sql', 'error') if span.get(key) not in (None, ''))
        text.append(f'{offset * 1000:9.1f} {span["ms"]:9.1f}  {bar:<{_WIDTH}}  {span["daemon"]:<18} {name}{more}')
    return text


def _depths(spans):
    parents = {span['id']: span.get('parent') for span in spans}
    depths = {}
    for identity in parents:
        depth, seen, above = 0, {identity}, parents[identity]
        while above in parents and above not in seen:
            seen.add(above)
            depth, above = depth + 1, parents[above]
        depths[identity] = depth
    return depths
