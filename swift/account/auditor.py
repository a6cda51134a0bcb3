"""account-auditor: reads every account's database and quarantines the broken ones."""
from swift.db.account import AccountBroker
from swift.db.auditor import DatabaseAuditor


class AccountAuditor(DatabaseAuditor):
    """See DatabaseAuditor."""

    section = 'account-auditor'
    broker_class = AccountBroker
