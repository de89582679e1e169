import json
from pathlib import Path

import numpy as np
import pytest

from tacit.errors import BadFile
from tacit_speech.audio import LeftOut, inspect, read_manifest, wav_bytes

RATE_HZ = 8_000
DATA = Path(__file__).parents[5] / "shared" / "data"


def speech(seconds=0.5, loudness=0.3, seed=0):
    return (loudness * np.random.default_rng(seed).uniform(-1, 1, round(seconds * RATE_HZ))).astype(np.float32)


def put(path, samples=None, rate_hz=RATE_HZ):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav_bytes(speech() if samples is None else samples, rate_hz))
    return path


def told(manifest):
    return [(one.name, one.text, one.speaker, one.start_s, one.end_s) for one in manifest.recordings]


def test_a_table_may_use_the_names_of_other_tools(tmp_path):
    put(tmp_path / "clips" / "a.wav")
    (tmp_path / "m.csv").write_text(
        "audio_filepath,sentence,client_id,offset,duration\nclips/a.wav,Hello there,ann,0.1,0.3\n"
    )
    assert told(read_manifest(tmp_path / "m.csv")) == [("clips/a@0.1", "Hello there", "ann", 0.1, 0.4)]


def test_a_row_that_gives_a_name_alone_finds_the_recording_beside_it(tmp_path):
    put(tmp_path / "a.wav")
    (tmp_path / "m.tsv").write_text("ID\twords\tspk_id\na\tHELLO\tann\n")
    assert told(read_manifest(tmp_path / "m.tsv")) == [("a", "HELLO", "ann", 0.0, None)]


def test_json_lines_leave_out_what_is_no_object(tmp_path):
    put(tmp_path / "a.wav")
    lines = [json.dumps({"path": "a.wav", "text": "one"}), "{broken", "[1]", json.dumps({"text": "two"})]
    (tmp_path / "m.jsonl").write_text("\n".join(lines))
    manifest = read_manifest(tmp_path / "m.jsonl")
    assert told(manifest) == [("a", "one", "", 0.0, None)]
    assert [one.where.rpartition(", ")[2] for one in manifest.left_out] == ["line 2", "line 3", "line 4"]
    assert ["not JSON" in manifest.left_out[0].reason, manifest.left_out[1].reason, manifest.left_out[2].reason] == [
        True,
        "a JSON list, not an object",
        "no file named",
    ]


def test_a_librispeech_tree_names_its_speakers(tmp_path):
    put(tmp_path / "84" / "121" / "84-121-0000.flac")
    put(tmp_path / "84" / "121" / "84-121-0001.flac")
    (tmp_path / "84" / "121" / "84-121.trans.txt").write_text(
        "84-121-0000 GO DO YOU HEAR\n84-121-0001 BUT\n84-121-0002 X\n"
    )
    manifest = read_manifest(tmp_path)
    assert told(manifest) == [
        ("84-121-0000", "GO DO YOU HEAR", "84", 0.0, None),
        ("84-121-0001", "BUT", "84", 0.0, None),
    ]
    assert "line 3: 84-121-0002: no recording" in str(manifest.left_out[0])


def test_a_kaldi_folder_with_segments_runs_no_command(tmp_path):
    put(tmp_path / "wav" / "call.wav")
    data = tmp_path / "data" / "train"
    data.mkdir(parents=True)
    (data / "wav.scp").write_text("call wav/call.wav\nother sph2pipe -f wav other.sph |\n")
    (data / "segments").write_text("ann-1 call 0.0 0.2\nann-2 call 0.2 0.1\nbob-1 gone 0 1\nbob-2 call 0\n")
    (data / "text").write_text("ann-1 good morning\n")
    (data / "utt2spk").write_text("ann-1 ann\n")
    manifest = read_manifest(data)
    assert told(manifest) == [("ann-1", "good morning", "ann", 0.0, 0.2)]
    assert [one.reason.partition(",")[0] for one in manifest.left_out] == [
        "a command",
        "ends at 0.1 s",
        "recording 'gone' is not in wav.scp",
        "not an utterance",
    ]


def test_an_stm_file_finds_its_recording_whatever_the_case(tmp_path):
    put(tmp_path / "Talk.wav")
    (tmp_path / "talk.stm").write_text(
        ";; a comment\ntalk 1 ann 0.00 0.20 <o,f0> hello there\ntalk 1 x 0.2 0.3 ignore_time_segment_in_scoring\n"
    )
    assert told(read_manifest(tmp_path / "talk.stm")) == [("ann-talk-0001", "hello there", "ann", 0.0, 0.2)]


def test_a_folder_takes_the_transcript_beside_each_recording_and_its_speaker_from_the_sub_folder(tmp_path):
    put(tmp_path / "ann" / "1.wav")
    put(tmp_path / "2.wav")
    (tmp_path / "ann" / "1.txt").write_text("good\nmorning\n")
    assert told(read_manifest(tmp_path)) == [("2", None, "", 0.0, None), ("ann/1", "good morning", "ann", 0.0, None)]


@pytest.mark.skipif(not (DATA / "speech_clips").is_dir(), reason="no shared data here")
def test_the_sentences_of_speechbrain_are_read_with_their_speakers():
    manifest = read_manifest(DATA / "speech_clips" / "transcripts.csv")
    assert len(manifest.recordings) == 10
    assert manifest.recordings[0].text == "THE CHILD ALMOST HURT THE SMALL DOG"
    assert {one.speaker for one in manifest.recordings} == {"spk1", "spk2"}
    heard = next(inspect(manifest.recordings, 16_000, longest_s=10))
    assert (heard.n_samples, heard.warnings) == (45_920, ())  # 2.87 s, as the table's own column says


# ---- bad input: named with file and row, and the rest goes on


def test_rows_that_cannot_be_used_are_named_and_the_rest_goes_on(tmp_path):
    put(tmp_path / "a.wav")
    (tmp_path / "m.csv").write_text(
        "path,text,start_s,end_s\nnowhere.wav,one,,\na.wav,two,0,0.4\na.wav,two,0,0.4\na.wav,three,x,\na.wav,four,2,1\n,five,,\na,b,c,d,e\n"
    )
    manifest = read_manifest(tmp_path / "m.csv")
    assert [one.text for one in manifest.recordings] == ["two"]
    assert {one.where.rpartition(" ")[2]: one.reason for one in manifest.left_out} == {
        "2": "no such file",
        "4": f"the name stands at {tmp_path / 'm.csv'}, line 3 already",
        "5": "a time of 'x', not a number of seconds",
        "6": "ends at 1 s, not after its beginning at 2 s",
        "7": "no file named",
        "8": "5 cells, where the header has 4",
    }


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "m.csv",
            "path,text\nnowhere.wav,one\n",
            "1 rows, none of them usable: .*m.csv, line 2: .*nowhere.wav: no such file",
        ),
        ("m.csv", "colour,text\nred,one\n", "line 1: got columns colour, text, expected one that names the sound"),
        ("m.csv", 'path,text\n"a.wav,one\n', "m.csv, line "),
        ("m.docx", "", "a name that ends in .docx"),
        ("m.jsonl", "", "no recordings"),
    ],
)
def test_a_manifest_that_points_nowhere_is_one_message(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadFile, match=message):
        read_manifest(tmp_path / name)
    with pytest.raises(BadFile, match="no such file or folder"):
        read_manifest(tmp_path / "nowhere")


def test_each_kind_of_useless_recording_is_left_out_with_its_reason(tmp_path):
    put(tmp_path / "1_good.wav")
    put(tmp_path / "2_silence.wav", np.zeros(4_000, np.float32))
    put(tmp_path / "3_no_samples.wav", np.zeros(0, np.float32))
    put(tmp_path / "4_hour.wav", np.tile(speech(4.0), 2))
    (tmp_path / "5_text.wav").write_text("I am not sound")
    found = list(inspect(read_manifest(tmp_path).recordings, RATE_HZ, longest_s=5.0))
    reasons = [one.reason for one in found if isinstance(one, LeftOut)]
    assert [reason.partition(":")[0] for reason in reasons[:2]] == ["silence", "no sound"]
    assert "8 s long, longer than 5 s" in reasons[2]
    assert "got Invalid data found" in reasons[3]
    assert len(found) - len(reasons) == 1


def test_clipping_another_rate_and_two_channels_are_warned_of_and_kept(tmp_path):
    put(tmp_path / "loud.wav", np.clip(20 * speech(), -1, 1))
    put(tmp_path / "slow.wav", speech(), rate_hz=4_000)
    found = {one.recording.name: one.warnings for one in inspect(read_manifest(tmp_path).recordings, RATE_HZ)}
    assert found["loud"][0].startswith("clipped: ")
    assert found["slow"] == ("recorded at 4000 Hz: nothing above 2000 Hz is in it",)


def test_what_can_be_used_is_handed_on_once_decoded(tmp_path):
    put(tmp_path / "a.wav")
    kept = {}
    list(
        inspect(
            read_manifest(tmp_path).recordings, RATE_HZ, longest_s=5.0, keep=lambda one, s: kept.update({one.name: s})
        )
    )
    assert kept["a"].shape == (4_000,)
