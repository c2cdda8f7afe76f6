"""
Makes an empty PostgreSQL database a Rucio catalogue, or finds that it is one. Run by the bootstrap Job with the
image's own Python, never through the image's init flow, which can't be repeated, leaves alembic_version empty
and creates published identities for every [bootstrap] option that is absent.

Python 3.9 syntax. One JSON line per step on stdout, {"step": ..., "outcome": ...}; the last line of a failure is
{"step": ..., "outcome": "failed", "message": ...} and the exit code is 1. No secrets in any of them.

Killed at any moment and run again, alone or beside another run, the result is the same:
- Every step is one transaction that takes an advisory lock, looks, and acts only on what it saw. The lock lives
  in that transaction, not in the session, so nobody works on after losing it, and a pooler in between does no harm.
- Tables and their alembic revision are one transaction: PostgreSQL rolls DDL back. So Rucio's tables without a
  revision can only have been made by someone else, from a version nobody knows: that is refused, never stamped.
- A revision other than this release's is refused too: migrating is another Job's work.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from configparser import ConfigParser
from configparser import Error as ConfigError
from hashlib import sha256
from pathlib import Path

LOCK_CLASS = 0x52756369  # "Ruci": first half of the advisory lock; the second is the hash of the schema's name
LOCK_TIMEOUT = '10min'
NEEDED = (('database', 'default'), ('bootstrap', 'userpass_identity'), ('bootstrap', 'userpass_pwd'))


class Refused(Exception):
    """Something a person has to decide; the text says what."""


def main():
    step = 'configuration'
    try:
        with tempfile.TemporaryDirectory() as folder:  # 0700, for the merged file holds passwords
            report(step, configure(folder))
            for step, act in (('schema', make_schema), ('tables', make_tables), ('base-vo', make_base_vo),
                              ('super-root', make_super_root)):
                report(step, *transaction(act))
        return 0
    except Exception as error:
        report(step, 'failed', str(error) if isinstance(error, Refused) else cause(error))
        return 1


def report(step, outcome, message=None):
    line = {'step': step, 'outcome': outcome}
    if message:
        line['message'] = message
    print(json.dumps(line), flush=True)


def cause(error):
    """The class and, for a database error, PostgreSQL's own sentence; never SQL parameters, which hold passwords."""
    origin = getattr(error, 'orig', None)
    if origin is None:
        return type(error).__name__
    diagnosis = getattr(origin, 'diag', None)
    sentence = getattr(diagnosis, 'message_primary', None) or str(origin).strip().splitlines()[0]
    return '%s: %s' % (type(origin).__name__, sentence)


def configure(folder, needed=NEEDED):
    """Merges RUCIO_OVERRIDE_CONFIGS with Rucio's own tool, which only warns about a file it can't read: so look."""
    sources = os.environ.get('RUCIO_OVERRIDE_CONFIGS', '').split()
    if sources:
        merged = os.path.join(folder, 'rucio.cfg')
        subprocess.run([sys.executable, str(merge_tool()), '--use-env', '-d', merged, '-s'] + sources,
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.environ['RUCIO_CONFIG'] = merged
    elif 'RUCIO_CONFIG' not in os.environ:
        raise Refused('RUCIO_OVERRIDE_CONFIGS names no configuration.')
    config = ConfigParser()
    config.read(os.environ['RUCIO_CONFIG'])
    try:
        for section, option in needed:
            if not config.get(section, option, fallback=''):
                raise Refused('[%s] %s is missing in the configuration.' % (section, option))
        if not config.get('database', 'default').startswith('postgresql+psycopg://'):
            raise Refused('[database] default is no postgresql+psycopg:// URL; only PostgreSQL is supported.')
    except ConfigError as error:
        raise Refused('The configuration cannot be read: %s.' % type(error).__name__)
    return 'merged' if sources else 'given'


def merge_tool():
    """Installed beside the package: <prefix>/rucio/tools by pip, <source>/tools in a checkout."""
    package = importlib.util.find_spec('rucio')
    if package is None:
        raise Refused('This image has no Rucio in it.')
    for parent in Path(list(package.submodule_search_locations)[0]).parents:
        for tools in (parent / 'rucio' / 'tools', parent / 'tools'):
            if (tools / 'merge_rucio_configs.py').is_file():
                return tools / 'merge_rucio_configs.py'
    raise Refused('merge_rucio_configs.py is not beside the rucio package.')


def transaction(act):
    from rucio.db.sqla.session import BASE, get_engine
    from sqlalchemy import text

    schema = BASE.metadata.schema
    with get_engine().begin() as connection:
        connection.execute(text("SELECT set_config('lock_timeout', :t, true)"), {'t': LOCK_TIMEOUT})
        connection.execute(text('SELECT pg_advisory_xact_lock(:c, hashtext(:s))'),
                           {'c': LOCK_CLASS, 's': schema or connection.dialect.default_schema_name})
        return act(connection, schema)


def make_schema(connection, schema):
    from sqlalchemy import inspect
    from sqlalchemy.schema import CreateSchema

    # CREATE SCHEMA IF NOT EXISTS asks for the right to create one even where it exists.
    if not schema or inspect(connection).has_schema(schema):
        return 'present',
    connection.execute(CreateSchema(schema))
    return 'made',


def make_tables(connection, schema):
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from rucio.alembicrevision import ALEMBIC_REVISION
    from rucio.db.sqla import models
    from sqlalchemy import inspect, text

    # Rucio's own migrations, not the empty repository that the init image makes.
    script = ScriptDirectory(str(Path(models.__file__).parent / 'migrate_repo'))
    if script.get_heads() != [ALEMBIC_REVISION]:
        raise Refused('Rucio calls itself %s but its migrations end at %s.' % (ALEMBIC_REVISION, script.get_heads()))
    migrations = MigrationContext.configure(connection, opts={'version_table_schema': schema})
    wanted = {table.name for table in models.BASE.metadata.sorted_tables}
    there = wanted & set(inspect(connection).get_table_names(schema=schema))
    revisions = migrations.get_current_heads()

    if revisions == (ALEMBIC_REVISION,):
        if wanted - there:
            raise Refused('The catalogue says %s but lacks the tables %s.'
                          % (ALEMBIC_REVISION, ', '.join(sorted(wanted - there))))
        return 'present', ALEMBIC_REVISION
    if revisions:
        raise Refused('The catalogue is at revision %s, this release needs %s: it has to be migrated first.'
                      % (', '.join(revisions), ALEMBIC_REVISION))
    if there:
        raise Refused('There are %d tables of Rucio without a revision in alembic_version: find out which version '
                      'made them and stamp that revision by hand.' % len(there))
    # Rucio's enum types carry no schema: they are made, and later found, by the role's search_path alone.
    if not connection.execute(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")).scalar():
        raise Refused('The search_path of the role leads to no schema it may create types in: '
                      'ALTER ROLE ... IN DATABASE ... SET search_path = %s.' % (schema or 'public'))
    models.BASE.metadata.create_all(connection)
    migrations.stamp(script, ALEMBIC_REVISION)
    return 'made', ALEMBIC_REVISION


def make_base_vo(connection, schema):
    from rucio.common.constants import DEFAULT_VO
    from rucio.db.sqla import models
    from sqlalchemy.orm import Session

    with Session(connection) as session:
        if session.get(models.VO, DEFAULT_VO):
            return 'present',
        session.add(models.VO(vo=DEFAULT_VO, description='Default base VO', email='N/A'))
        session.flush()
    return 'made',


def make_super_root(connection, schema):
    from rucio.common.config import config_get, config_get_bool
    from rucio.common.constants import DEFAULT_VO
    from rucio.common.types import InternalAccount
    from rucio.db.sqla import models
    from rucio.db.sqla.constants import AccountStatus, AccountType, IdentityType
    from sqlalchemy.orm import Session

    # A real boolean, where Rucio's create_root_account() takes any text, "False" too, for yes.
    multi_vo = config_get_bool('common', 'multi_vo', raise_exception=False, default=False)
    account = InternalAccount('super_root' if multi_vo else 'root', DEFAULT_VO)
    name, password, email = (config_get('bootstrap', option, raise_exception=False, default='', check_config_table=False)
                             for option in ('userpass_identity', 'userpass_pwd', 'userpass_email'))
    with Session(connection) as session:
        if session.get(models.Account, account):
            return 'present',
        if session.get(models.Identity, (name, IdentityType.USERPASS)):
            # Its password isn't ours, and mapping it would let its owner in.
            raise Refused('Identity %s exists without the account %s.' % (name, account.external))
        salt = os.urandom(255)
        session.add(models.Account(account=account, account_type=AccountType.SERVICE, status=AccountStatus.ACTIVE))
        session.add(models.Identity(identity=name, identity_type=IdentityType.USERPASS, salt=salt, email=email,
                                    password=sha256(salt + password.encode()).hexdigest()))
        session.flush()
        session.add(models.IdentityAccountAssociation(identity=name, identity_type=IdentityType.USERPASS,
                                                      account=account, is_default=True))
        session.flush()
    return 'made',


if __name__ == '__main__':
    sys.exit(main())
