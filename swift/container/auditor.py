"""container-auditor: reads every container's database and quarantines the broken ones."""
from swift.db.auditor import DatabaseAuditor
from swift.db.container import ContainerBroker


class ContainerAuditor(DatabaseAuditor):
    """See DatabaseAuditor."""

    section = 'container-auditor'
    broker_class = ContainerBroker
