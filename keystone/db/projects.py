"""Projects and domains, their tree and tags."""
from sqlalchemy import Integer, and_, bindparam, delete, insert, literal, select, update

from keystone.db import records
from keystone.db.models import DOMAIN_ROOT, Project, ProjectTag

_project, _tag = Project.__table__, ProjectTag.__table__


def _chain(condition):
    """The statement for the project that fits and every project above it, up to and with its domain; nearest first.

    One statement whatever the depth: a project's parent is its domain when it has no other.
    """
    start = select(*_project.c, literal(0, Integer).label('depth')).where(condition).cte('chain', recursive=True)
    above = _project.alias('above')
    walk = start.union_all(select(*above.c, start.c.depth + 1).where(above.c.id == start.c.parent_id,
                                                                    start.c.depth < 100))
    return select(walk).order_by(walk.c.depth)


_named = _project.alias('named')
# Made once: putting one together costs more than running it, and every token issued runs one.
_CHAINS = {
    'id': _chain(_project.c.id == bindparam('project_id')),
    'domain id': _chain(and_(_project.c.name == bindparam('project'), _project.c.domain_id == bindparam('domain_id'))),
    'domain name': _chain(and_(_project.c.name == bindparam('project'), _project.c.domain_id == (
        select(_named.c.id).where(_named.c.name == bindparam('domain_name'), _named.c.domain_id == DOMAIN_ROOT)
        .scalar_subquery())))}


def _walk(session, by, **values):
    return [records.ref(Project, row) for row in session.execute(_CHAINS[by], values).mappings()]


def chain_by_id(session, project_id):
    """A project and every one above it, its domain last; empty when there is none."""
    return _walk(session, 'id', project_id=project_id)


def chain_by_name(session, name, domain_id=None, domain_name=None):
    """As `chain_by_id`, of the project `name` in a domain given by id or name."""
    if domain_id is None:
        return _walk(session, 'domain name', project=name, domain_name=domain_name)
    return _walk(session, 'domain id', project=name, domain_id=domain_id)


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


def add_tag(session, project_id, name):
    """The project has this tag, too."""
    if name not in tags(session, [project_id])[project_id]:
        session.execute(insert(_tag).values(project_id=project_id, name=name))


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
