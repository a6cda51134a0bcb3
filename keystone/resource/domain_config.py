"""Domains' own settings of the identity backend: which options there are, what is stored, what may be read."""
import re

import orjson
from oslo_config import cfg

from essex import config, db
from essex.exception import Forbidden
from keystone.credential.store import Vault
from keystone.db import domain_configs as queries
from keystone.exception import DomainConfigNotFound, InvalidDomainConfig

CONF = config.CONF

_LDAP = (  # noqa: SIM905 - one name a line would be two pages
    'url user suffix query_scope page_size alias_dereferencing debug_level chase_referrals connection_timeout '
    'randomize_urls user_tree_dn user_filter user_objectclass user_id_attribute user_name_attribute '
    'user_description_attribute user_mail_attribute user_pass_attribute user_enabled_attribute user_enabled_invert '
    'user_enabled_mask user_enabled_default user_attribute_ignore user_default_project_id_attribute '
    'user_enabled_emulation user_enabled_emulation_dn user_enabled_emulation_use_group_config '
    'user_additional_attribute_mapping group_tree_dn group_filter group_objectclass group_id_attribute '
    'group_name_attribute group_members_are_ids group_member_attribute group_desc_attribute group_attribute_ignore '
    'group_additional_attribute_mapping group_ad_nesting tls_cacertfile tls_cacertdir use_tls tls_req_cert use_pool '
    'pool_size pool_retry_max pool_retry_delay pool_connection_timeout pool_connection_lifetime use_auth_pool '
    'auth_pool_size auth_pool_connection_lifetime').split()
# {section: options} that a domain may set and read.
WHITELIST = {'identity': ('driver', 'list_limit'), 'ldap': tuple(_LDAP)}
# Those the original has not: a domain may set them, the defaults leave them out.
OWN = ('connection_timeout', 'randomize_urls', 'group_ad_nesting')
# Those it may set and nobody reads.
SENSITIVE = {'identity': (), 'ldap': ('password',)}
# What everybody may know of the rules for passwords.
READABLE_COMPLIANCE = ('password_regex', 'password_regex_description')


def check(section, option=None, readable_only=False):
    """Raises InvalidDomainConfig: a domain has no such section or option."""
    if section not in WHITELIST:
        raise InvalidDomainConfig(reason=f'group {section!r} is not supported for domains: there are '
                                         f'{", ".join(WHITELIST)}')
    known = WHITELIST[section] if readable_only else (*WHITELIST[section], *SENSITIVE[section])
    if option is not None and option not in known:
        raise InvalidDomainConfig(reason=f'option {option!r} in group {section!r} is not supported for domains')


def _of_process(section, option):
    """The value in the configuration file, None for what nothing here declares."""
    try:
        return CONF[section][option]
    except cfg.NoSuchOptError:
        return None


def _shown(section):
    return {name: _of_process(section, name) for name in WHITELIST[section] if name not in OWN}


class DomainConfigManager:
    """{section: {option: value}} of domains; sensitive values are sealed with the credential keys."""

    def __init__(self, changes, resource):
        self.changes, self.resource = changes, resource
        self.vault = Vault()

    def _stored(self, domain_id, sensitive):
        with db.reader() as session:
            rows = queries.options(session, domain_id)
        found = {}
        for row in rows:
            if not row['sensitive']:
                found.setdefault(row['section'], {})[row['name']] = orjson.loads(row['value'])
            elif sensitive:
                sealed = {'id': f'{row["section"]}.{row["name"]} of domain {domain_id}',
                          'encrypted_blob': row['value']}
                found.setdefault(row['section'], {})[row['name']] = self.vault.open(sealed)
        return found

    def options(self, domain_id):
        """Everything set for a domain, for its backend: passwords too, and put in where a value says %(password)s."""
        found = self._stored(domain_id, sensitive=True)
        for section, values in found.items():
            secrets = {name: str(values[name]) for name in SENSITIVE[section] if name in values}
            for name, value in values.items():
                if name not in secrets and isinstance(value, str):
                    values[name] = re.sub(r'%\((\w+)\)s', lambda match, own=secrets: own.get(match[1], match[0]), value)
        return found

    @staticmethod
    def configured_domains():
        """Ids of the domains that have any option set."""
        with db.reader() as session:
            return sorted({row['domain_id'] for row in queries.options(session)})

    def get(self, domain_id, section=None, option=None):
        """What may be read: all sections, one ({section: {...}}) or one option ({option: value})."""
        self.resource.get_domain(domain_id)
        if section is not None:
            check(section, option)
        found = self._stored(domain_id, sensitive=False)
        if section is None:
            if not found:
                raise DomainConfigNotFound(what='any configuration', domain=domain_id)
            return found
        if section not in found or option not in (None, *found[section]):
            raise DomainConfigNotFound(what=option or section, domain=domain_id)
        return {section: found[section]} if option is None else {option: found[section][option]}

    @db.retry
    def replace(self, domain_id, values):
        """Exactly these options; returns (what may be read of them, whether there were none before)."""
        self.resource.get_domain(domain_id)
        self._check_all(values)
        with self.changes.writer() as session:
            is_new = queries.remove(session, domain_id) == 0
            self._put(session, domain_id, values)
        return self._stored(domain_id, sensitive=False), is_new

    @db.retry
    def update(self, domain_id, values, section=None, option=None):
        """Change options: any, those of one section, or one ({option: value}). What a path names must be there."""
        self.resource.get_domain(domain_id)
        if section is not None:
            check(section, option)
            values = self._fitting(values, section, option)
            self._require(domain_id, section, option)
        self._check_all(values)
        with self.changes.writer() as session:
            self._put(session, domain_id, values)
        return self._stored(domain_id, sensitive=False)

    @staticmethod
    def _fitting(values, section, option):
        """The body of an update as {section: {option: value}}. Raises InvalidDomainConfig: not what the path says."""
        wanted = option or section
        if set(values) != {wanted}:
            raise InvalidDomainConfig(reason=f'the body has to hold {wanted!r}, which the path names, and nothing else')
        return {section: values} if option else values

    @db.retry
    def delete(self, domain_id, section=None, option=None):
        """Remove all options, a section or one. Raises DomainConfigNotFound: that part is not there."""
        self.resource.get_domain(domain_id)
        if section is not None:
            check(section, option)
            self._require(domain_id, section, option)
        with self.changes.writer() as session:
            queries.remove(session, domain_id, section, option)

    def _require(self, domain_id, section, option):
        with db.reader() as session:
            there = {(row['section'], row['name']) for row in queries.options(session, domain_id)}
        if not any(section == has and option in (None, name) for has, name in there):
            raise DomainConfigNotFound(what=option or section, domain=domain_id)

    @staticmethod
    def _check_all(values):
        if not values:
            raise InvalidDomainConfig(reason='no option is given')
        for section, options in values.items():
            check(section)
            if not isinstance(options, dict) or not options:
                raise InvalidDomainConfig(reason=f'group {section!r} has to be an object of options')
            for option in options:
                check(section, option)

    def _put(self, session, domain_id, values):
        for section, options in values.items():
            for option, value in options.items():
                if option in SENSITIVE[section]:
                    sealed = self.vault.seal(value)
                    row = {'value': sealed['encrypted_blob'], 'key_hash': sealed['key_hash'], 'sensitive': True}
                else:
                    row = {'value': orjson.dumps(value).decode(), 'key_hash': None, 'sensitive': False}
                queries.put(session, domain_id, section, option, row)

    @staticmethod
    def defaults(section=None, option=None):
        """What is in force for a domain that sets nothing, in the same forms as `get`."""
        if section is None:
            return {each: _shown(each) for each in WHITELIST}
        check(section, option, readable_only=True)
        if option is not None:
            return {option: _of_process(section, option)}
        return {section: _shown(section)}

    def compliance(self, domain_id, option=None):
        """The rules for passwords that users may read, of the default domain alone. Raises Forbidden, also
        of domains that are not there: everybody may ask."""
        if domain_id != CONF.identity.default_domain_id:
            raise Forbidden('The security compliance options can be read of the default domain alone.')
        if option is not None and option not in READABLE_COMPLIANCE:
            raise InvalidDomainConfig(reason=f'option {option!r} in group \'security_compliance\' cannot be read')
        values = {name: _of_process('security_compliance', name) for name in READABLE_COMPLIANCE}
        return {'security_compliance': values} if option is None else {option: values[option]}
