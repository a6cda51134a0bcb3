"""The first schema. Written out, not taken from the models: it must stay what it was when they change."""
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

# Names compare byte by byte on every database; MariaDB's default would ignore case.
OPTIONS = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4', 'mysql_collate': 'utf8mb4_bin',
           'mariadb_engine': 'InnoDB', 'mariadb_charset': 'utf8mb4', 'mariadb_collate': 'utf8mb4_bin'}


def _id():
    return Column('id', Integer, primary_key=True)


def _uuid():
    return Column('uuid', String(36), nullable=False, unique=True)


def _time(name, **options):
    precise = mysql.DATETIME(fsp=6)
    kind = DateTime().with_variant(precise, 'mysql').with_variant(precise, 'mariadb')
    return Column(name, kind, **options)


def _stamps():
    return _time('created_at', nullable=False), _time('updated_at')


def _to(name, target, ondelete=None, **options):
    return Column(name, Integer, ForeignKey(target, ondelete=ondelete), **options)


def _json(name, **options):
    kind = Text().with_variant(mysql.MEDIUMTEXT(), 'mysql').with_variant(mysql.MEDIUMTEXT(), 'mariadb')
    return Column(name, kind, **options)


def _journal(meta):
    Table('operations', meta, _id(), Column('kind', String(64), nullable=False),
          Column('action', String(64), nullable=False), Column('resource_id', String(64), nullable=False),
          Column('project_id', String(64)), Column('user_id', String(64)), Column('request_id', String(64)),
          _json('context'), Column('state', String(16), nullable=False), Column('queue', String(255)),
          Column('owner', String(255)), _time('heartbeat'), _time('not_before'),
          Column('step', Integer, nullable=False), Column('attempts', Integer, nullable=False),
          Column('restart_at', Integer), Column('cancel', Boolean, nullable=False),
          Column('told', Boolean, nullable=False), Column('progress', Integer, nullable=False), _json('data'),
          Column('error', Text), Column('error_type', String(255)), _time('created_at', nullable=False),
          _time('updated_at', nullable=False), _time('finished_at'),
          Index('ix_operations_queue_state', 'queue', 'state', mysql_length={'queue': 191}),
          Index('ix_operations_request', 'request_id'), Index('ix_operations_state', 'state'),
          Index('ix_operations_resource', 'resource_id', 'state'), **OPTIONS)
    Table('operation_steps', meta, _id(), Column('operation_id', Integer, nullable=False, index=True),
          Column('name', String(64), nullable=False), Column('undo', Boolean, nullable=False),
          Column('host', String(255)), _time('started_at', nullable=False), _time('finished_at'),
          Column('result', String(16)), Column('error', Text), **OPTIONS)


def _hosts(meta):
    Table('services', meta, _id(), _uuid(), *_stamps(),
          Column('host', String(255), nullable=False), Column('binary', String(64), nullable=False),
          Column('topic', String(64), nullable=False),
          Column('availability_zone', String(255), nullable=False),
          Column('disabled', Boolean, nullable=False), Column('disabled_reason', String(255)),
          Column('forced_down', Boolean, nullable=False), Column('report_count', Integer, nullable=False),
          _time('last_seen_up'), _time('started_at'),
          UniqueConstraint('host', 'binary', name='uq_services_host_binary'), **OPTIONS)
    Table('compute_nodes', meta, _id(), _uuid(), *_stamps(),
          Column('host', String(255), nullable=False, unique=True),
          Column('hypervisor_hostname', String(255), nullable=False),
          Column('hypervisor_type', String(64), nullable=False),
          Column('hypervisor_version', Integer, nullable=False), Column('host_ip', String(39)),
          Column('vcpus', Integer, nullable=False), Column('memory_mb', Integer, nullable=False),
          Column('local_gb', Integer, nullable=False), Column('memory_mb_used_host', Integer, nullable=False),
          Column('disk_available_least', Integer), Column('running_vms', Integer, nullable=False),
          _json('cpu_info'), _json('capabilities'), **OPTIONS)
    Table('aggregates', meta, _id(), _uuid(), *_stamps(),
          Column('name', String(255), nullable=False, unique=True), _json('metadata', nullable=False),
          **OPTIONS)
    Table('aggregate_hosts', meta,
          _to('aggregate_id', 'aggregates.id', 'CASCADE', primary_key=True),
          Column('host', String(255), primary_key=True), **OPTIONS)


def _instances(meta):
    Table('instances', meta, _id(), _uuid(), *_stamps(),
          Column('project_id', String(64), nullable=False), Column('user_id', String(64), nullable=False),
          Column('display_name', String(255), nullable=False), Column('display_description', String(255)),
          Column('hostname', String(255), nullable=False),
          Column('reservation_id', String(32), nullable=False),
          Column('launch_index', Integer, nullable=False), Column('vm_state', String(32), nullable=False),
          Column('task_state', String(32)), Column('power_state', Integer, nullable=False),
          Column('progress', Integer, nullable=False), Column('locked_by', String(16)),
          Column('locked_reason', String(255)), Column('host', String(255)), Column('node', String(255)),
          Column('availability_zone', String(255)), _time('launched_at'), _time('terminated_at'),
          _time('deleted_at'), Column('flavor_id', Integer), _json('flavor', nullable=False),
          Column('memory_mb', Integer, nullable=False), Column('vcpus', Integer, nullable=False),
          Column('root_gb', Integer, nullable=False), Column('ephemeral_gb', Integer, nullable=False),
          Column('swap_mb', Integer, nullable=False), Column('image_ref', String(255)),
          _json('image_meta', nullable=False), Column('kernel_id', String(255)),
          Column('ramdisk_id', String(255)), Column('root_device_name', String(255)),
          Column('config_drive', Boolean, nullable=False), Column('key_name', String(255)),
          Column('key_data', Text), Column('user_data', Text), _json('metadata', nullable=False),
          _json('tags', nullable=False), Column('access_ip_v4', String(15)),
          Column('access_ip_v6', String(39)), _json('requested_networks'),
          _json('scheduler_hints', nullable=False), _json('network_info', nullable=False),
          _json('personality'), _json('config_options', nullable=False),
          Index('ix_instances_host', 'host', 'deleted_at', mysql_length={'host': 191}),
          Index('ix_instances_project', 'project_id', 'deleted_at', 'created_at'),
          Index('ix_instances_reservation', 'reservation_id'), **OPTIONS)
    Table('instance_faults', meta, _id(), Column('instance_uuid', String(36), nullable=False, index=True),
          Column('code', Integer, nullable=False), Column('message', Text, nullable=False),
          Column('details', Text), Column('host', String(255)), Column('request_id', String(64)),
          _time('created_at', nullable=False), **OPTIONS)
    Table('console_tokens', meta, Column('token_hash', String(64), primary_key=True),
          Column('instance_uuid', String(36), nullable=False, index=True),
          Column('console_type', String(32), nullable=False), Column('host', String(255), nullable=False),
          Column('port', Integer, nullable=False), Column('internal_access_path', String(255)),
          _time('created_at', nullable=False), _time('expires_at', nullable=False, index=True), **OPTIONS)


def _wares(meta):
    Table('flavors', meta, _id(), *_stamps(),
          Column('flavorid', String(255), nullable=False, unique=True),
          Column('name', String(255), nullable=False, unique=True),
          Column('memory_mb', Integer, nullable=False), Column('vcpus', Integer, nullable=False),
          Column('root_gb', Integer, nullable=False), Column('ephemeral_gb', Integer, nullable=False),
          Column('swap_mb', Integer, nullable=False), Column('rxtx_factor', Float, nullable=False),
          Column('is_public', Boolean, nullable=False), Column('disabled', Boolean, nullable=False),
          Column('description', Text), _json('extra_specs', nullable=False), **OPTIONS)
    Table('flavor_access', meta, *_stamps(),
          _to('flavor_id', 'flavors.id', 'CASCADE', primary_key=True),
          Column('project_id', String(64), primary_key=True), **OPTIONS)
    Table('key_pairs', meta, _id(), *_stamps(),
          Column('user_id', String(64), nullable=False), Column('name', String(255), nullable=False),
          Column('type', String(16), nullable=False), Column('fingerprint', String(255), nullable=False),
          Column('public_key', Text, nullable=False),
          UniqueConstraint('user_id', 'name', name='uq_key_pairs_user_name'), **OPTIONS)
    Table('quotas', meta, *_stamps(),
          Column('project_id', String(64), primary_key=True),
          Column('resource', String(64), primary_key=True), Column('hard_limit', Integer, nullable=False),
          **OPTIONS)
    Table('quota_locks', meta, Column('name', String(80), primary_key=True), **OPTIONS)


def _networks(meta):
    Table('networks', meta, _id(), _uuid(), *_stamps(),
          Column('label', String(255), nullable=False),
          Column('cidr', String(43), nullable=False, unique=True),
          Column('netmask', String(39), nullable=False), Column('gateway', String(39), nullable=False),
          Column('broadcast', String(39)), Column('dhcp_server', String(39)),
          Column('dhcp_start', String(39), nullable=False), Column('dns1', String(39)),
          Column('dns2', String(39)), Column('mtu', Integer), Column('bridge', String(15)),
          Column('bridge_interface', String(15)), Column('vlan', Integer),
          Column('multi_host', Boolean, nullable=False), Column('injected', Boolean, nullable=False),
          Column('project_id', String(64), index=True), Column('host', String(255)),
          Column('priority', Integer, nullable=False), **OPTIONS)
    Table('virtual_interfaces', meta, _id(), *_stamps(),
          _uuid(), Column('address', String(17), nullable=False, unique=True),
          _to('network_id', 'networks.id', nullable=False),
          Column('instance_uuid', String(36), nullable=False, index=True), **OPTIONS)
    Table('fixed_ips', meta, _id(), *_stamps(),
          _to('network_id', 'networks.id', 'CASCADE', nullable=False),
          Column('address', String(39), nullable=False, index=True),
          _to('virtual_interface_id', 'virtual_interfaces.id', 'CASCADE', index=True),
          Column('instance_uuid', String(36), index=True), Column('reserved', Boolean, nullable=False),
          Column('host', String(255)),
          UniqueConstraint('network_id', 'address', name='uq_fixed_ips_network_address'), **OPTIONS)
    Table('floating_ips', meta, _id(), _uuid(), *_stamps(),
          Column('address', String(39), nullable=False, unique=True),
          Column('pool', String(255), nullable=False), Column('interface', String(15)),
          Column('project_id', String(64), index=True),
          _to('fixed_ip_id', 'fixed_ips.id', 'SET NULL', index=True),
          Column('host', String(255)), Column('auto_assigned', Boolean, nullable=False), **OPTIONS)


def _security_groups(meta):
    Table('security_groups', meta, _id(), _uuid(), *_stamps(),
          Column('project_id', String(64), nullable=False), Column('user_id', String(64)),
          Column('name', String(255), nullable=False), Column('description', String(255)),
          UniqueConstraint('project_id', 'name', name='uq_security_groups_project_name'), **OPTIONS)
    Table('security_group_rules', meta, _id(), *_stamps(),
          _uuid(),
          _to('parent_group_id', 'security_groups.id', 'CASCADE', nullable=False, index=True),
          Column('protocol', String(16)), Column('from_port', Integer), Column('to_port', Integer),
          Column('cidr', String(43)),
          _to('group_id', 'security_groups.id', 'CASCADE', index=True),
          **OPTIONS)
    Table('security_group_members', meta,
          _to('security_group_id', 'security_groups.id', primary_key=True),
          Column('instance_uuid', String(36), primary_key=True, index=True), **OPTIONS)


def upgrade(migrate_engine):
    meta = MetaData()
    for declare in (_journal, _hosts, _instances, _wares, _networks, _security_groups):
        declare(meta)
    meta.create_all(migrate_engine)
