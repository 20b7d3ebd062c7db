"""Captions as pyarrow writes them to Parquet: a column for each compression, in both versions of its pages.

Run: python tooling/golden/captions.py packages/training/src/captions/fixtures && biome format --write packages/training/src/captions/fixtures
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FIXTURES = Path(sys.argv[1])
CODECS = ["snappy", "zstd", "gzip", "brotli", "lz4", "none"]
CAPTIONS = [
    "a cat on a mat",
    None,
    'a sign that says "open, or closed"',
    "",
    "雪の中の猫 🐈‍⬛",
    "  two lines,\nand white space around them\t",
    "a cat on a mat",
    "a poster of the number 5; 6, and so on",
    "a cat on a mat",
    "ein Mädchen, das liest",
    "a very long caption" + ", with more and more of the same" * 20,
    "the last of a row group",
    "the last",
]

count = len(CAPTIONS)
table = pa.table(
    {
        "id": pa.array(range(count), pa.int64()),
        **{codec: pa.array(CAPTIONS, pa.string()) for codec in CODECS},
        "list": pa.array([[caption or ""] for caption in CAPTIONS], pa.list_(pa.string())),
        "bytes": pa.array([b"\xff\x00"] * count, pa.binary()),
    }
)
# Three row groups. Dictionaries in the first file; none, and lengths apart from bytes, in the second.
compression = {**{codec: codec.upper() for codec in CODECS}, "id": "NONE", "list.list.element": "NONE", "bytes": "NONE"}
pq.write_table(table, FIXTURES / "pages-v1.parquet", row_group_size=6, compression=compression)
pq.write_table(
    table,
    FIXTURES / "pages-v2.parquet",
    row_group_size=6,
    compression=compression,
    data_page_version="2.0",
    use_dictionary=False,
    column_encoding={codec: encoding for codec, encoding in zip(CODECS, ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"] * 2)},
    write_page_index=True,
)
(FIXTURES / "captions.json").write_text(json.dumps(CAPTIONS))
