"""Queries on what the nodes have in their caches. Times are seconds since 1970."""
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from essex import db
from glance.db.models import CachedImage as Row
from glance.db.models import NodeReference


def _node(url):
    """A subquery: the id of a node."""
    return select(NodeReference.node_reference_id).where(NodeReference.node_reference_url == url).scalar_subquery()


def _ensure_node(url):
    try:
        with db.writer() as session:
            if session.execute(select(NodeReference).where(NodeReference.node_reference_url == url)).first() is None:
                session.execute(insert(NodeReference).values(node_reference_url=url))
    except IntegrityError:
        return   # another process of the node was faster


@db.retry
def add(node, image_id, **values):
    """Note that a node has an image."""
    _ensure_node(node)
    with db.writer() as session:
        _forget(session, node, image_id)
        session.execute(insert(Row).values(image_id=image_id, node_reference_id=_node(node), **values))


@db.retry
def hit(node, image_id, now):
    """Count a read."""
    with db.writer() as session:
        session.execute(update(Row).where(Row.image_id == image_id, Row.node_reference_id == _node(node))
                        .values(hits=Row.hits + 1, last_accessed=now)
                        .execution_options(synchronize_session=False))


@db.retry
def remove(node, image_id):
    """Forget that a node has an image. Idempotent."""
    with db.writer() as session:
        _forget(session, node, image_id)


def _forget(session, node, image_id):
    session.execute(delete(Row).where(Row.image_id == image_id, Row.node_reference_id == _node(node))
                    .execution_options(synchronize_session=False))


def entries(node):
    """(image_id, size, checksum, last_modified, last_accessed, hits) of each image a node has, oldest read first."""
    with db.reader() as session:
        return session.execute(
            select(Row.image_id, Row.size, Row.checksum, Row.last_modified, Row.last_accessed, Row.hits)
            .where(Row.node_reference_id == _node(node)).order_by(Row.last_accessed, Row.image_id)).all()


def nodes(image_id):
    """The URLs of the nodes that have an image."""
    with db.reader() as session:
        return session.execute(
            select(NodeReference.node_reference_url)
            .join(Row, Row.node_reference_id == NodeReference.node_reference_id)
            .where(Row.image_id == image_id).order_by(NodeReference.node_reference_url)).scalars().all()
