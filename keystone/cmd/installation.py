"""keystone-manage's commands about the whole installation: doctor, export, import, and single projects and users."""
import os
import sys

from keystone.bootstrap import Answers, Bootstrap
from keystone.doctor import ERROR
from keystone.managers import Managers
from keystone.transfer import document
from keystone.transfer.importer import Importer

# Exit statuses of doctor and import, as operators' scripts read them.
ERRORS, WARNINGS = 1, 2


def doctor(arguments):
    """Tell what is wrong with this installation and what to do about it. Exits 0 when nothing is, 1 on errors, 2 when
    there are warnings alone."""
    # Here, since other commands need neither; the faces declare options of theirs.
    from keystone.api import app, context  # noqa: F401
    from keystone.doctor import examination
    found = list(examination.findings())
    for finding in found:
        print(f'{finding.level + ":":9}{finding.text}\n         {finding.remedy}')
    if not found:
        print('Nothing is wrong.')
    elif any(finding.level == ERROR for finding in found):
        raise SystemExit(ERRORS)
    else:
        raise SystemExit(WARNINGS)


def export(arguments):
    """Write domains, projects, roles, catalog and assignments as YAML, to read, edit and import elsewhere. Holds no
    password and no user."""
    text = document.write(document.Export(Managers()).document())
    if arguments.file == '-':
        sys.stdout.write(text)
        return
    with open(arguments.file, 'w', encoding='utf-8') as file:
        file.write(text)


def import_(arguments):
    """Make what a file of `export` names and change what differs. Removes nothing, and may be run again. Exits 1 when
    something could not be done."""
    if arguments.file == '-':
        text = sys.stdin.read()
    else:
        with open(arguments.file, encoding='utf-8') as file:
            text = file.read()
    importer = Importer(Managers(), print, arguments.dry_run)
    importer.run(document.read(text))
    verb = 'would be made' if arguments.dry_run else 'made'
    print(f'{importer.changes} changes {verb}, {importer.problems} problems')
    if importer.problems:
        raise SystemExit(ERRORS)


def project_setup(arguments):
    """Make a project in the default domain, unless it is there, and print its id."""
    print(Bootstrap(Managers(), Answers(password=None, project_name=arguments.project_name)).project()['id'])


def user_setup(arguments):
    """Make a user in the default domain, or put the given password in force, and print the id."""
    password = arguments.user_password_plain or os.environ.get('OS_BOOTSTRAP_PASSWORD')
    if not password:
        raise SystemExit('keystone-manage: give the password in OS_BOOTSTRAP_PASSWORD.')
    print(Bootstrap(Managers(), Answers(password=password, username=arguments.username)).user()['id'])


def add(add_command):
    """Declare the commands; `add_command(function)` returns a parser."""
    add_command(doctor)
    add_command(export).add_argument('file', nargs='?', default='-', metavar='FILE', help='standard output without')
    made = add_command(import_)
    made.add_argument('file', metavar='FILE', help='a file of `export`; - is standard input')
    made.add_argument('--dry-run', action='store_true', help='tell what would change, and change nothing')
    add_command(project_setup).add_argument('--project-name', required=True, metavar='NAME', help='name of the project')
    made = add_command(user_setup)
    made.add_argument('--username', required=True, metavar='NAME', help='name of the user')
    made.add_argument('--user-password-plain', metavar='PASSWORD',
                      help='the password; better in OS_BOOTSTRAP_PASSWORD, where ps does not show it')
