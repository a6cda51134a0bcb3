"""What a server needs of a host, as the filters see it."""
import dataclasses

from nova.db import instances


@dataclasses.dataclass
class Request:
    """One server looking for a host. `tried`: [{'host', 'reason'}] of hosts where its boot failed."""

    uuid: str
    project_id: str
    memory_mb: int
    vcpus: int
    disk_gb: int
    zone: str = None
    image: dict = dataclasses.field(default_factory=dict)
    extra_specs: dict = dataclasses.field(default_factory=dict)
    # A resize: the host the server stays on, and what of the disk is for the disks it had, to go back to.
    stays_on: str = None
    aside_gb: int = 0
    tried: list = dataclasses.field(default_factory=list)
    forced_host: str = None
    # Hosts of the servers that the hints name; None: no such hint.
    same_hosts: set = None
    different_hosts: set = None

    @classmethod
    def of(cls, row, data, any_project=False):
        """The request of an instance row; `data` is that of its boot operation.

        Hints may name servers of the same project, or of any when `any_project`.
        """
        hints = row.scheduler_hints or {}
        same, different = _uuids(hints.get('same_host')), _uuids(hints.get('different_host'))
        where = _hosts_of({*same, *different}, None if any_project else row.project_id)
        return cls(uuid=row.uuid, project_id=row.project_id, memory_mb=row.memory_mb, vcpus=row.vcpus,
                   disk_gb=row.root_gb + row.ephemeral_gb, zone=row.availability_zone,
                   image=row.image_meta or {}, extra_specs=(row.flavor or {}).get('extra_specs') or {},
                   tried=list(data.get('tried') or ()), forced_host=data.get('forced_host'),
                   same_hosts={where[uuid] for uuid in same if uuid in where} if same else None,
                   different_hosts={where[uuid] for uuid in different if uuid in where} if different else None)


    @classmethod
    def of_resize(cls, row, data, any_project=False):
        """The request of a row that gets the sizes data['columns']: room for both, so that it can go back."""
        new, former = data['columns'], data['former']
        aside = former['root_gb'] + former['ephemeral_gb']
        return dataclasses.replace(
            cls.of(row, {}, any_project), memory_mb=max(new['memory_mb'], former['memory_mb']),
            vcpus=max(new['vcpus'], former['vcpus']), disk_gb=new['root_gb'] + new['ephemeral_gb'] + aside,
            aside_gb=aside, extra_specs=new['flavor']['extra_specs'], stays_on=row.host)


def _uuids(hint):
    """A hint as a list of texts: clients send one or several."""
    if isinstance(hint, str):
        return [hint]
    return [each for each in hint if isinstance(each, str)] if isinstance(hint, (list, tuple)) else []


def _hosts_of(uuids, project_id):
    """{uuid: host} of those servers that are on one and that the project may know of."""
    if not uuids:
        return {}
    return {uuid: row.host for uuid, row in instances.by_uuids(uuids).items()
            if row.host and project_id in (None, row.project_id)}
