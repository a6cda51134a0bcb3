"""Tokens with a state: those of the provider `uuid`."""
from sqlalchemy import Column, Index, String

from essex import db
from essex.db.types import Timestamp
from keystone.db.models.core import Base


class StoredToken(Base):
    """A token as Essex kept it: its id, when it may be forgotten, and what it claims."""

    __tablename__ = 'token'
    __table_args__ = (Index('ix_token_expires', 'expires'), Index('ix_token_user', 'user_id'))

    id = Column(String(64), primary_key=True)
    user_id = Column(String(64), nullable=False)
    expires = Column(Timestamp, nullable=False)
    extra = Column(db.JSON)
