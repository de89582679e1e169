"""Texts and CPU time of flashlight-text with a lexicon and kenlm; runs in flashlight-text's own environment.

``python flashlight_text_beam.py FOLDER SETTINGS``: as ``pyctcdecode_beam.py``, but every setting has a language model.
Only words of the lexicon are written, and a space may end an utterance or not.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from flashlight.lib.text.decoder import CriterionType, LexiconDecoder, LexiconDecoderOptions, SmearingMode, Trie
from flashlight.lib.text.decoder.kenlm import KenLM
from flashlight.lib.text.dictionary import Dictionary, create_word_dict


def main() -> None:
    folder, results = Path(sys.argv[1]), []
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    ends = np.cumsum(json.loads((folder / "lengths.json").read_text(encoding="utf-8")))
    tables = np.split(np.load(folder / "posteriors.npy"), ends[:-1])
    names = ["-" if label == "" else "|" if label == " " else label for label in labels]
    tokens = Dictionary(names)
    dictionary = create_word_dict({**{word: [[*word, "|"]] for word in words}, "<unk>": []})
    model = KenLM(str(folder / "model.arpa"), dictionary)
    trie, start = Trie(tokens.index_size(), tokens.get_index("|")), model.start(False)
    for word in words:
        number = dictionary.get_index(word)
        _, score = model.score(start, number)
        trie.insert([tokens.get_index(letter) for letter in [*word, "|"]], number, score)
    trie.smear(SmearingMode.MAX)
    for one in json.loads(sys.argv[2]):
        options = LexiconDecoderOptions(
            beam_size=one["width"],
            beam_size_token=len(names),
            beam_threshold=50,
            lm_weight=one["alpha"],
            word_score=one["beta"],
            unk_score=-float("inf"),
            sil_score=0,
            log_add=False,
            criterion_type=CriterionType.CTC,
        )
        silence, blank, unknown = tokens.get_index("|"), tokens.get_index("-"), dictionary.get_index("<unk>")
        decoder = LexiconDecoder(options, trie, model, silence, blank, unknown, [], False)
        began_s = time.process_time()
        found = [decoder.decode(table.ctypes.data, *table.shape) for table in tables]
        cpu_s = time.process_time() - began_s
        texts = [" ".join(dictionary.get_entry(word) for word in best[0].words if word >= 0) for best in found]
        results.append({"texts": texts, "cpu_s": cpu_s})
    print(json.dumps(results))


if __name__ == "__main__":
    main()
