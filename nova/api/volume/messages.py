"""/messages: what users are told when something failed. Since 3.3."""
from essex import wsgi
from nova.api.volume import common
from nova.volume import messages

_FILTERS = ('resource_uuid', 'resource_type', 'request_id', 'event_id')
_SINCE = ('3.3', None)


class Messages(wsgi.Controller):
    """The collection and its members."""

    @wsgi.route('GET', '/messages', versions=_SINCE)
    def index(self, req):
        common.authorize(req, 'volume_messages:show')
        _, paging = common.query_of_list(req)
        values = req.query()
        filters = {name: values[name][-1] for name in _FILTERS if name in values}
        rows = messages.list(req.context, filters, **paging) if paging['limit'] else []
        return common.page(req, 'messages', rows, lambda row: _view(req, row), paging)

    @wsgi.route('GET', '/messages/<message_id>', versions=_SINCE)
    def show(self, req, message_id):
        return {'message': _view(req, self._get(req, message_id, 'volume_messages:show'))}

    @wsgi.route('DELETE', '/messages/<message_id>', status=204, versions=_SINCE)
    def delete(self, req, message_id):
        self._get(req, message_id, 'volume_messages:delete')
        messages.delete(req.context, message_id)

    @staticmethod
    def _get(req, message_id, rule):
        row = messages.get(req.context, message_id)
        common.authorize(req, rule, {'project_id': row.project_id, 'user_id': None})
        return row


def _view(req, row):
    return {'id': row.uuid, 'event_id': row.event, 'message_level': 'ERROR', 'user_message': row.text,
            'resource_type': row.resource_type, 'resource_uuid': row.resource_uuid, 'request_id': row.request_id,
            'created_at': common.time(row.created_at), 'guaranteed_until': common.time(row.created_at + messages.KEPT),
            'links': common.links(req, 'messages', row.uuid)}
