"""account-replicator: every account's database is made equal on its primaries."""
from swift.db.account import AccountBroker
from swift.db.replicator import DatabaseReplicator


class AccountReplicator(DatabaseReplicator):
    """See DatabaseReplicator."""

    section = 'account-replicator'
    broker_class = AccountBroker
    default_port = 6202

    def names_of(self, info):
        return (info['account'],)
