"""Projects and domains, their tree and tags."""
from sqlalchemy import Integer, and_, delete, insert, literal, select, update

from keystone.db import records
from keystone.db.models import DOMAIN_ROOT, Project, ProjectTag

_project, _tag = Project.__table__, ProjectTag.__table__


def chain(session, condition):
    """The project that fits and every project above it, up to and with its domain; nearest first.

    One statement whatever the depth: a project's parent is its domain when it has no other.
    """
    start = select(*_project.c, literal(0, Integer).label('depth')).where(condition).cte('chain', recursive=True)
    above = _project.alias('above')
    walk = start.union_all(select(*above.c, start.c.depth + 1).where(above.c.id == start.c.parent_id,
                                                                    start.c.depth < 100))
    rows = session.execute(select(walk).order_by(walk.c.depth)).mappings()
    return [records.ref(Project, row) for row in rows]


def chain_by_id(session, project_id):
    """`chain` of one project; empty when there is none."""
    return chain(session, _project.c.id == project_id)


def chain_by_name(session, name, domain_id=None, domain_name=None):
    """`chain` of the project `name` in a domain given by id or name."""
    if domain_id is None:
        domain = _project.alias('named')
        domain_id = (select(domain.c.id).where(domain.c.name == domain_name, domain.c.domain_id == DOMAIN_ROOT)
                     .scalar_subquery())
    return chain(session, and_(_project.c.name == name, _project.c.domain_id == domain_id))


def domain(session, domain_id=None, name=None):
    """The domain with this id or name, or None."""
    condition = Project.id == domain_id if domain_id is not None else Project.name == name
    return records.get(session, Project, condition, Project.domain_id == DOMAIN_ROOT)


def subtree(session, project_id):
    """Every project below, parents before children."""
    start = (select(*_project.c, literal(0, Integer).label('depth')).where(_project.c.parent_id == project_id)
             .cte('subtree', recursive=True))
    below = _project.alias('below')
    walk = start.union_all(select(*below.c, start.c.depth + 1).where(below.c.parent_id == start.c.id,
                                                                    start.c.depth < 100))
    rows = session.execute(select(walk).order_by(walk.c.depth, walk.c.id)).mappings()
    return [records.ref(Project, row) for row in rows]


def below(session, project_ids):
    """The ids of every project below any of these projects and domains, in one statement."""
    if not project_ids:
        return set()
    start = select(_project.c.id).where(_project.c.parent_id.in_(sorted(project_ids))).cte('below', recursive=True)
    child = _project.alias('child')
    # UNION drops what was met before, so this ends whatever the tree is like.
    walk = start.union(select(child.c.id).where(child.c.parent_id == start.c.id))
    return set(session.execute(select(walk.c.id)).scalars())


def parents(session):
    """(id, parent_id) of every project; domains have None."""
    return session.execute(select(_project.c.id, _project.c.parent_id)).all()


def domain_names(session):
    """(id, name) of every domain."""
    return session.execute(select(_project.c.id, _project.c.name).where(_project.c.domain_id == DOMAIN_ROOT)).all()


def has_children(session, project_id):
    """Whether any project has this one as parent."""
    return session.execute(select(_project.c.id).where(_project.c.parent_id == project_id).limit(1)).first() is not None


def tags(session, project_ids):
    """{project_id: [tag names]} of these projects."""
    found = {project_id: [] for project_id in project_ids}
    query = select(_tag.c.project_id, _tag.c.name).where(_tag.c.project_id.in_(project_ids)).order_by(_tag.c.name)
    for project_id, name in session.execute(query) if project_ids else ():
        found[project_id].append(name)
    return found


def set_tags(session, project_id, names):
    """The project has exactly these tags."""
    session.execute(delete(_tag).where(_tag.c.project_id == project_id))
    if names:
        session.execute(insert(_tag), [{'project_id': project_id, 'name': name} for name in sorted(set(names))])


def remove_tag(session, project_id, name):
    """Returns whether the project had the tag."""
    return records.remove(session, ProjectTag, ProjectTag.project_id == project_id, ProjectTag.name == name)


def tag_condition(kind, names):
    """The condition of ?tags=, ?tags-any=, ?not-tags=, ?not-tags-any= on a list of projects."""
    each = [_project.c.id.in_(select(_tag.c.project_id).where(_tag.c.name == name)) for name in names]
    some = _project.c.id.in_(select(_tag.c.project_id).where(_tag.c.name.in_(names)))
    return {'tags': and_(*each), 'tags-any': some, 'not-tags': ~and_(*each), 'not-tags-any': ~some}[kind]


def remove(session, project_ids):
    """Delete these projects with their tags, children before parents."""
    session.execute(delete(_tag).where(_tag.c.project_id.in_(project_ids)))
    session.execute(update(_project).where(_project.c.id.in_(project_ids)).values(parent_id=None))
    session.execute(delete(_project).where(_project.c.id.in_(project_ids)))
