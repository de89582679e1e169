"""``tacit speech SUB-VERB``: a recogniser from one's own recordings."""

from tacit.cli.sub_verbs import SubVerbs

_VERBS = SubVerbs(
    {
        "train": ("tacit_speech.verbs.train", "make a recogniser from recordings and what was said in them"),
        "transcribe": ("tacit_speech.verbs.transcribe", "write down what is said in recordings, with word times"),
        "align": ("tacit_speech.verbs.align", "find when each word of a transcript was said"),
        "correct": ("tacit_speech.verbs.correct", "correct by ear what is unsure, and let the recogniser learn"),
        "serve": ("tacit_speech.verbs.serve", "transcribe for others: recordings in batches, and streams"),
        "score": ("tacit_speech.verbs.score", "say how well a recogniser understands, on a page to listen to"),
        "lm": ("tacit_speech.verbs.lm", "build, measure, prune, convert or weigh a language model"),
    }
)

add_arguments, run, show, exit_code = _VERBS.add_arguments, _VERBS.run, _VERBS.show, _VERBS.exit_code
