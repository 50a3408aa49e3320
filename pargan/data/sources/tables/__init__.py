"""Tables: files and DataFrames, what each column is taken for, and their pools."""
