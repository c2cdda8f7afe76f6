"""
Takes a Rucio catalogue from the revision of an older release to that of this image's release, with Rucio's own
migrations. Run by the migrate Job with the image's own Python: migrate.py <from> <to>. bootstrap.py lies beside it.

Python 3.9 syntax, output as in bootstrap.py. Killed at any moment and run again, alone or beside another run, the
result is the same: lock, look, every migration and its revision are one transaction, and PostgreSQL rolls DDL back.
So there is no half migrated catalogue, and the lock can't be lost while the work goes on. Rucio's env.py would open
a connection of its own, outside of the lock, and need an alembic.ini with the password in it; so its few settings
are made here instead.
"""

import sys
import tempfile
from pathlib import Path

from bootstrap import Refused, cause, configure, report, transaction


def main(source, target):
    step = 'configuration'
    try:
        with tempfile.TemporaryDirectory() as folder:  # 0700, for the merged file holds the password
            report(step, configure(folder, needed=(('database', 'default'),)))
            step = 'migrate'
            report(step, *transaction(lambda connection, schema: migrate(connection, schema, source, target)))
        return 0
    except Exception as error:
        report(step, 'failed', str(error) if isinstance(error, Refused) else cause(error))
        return 1


def migrate(connection, schema, source, target):
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from rucio.alembicrevision import ALEMBIC_REVISION
    from rucio.db.sqla import models
    from sqlalchemy import inspect

    folder = Path(models.__file__).parent / 'migrate_repo'
    if ALEMBIC_REVISION != target:
        raise Refused('This image needs revision %s, and was to migrate to %s: spec.images has another release than '
                      'spec.version says.' % (ALEMBIC_REVISION, target))
    script = ScriptDirectory(str(folder))
    if script.get_heads() != [target]:
        raise Refused('Rucio calls itself %s but its migrations end at %s.' % (target, script.get_heads()))
    there = heads(connection, schema)
    if there == (target,):
        return 'present', target
    if there != (source,):
        raise Refused('The catalogue is at revision %s, and was to be migrated from %s: nothing is done.'
                      % (', '.join(there) or 'none', source))
    if source not in {revision.revision for revision in script.walk_revisions('base', target)}:
        raise Refused('Revision %s is not on the way to %s in this release.' % (source, target))

    config = Config()
    config.set_main_option('script_location', str(folder).replace('%', '%%'))
    applied = []
    with EnvironmentContext(config, script, fn=lambda revision, _: script._upgrade_revs(target, revision),
                            destination_rev=target) as environment:
        # As in Rucio's env.py: tables without a schema in a migration are meant to be in the catalogue's.
        environment.configure(connection=connection.execution_options(schema_translate_map={None: schema}),
                              version_table_schema=schema, include_schemas=True,
                              on_version_apply=lambda step, **_: applied.append(step.up_revision_id))
        # No transaction of its own: it is in ours.
        environment.run_migrations()
    connection = connection.execution_options(schema_translate_map=None)

    if heads(connection, schema) != (target,):
        raise Refused('The migrations ended at %s instead of %s.' % (', '.join(heads(connection, schema)), target))
    lacking = {table.name for table in models.BASE.metadata.sorted_tables} - set(inspect(connection).get_table_names(schema=schema))
    if lacking:
        raise Refused('The migrated catalogue lacks the tables %s.' % ', '.join(sorted(lacking)))
    loosened = loosen(connection, schema)
    return 'made', '%s to %s in %d steps%s' % (source, target, len(applied),
                                              ', %d columns may be empty as they may be in a new catalogue' % loosened if loosened else '')


def loosen(connection, schema):
    """
    Revision 3b943000da18 takes the default 0 off the priorities of protocols and leaves NOT NULL on them, while the
    release itself writes NULL there: protocols without a priority would fail on a migrated catalogue only. What the
    release's own models allow to be empty may be empty; nothing is ever made stricter.
    """
    from rucio.db.sqla import models
    from sqlalchemy import inspect, text

    quote = connection.dialect.identifier_preparer.quote
    loosened = 0
    for table in models.BASE.metadata.sorted_tables:
        strict = {column['name'] for column in inspect(connection).get_columns(table.name, schema=schema) if not column['nullable']}
        for column in table.columns:
            if column.nullable and not column.primary_key and column.name in strict:
                name = quote(table.name) if schema is None else '%s.%s' % (quote(schema), quote(table.name))
                connection.execute(text('ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL' % (name, quote(column.name))))
                loosened += 1
    return loosened


def heads(connection, schema):
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection, opts={'version_table_schema': schema}).get_current_heads()


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit('usage: migrate.py <from> <to>')
    sys.exit(main(*sys.argv[1:]))
