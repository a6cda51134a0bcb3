"""The root of all tables, and the journal of operations."""
from essex import db
from essex.operation import OperationMixin, StepMixin

Base = db.declarative_base()


class Operation(OperationMixin, Base):
    """Long work on a server, a snapshot ...: see essex.operation."""


class OperationStep(StepMixin, Base):
    """One try of a step of an operation."""
