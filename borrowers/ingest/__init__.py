"""Mass reading and writing of tables, in the few statements that take thousands of rows a second."""
