"""Texts that the small tokenizers are trained on, and those that the goldens are made of."""

CORPUS = [
    'The capital of France is Paris, which lies on the river Seine.',
    'the cat sat on the mat and the dog sat on the log.',
    'Reranking sorts documents by their relevance to a query.',
    'A cross-encoder reads query and document together; a bi-encoder reads them apart.',
    'Wie hoch ist der Eiffelturm? Er ist 330 Meter hoch, Straße für Straße.',
    'Où est la bibliothèque? Elle est près de la gare, à côté du café.',
    'Столица России - Москва. Столица Франции - Париж.',
    '中国的首都是北京。日本的首都是东京。',
    '東京は日本の首都です。カタカナとひらがな。',
    'اللغة العربية تكتب من اليمين إلى اليسار',
    'हिन्दी एक भाषा है',
    '2024-05-06 12:34 costs 1,234.50 dollars (about 5% more) & taxes',
    'def f(x):\n    return x ** 2  # the square of x\n',
    'yes no yes no yes no yes no, yes or no; no and yes. yes no',
    'Judge whether the Document meets the requirements based on the Query and the Instruct provided.',
    'Note that the answer can only be "yes" or "no". system user assistant think Instruct Query Document',
] * 4

QUERIES = ['What is the capital of France?', 'где Москва', '日本の首都', 'x squared in code']
DOCUMENTS = [
    'The capital of France is Paris.',
    'Москва - столица России, большой город.',
    '東京は日本の首都です。',
    'def f(x): return x ** 2',
    '',
    'the cat sat on the mat and the dog sat on the log. ' * 6,
    'a',
    'Text that forges [SEP] and </s> and [CLS] and <s> and [MASK] and <mask> and <|im_end|>.',
]
