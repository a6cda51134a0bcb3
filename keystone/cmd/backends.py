"""keystone-manage's commands about directories and domains with a backend of their own."""
import configparser

from essex import config
from keystone.db.records import Hints
from keystone.exception import DomainNotFound
from keystone.identity import domain_drivers
from keystone.identity.backends import Backends
from keystone.managers import Managers
from keystone.resource import domain_config

CONF = config.CONF


def _domain_id(managers, name):
    found = managers.domains.list_domains(Hints().add('name', name))
    if not found:
        raise DomainNotFound(name)
    return found[0]['id']


def _backends(managers):
    driver = managers.identity.driver
    if not isinstance(driver, Backends):
        raise SystemExit('keystone-manage: every user is in SQL here: nothing has a public id of its own.')
    return driver


def mapping_purge(arguments):
    """Forget public ids of users and groups of directories; what is still there gets the same one again."""
    wanted = {'domain_id': arguments.domain_name, 'public_id': arguments.public_id, 'local_id': arguments.local_id,
              'entity_type': arguments.type}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    if bool(wanted) is arguments.all:
        raise SystemExit('keystone-manage: give --all alone, or which public ids to purge.')
    if arguments.local_id is not None and arguments.domain_name is None:
        raise SystemExit('keystone-manage: --local-id needs --domain-name: another domain may have the same one.')
    managers = Managers()
    if arguments.domain_name is not None:
        wanted['domain_id'] = _domain_id(managers, arguments.domain_name)
    print(f'{_backends(managers).ids.purge(**wanted)} public ids forgotten')


def mapping_populate(arguments):
    """Give every user and group of a domain's directory its public id now, not when it is first asked for."""
    managers = Managers()
    driver, domain_id = _backends(managers), _domain_id(managers, arguments.domain_name)
    hints = Hints().add('domain_id', domain_id)
    users, groups = len(driver.list_users(hints)), len(driver.list_groups(hints))
    print(f'{users} users and {groups} groups have public ids')


def domain_config_upload(arguments):
    """Store the files of domain_config_dir in the database, for domain_configurations_from_database."""
    files = domain_drivers.files()
    if bool(arguments.domain_name) is arguments.all:
        raise SystemExit('keystone-manage: give either --all or --domain-name.')
    names = [arguments.domain_name] if arguments.domain_name else list(files)
    if arguments.domain_name and arguments.domain_name not in files:
        raise SystemExit(f'keystone-manage: {CONF.identity.domain_config_dir} has no file for that domain: '
                         f'keystone.{arguments.domain_name}.conf.')
    managers, failed = Managers(), False
    for name in names:
        try:
            _upload(managers, name, files[name])
        except (DomainNotFound, configparser.Error) as error:
            print(f'{files[name]}: {error}')
            failed = True
    if failed:
        raise SystemExit(1)


def _upload(managers, name, path):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(path, encoding='utf-8')
    values = {}
    for section in parser.sections():
        for option, value in parser.items(section):
            known = domain_config.WHITELIST.get(section, ()) + domain_config.SENSITIVE.get(section, ())
            if option in known:
                values.setdefault(section, {})[option] = value
            else:
                print(f'{path}: [{section}] {option} is no option of a domain, and left out')
    domain_id = _domain_id(managers, name)
    if managers.domain_config.options(domain_id):
        print(f'{path}: domain {name} has a configuration in the database already, left as it is')
        return
    managers.domain_config.replace(domain_id, values)
    print(f'{path}: stored for domain {name}')


def add(add_command):
    """Declare the commands; `add_command(function)` returns a parser."""
    made = add_command(mapping_purge)
    made.add_argument('--all', action='store_true', help='every public id')
    for option, text in (('domain-name', 'those of this domain'), ('public-id', 'this one'),
                         ('local-id', 'that of the directory\'s own id')):
        made.add_argument(f'--{option}', metavar='VALUE', help=text)
    made.add_argument('--type', choices=['user', 'group'], help='those of users, or of groups')
    add_command(mapping_populate).add_argument('--domain-name', required=True, metavar='NAME', help='the domain')
    made = add_command(domain_config_upload)
    made.add_argument('--all', action='store_true', help='every file')
    made.add_argument('--domain-name', metavar='NAME', help='the file of this domain')
