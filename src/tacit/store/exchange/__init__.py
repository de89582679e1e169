"""Judgments in files of other programs: JSON lines, CSV and Parquet, streamed both ways.

A row of an exchange file is one judgment beside its question; `columns` says what each column holds. Plain files, such
as ``item,labeler,label`` or ``first,second,winner,labeler``, are read too; `plain` says which.
"""
