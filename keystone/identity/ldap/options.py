"""The section [ldap]: the names and defaults operators' files have had since Essex."""
from oslo_config import cfg

from essex import config

_CONNECTION = [
    cfg.StrOpt('url', default='ldap://localhost', help='URLs of the directory, separated by commas; tried in turn.'),
    cfg.BoolOpt('randomize_urls', default=False, help='Try the URLs in a random order.'),
    cfg.StrOpt('user', help='DN to search as. Unset: anonymously.'),
    cfg.StrOpt('password', secret=True, help='Password of that DN.'),
    cfg.StrOpt('suffix', default='dc=example,dc=com', help='Where the trees are that have no DN of their own.'),
    cfg.StrOpt('query_scope', default='one', choices=['one', 'sub'], help='Look into the tree alone, or below it.'),
    cfg.IntOpt('page_size', default=0, min=0, help='Entries asked for at a time. 0: all at once.'),
    cfg.StrOpt('alias_dereferencing', default='default',
               choices=['never', 'searching', 'always', 'finding', 'default'], help='When aliases are followed.'),
    cfg.BoolOpt('chase_referrals', help='Follow referrals. Unset: as the library does.'),
    cfg.IntOpt('debug_level', min=-1, help='Debugging output of the LDAP library.'),
    cfg.IntOpt('connection_timeout', default=-1, min=-1,
               help='Seconds the directory may take to answer. -1: 10, so that no request hangs.'),
    cfg.BoolOpt('use_tls', default=False, help='StartTLS on ldap:// connections.'),
    cfg.StrOpt('tls_cacertfile', help='Certificates of the authorities that sign those of the directory.'),
    cfg.StrOpt('tls_cacertdir', help='A directory of such certificates.'),
    cfg.StrOpt('tls_req_cert', default='demand', choices=['demand', 'never', 'allow'],
               help='demand: only a valid certificate will do.'),
]
_POOLS = [
    cfg.BoolOpt('use_pool', default=True, help='Keep connections for searches.'),
    cfg.IntOpt('pool_size', default=10, min=1, help='Connections for searches at a time, in each worker.'),
    cfg.IntOpt('pool_retry_max', default=3, min=1, help='Attempts when the directory does not answer.'),
    cfg.FloatOpt('pool_retry_delay', default=0.1, help='Seconds between them.'),
    cfg.IntOpt('pool_connection_timeout', default=-1, min=-1, help='As connection_timeout, for kept connections.'),
    cfg.IntOpt('pool_connection_lifetime', default=600, min=1, help='Seconds a connection is kept.'),
    cfg.BoolOpt('use_auth_pool', default=True, help='Keep connections for checking passwords.'),
    cfg.IntOpt('auth_pool_size', default=100, min=1, help='Connections for passwords at a time, in each worker.'),
    cfg.IntOpt('auth_pool_connection_lifetime', default=60, min=1, help='Seconds such a connection is kept.'),
]
_USERS = [
    cfg.StrOpt('user_tree_dn', help='Where users are. Default: ou=Users below the suffix.'),
    cfg.StrOpt('user_filter', help='What users fit beside their class, such as (memberOf=cn=cloud,dc=example,dc=com).'),
    cfg.StrOpt('user_objectclass', default='inetOrgPerson', help='Class of users.'),
    cfg.StrOpt('user_id_attribute', default='cn', help='Attribute with the id; must not change in a lifetime.'),
    cfg.StrOpt('user_name_attribute', default='sn', help='Attribute with the name one logs in by.'),
    cfg.StrOpt('user_description_attribute', default='description', help='Attribute with the description.'),
    cfg.StrOpt('user_mail_attribute', default='mail', help='Attribute with the address (email).'),
    cfg.StrOpt('user_pass_attribute', default='userPassword',
               help='Attribute with the password; never read, for a log-in is a bind.'),
    cfg.StrOpt('user_default_project_id_attribute', help='Attribute with the default project.'),
    cfg.StrOpt('user_enabled_attribute', default='enabled', help='Attribute that says whether one may log in.'),
    cfg.BoolOpt('user_enabled_invert', default=False, help='TRUE means disabled (nsAccountLock).'),
    cfg.IntOpt('user_enabled_mask', default=0, min=0,
               help='The attribute is a number, and this bit in it means disabled (2 of userAccountControl).'),
    cfg.StrOpt('user_enabled_default', default='True', help='Assumed without the attribute (with a mask: 512).'),
    cfg.BoolOpt('user_enabled_emulation', default=False, help='Enabled are the members of one group.'),
    cfg.StrOpt('user_enabled_emulation_dn', help='That group. Default: cn=enabled_users in the tree of users.'),
    cfg.BoolOpt('user_enabled_emulation_use_group_config', default=False,
                help='Its members are named as group_member_attribute and group_members_are_ids say.'),
    cfg.ListOpt('user_attribute_ignore', default=['default_project_id'],
                help='Fields of users that are neither read nor written.'),
    cfg.ListOpt('user_additional_attribute_mapping', default=[],
                help='More attributes to show, as attribute:field.'),
    *(cfg.BoolOpt(f'user_allow_{verb}', default=False, help=f'Whether users may be {verb}d through the API.')
      for verb in ('create', 'update', 'delete')),
]
_GROUPS = [
    cfg.StrOpt('group_tree_dn', help='Where groups are. Default: ou=UserGroups below the suffix.'),
    cfg.StrOpt('group_filter', help='What groups fit beside their class.'),
    cfg.StrOpt('group_objectclass', default='groupOfNames', help='Class of groups.'),
    cfg.StrOpt('group_id_attribute', default='cn', help='Attribute with the id.'),
    cfg.StrOpt('group_name_attribute', default='ou', help='Attribute with the name.'),
    cfg.StrOpt('group_member_attribute', default='member', help='Attribute with the members.'),
    cfg.BoolOpt('group_members_are_ids', default=False, help='Members are ids of users, not DNs (posixGroup).'),
    cfg.StrOpt('group_desc_attribute', default='description', help='Attribute with the description.'),
    cfg.ListOpt('group_attribute_ignore', default=[], help='Fields of groups that are neither read nor written.'),
    cfg.ListOpt('group_additional_attribute_mapping', default=[], help='More attributes to show.'),
    cfg.BoolOpt('group_ad_nesting', default=False, help='Groups in groups count (Active Directory).'),
    cfg.BoolOpt('use_dumb_member', default=True, help='Put dumb_member into groups, whose class wants a member.'),
    cfg.StrOpt('dumb_member', default='cn=dumb,dc=nonexistent', help='The member nobody is.'),
    *(cfg.BoolOpt(f'group_allow_{verb}', default=False, help=f'Whether groups may be {verb}d through the API.')
      for verb in ('create', 'update', 'delete')),
]
OPTS = [*_CONNECTION, *_POOLS, *_USERS, *_GROUPS]


config.register(OPTS, 'ldap')


def register(conf):
    """Declare the section in the ConfigOpts of a domain, or find it in the process's; returns it."""
    conf.register_opts(OPTS, 'ldap')
    return conf.ldap
