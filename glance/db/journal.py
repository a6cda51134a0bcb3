"""The journal of Glance's operations: see essex.operation."""
from essex.operation import Journal
from glance.db import models

JOURNAL = Journal(models.Operation, models.OperationStep)
