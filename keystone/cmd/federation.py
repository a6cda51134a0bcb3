"""keystone-manage's commands about federation."""
import json
import logging

from keystone.federation import engine, saml, schema


def mapping_engine(arguments):
    """Show what an assertion comes to by the rules of a mapping, without asking any service."""
    with open(arguments.rules, encoding='utf-8') as file:
        try:
            rules = json.load(file)
        except ValueError as error:
            raise SystemExit(f'keystone-manage: {arguments.rules} is not JSON: {error}') from error
    if isinstance(rules, dict):
        rules = rules.get('rules')
    if arguments.engine_debug:
        logging.getLogger(engine.__name__).setLevel(logging.DEBUG)
    schema.check(rules, arguments.mapping_schema_version)
    with open(arguments.input, encoding='utf-8') as file:
        assertion = dict(_pair(arguments.input, line) for line in file if line.strip())
    prefix = arguments.prefix or ''
    assertion = {name: value for name, value in assertion.items() if name.startswith(prefix)}
    print(json.dumps(engine.process(rules, assertion, arguments.mapping_schema_version), indent=2))


def saml_idp_metadata(arguments):
    """Print the SAML metadata of this cloud as an identity provider, from [saml]; put it in idp_metadata_path."""
    print(saml.metadata())


def _pair(path, line):
    name, colon, value = line.partition(':')
    if not colon:
        raise SystemExit(f'keystone-manage: a line of {path} is not "name: value": {line.strip()[:80]}')
    return name.strip(), value.strip()


def add(add_command):
    """Declare the commands; `add_command(function)` returns a parser."""
    add_command(saml_idp_metadata)
    made = add_command(mapping_engine)
    made.add_argument('--rules', required=True, metavar='FILE', help='the rules, as JSON')
    made.add_argument('--input', required=True, metavar='FILE', help='the assertion: a line `name: value` for each')
    made.add_argument('--prefix', metavar='PREFIX', help='only names that begin with it are the assertion')
    made.add_argument('--engine-debug', action='store_true', help='say which rules fit')
    made.add_argument('--mapping-schema-version', default=schema.DEFAULT, metavar='VERSION',
                      help='version of the rules (1.0)')
