"""The database handle, column types, transactions and the guards the database itself keeps."""
