"""Which replica is right when the replicas of a container disagree about its storage policy."""


def remote_is_better(info, remote):
    """Whether the policy of another replica replaces ours.

    info, remote: dicts with put_timestamp, delete_timestamp, status_changed_at, count and storage_policy_index. A
    live container beats a deleted one, one that came back from deletion one that never was deleted (the other did not
    hear of it). Else, of live ones the policy that was there first stays: it has the objects.
    """
    theirs = remote.get('storage_policy_index')
    if theirs is None or theirs == info['storage_policy_index']:
        return False
    ours_gone, theirs_gone = _deleted(info), _deleted(remote)
    if ours_gone != theirs_gone:
        return ours_gone
    if not ours_gone and _recreated(info) != _recreated(remote):
        return _recreated(remote)
    if ours_gone or _recreated(info):
        return remote['status_changed_at'] > info['status_changed_at']
    return remote['status_changed_at'] < info['status_changed_at']


def _deleted(info):
    return info['delete_timestamp'] > info['put_timestamp'] and not info['count']


def _recreated(info):
    return info['put_timestamp'] > info['delete_timestamp'] > '0000000001'
