"""Scores and CPU time of kenlm on an ARPA file and sentences; runs in the environment of pyctcdecode, which has kenlm.

``python kenlm_scores.py MODEL.arpa SENTENCES SCORES.npy``: writes log10 p of each line to SCORES and prints the seconds
of scoring and of loading as JSON.
"""

import json
import sys
import time
from pathlib import Path

import kenlm
import numpy as np

lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
began_s = time.process_time()
model = kenlm.Model(sys.argv[1])
loaded_s = time.process_time()
scores = [model.score(line) for line in lines]
scored_s = time.process_time()
np.save(sys.argv[3], np.array(scores))
print(json.dumps({"load_cpu_s": loaded_s - began_s, "score_cpu_s": scored_s - loaded_s}))
