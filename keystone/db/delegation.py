"""What goes with a user, a project or a role: delegations by it, for it, of it."""
from keystone.db import app_creds, oauth1, trusts
from keystone.db.models import AppCred


def remove_of(session, user_ids=(), project_ids=()):
    """Delegations by or for these users, or on these projects, are over."""
    gone = trusts.family(session, trusts.concerning(session, user_ids, project_ids))
    if gone:
        trusts.mark_deleted(session, gone)
    app_creds.remove_of(session, user_ids, project_ids)
    oauth1.remove_of(session, user_ids, project_ids)


def role_taken(session, user_id, project_id):
    """A user lost a role on a project: application credentials made with it go."""
    app_creds.remove(session, AppCred.user_id == user_id, AppCred.project_id == project_id)
