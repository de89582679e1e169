"""``tacit language SUB-VERB``: train a model, let it write, take over another's weights."""

from tacit.cli.sub_verbs import SubVerbs

_VERBS = SubVerbs(
    {
        "train": ("tacit_language.verbs.train", "train a language model on text or on replies"),
        "sample": ("tacit_language.verbs.sample", "let a language model write"),
        "convert": ("tacit_language.verbs.convert", "write a model's pickled weights anew as safetensors"),
    }
)

add_arguments, run, show, exit_code = _VERBS.add_arguments, _VERBS.run, _VERBS.show, _VERBS.exit_code
