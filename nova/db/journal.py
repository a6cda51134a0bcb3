"""The journal of Nova's operations: see essex.operation."""
from essex.operation import Journal
from nova.db import models

JOURNAL = Journal(models.Operation, models.OperationStep)
