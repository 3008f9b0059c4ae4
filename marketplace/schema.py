"""What a migration does in PostgreSQL alone."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class InPostgreSQL(Operation):
    """Statements there and back; models know nothing of them, and other databases have no such thing.

    Attributes:
        forwards, backwards: SQL, several statements separated by semicolons.
    """

    reversible = True
    reduces_to_sql = True
    forwards: str
    backwards: str

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """Execute the statements."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(self.forwards, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """Execute those that undo them."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(self.backwards, params=None)
