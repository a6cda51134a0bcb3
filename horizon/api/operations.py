"""Long work on servers and volumes (boots, snapshots ...) that does not get on or failed, for administrators."""
from horizon.api import errors

_PATH = '/os-essex-operations'


def attention(cloud):
    """[{id, action, server_id, volume_id, snapshot_id, state, step, stuck, error, can ...}] of what is stuck, or failed
    within a day, newest first; [] where Compute has no such list: one call."""
    try:
        # What is under way and gets on is among them.
        return [each for each in cloud.get('compute', _PATH, limit=200)['operations']
                if each['stuck'] or each['state'] == 'failed']
    except errors.TokenExpired:
        raise
    except errors.ApiError as error:
        if error.status == 404:
            return []
        raise


def act(cloud, operation_id, action):
    """'finish' or 'undo' it."""
    cloud.send('compute', 'POST', f'{_PATH}/{int(operation_id)}/action', {action: None})
