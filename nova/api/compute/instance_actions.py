"""/servers/{id}/os-instance-actions: what was done to a server, step by step."""
from essex import wsgi
from nova.api.compute import common
from nova.compute import api as compute_api
from nova.compute import instance_actions


class InstanceActions(wsgi.Controller):
    """A view of the journal."""

    def __init__(self):
        self.compute = compute_api.API()

    @wsgi.route('GET', '/servers/<server_id>/os-instance-actions')
    def index(self, req, server_id):
        common.authorize(req, 'servers:actions')
        return {'instanceActions': [_view(each) for each in instance_actions.list(req.context, server_id)]}

    @wsgi.route('GET', '/servers/<server_id>/os-instance-actions/<request_id>')
    def show(self, req, server_id, request_id):
        common.authorize(req, 'servers:actions')
        action = instance_actions.get(req.context, server_id, request_id)
        shown = _view(action)
        with_traceback = common.allowed(req, 'servers:actions:traceback')
        shown['events'] = [_event(each, with_traceback) for each in action['events']]
        return {'instanceAction': shown}


def _view(action):
    keys = ('action', 'instance_uuid', 'message', 'project_id', 'request_id', 'user_id')
    return {**{key: action[key] for key in keys}, 'start_time': common.microtime(action['start_time'])}


def _event(event, with_traceback):
    shown = {'event': event['event'], 'start_time': common.microtime(event['start_time']),
             'finish_time': common.microtime(event['finish_time']), 'result': event['result']}
    if with_traceback:
        shown['traceback'] = event['traceback']
    return shown
