import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from tacit.errors import BadFile, BadValue, NotFinite, UnknownName
from tacit.learn.automated import fit_classifier, pool_from_arrays, pool_from_texts, read_pool
from tacit.learn.automated.pictures import read_pictures

TEXTS = ["the cat sat", "a cat ran", "the dog sat", "a dog ran", "the cat", "the dog"]


def test_texts_that_share_words_lie_together():
    rows = pool_from_texts([str(i) for i in range(6)], TEXTS).rows
    near = rows @ rows.T
    assert near[0, 4] > near[0, 5]  # “the cat sat” is nearer to “the cat” than to “the dog”
    assert near.diagonal() == pytest.approx(np.ones(6))


def test_curved_borders_can_be_drawn(rng):
    x = rng.normal(size=(800, 2))
    inside = (np.hypot(*x.T) < 1.1).astype(int)
    pool = pool_from_arrays([str(i) for i in range(800)], x)
    fitted = fit_classifier(pool.rows[:400], inside[:400], 2, seed=0)
    assert (fitted.p(pool.rows[400:]).argmax(axis=1) == inside[400:]).mean() > 0.9


def test_confidences_come_true(rng):
    x = rng.normal(size=(3_000, 1))
    label = (rng.random(3_000) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(int)
    fitted = fit_classifier(x[:1_500], label[:1_500], 2, seed=0)
    p = fitted.p(x[1_500:])
    assert p.max(axis=1).mean() == pytest.approx((p.argmax(axis=1) == label[1_500:]).mean(), abs=0.03)


def test_images_features_and_tables_are_read(tmp_path, rng):
    images = rng.integers(0, 256, (30, 4, 4), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", images=images)
    assert read_pool(tmp_path / "images.npz").names[:2] == ("0", "1")
    save_file({"features": rng.random((9, 3)).astype(np.float32)}, tmp_path / "x.safetensors")
    assert len(read_pool(tmp_path / "x.safetensors")) == 9
    (tmp_path / "t.csv").write_text("item,body\n" + "".join(f"i{i},{text}\n" for i, text in enumerate(TEXTS)))
    assert read_pool(tmp_path / "t.csv").names == ("i0", "i1", "i2", "i3", "i4", "i5")


def test_a_folder_of_images_is_read_by_their_paths(tmp_path, rng):
    (tmp_path / "cats").mkdir()
    for name, shade in (("cats/b.png", 10), ("cats/a.JPG", 250), ("c.gif", 128)):
        Image.new("L", (50, 20), shade).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.png").write_bytes(b"no image either")
    names, pictures = read_pictures(tmp_path)
    assert names == ("c.gif", "cats/a.JPG", "cats/b.png")
    assert pictures.shape == (3, 32, 32)
    assert pictures.mean(axis=(1, 2)) == pytest.approx([128, 250, 10], abs=1)
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")  # red, but nothing of it can be seen
    Image.new("RGB", (4, 4), (0, 0, 255)).save(tmp_path / "blue.png")
    names, pictures = read_pictures(tmp_path)
    assert pictures[names.index("clear.png")].min() == 255
    assert pictures[names.index("blue.png"), 0, 0].tolist() == [0, 0, 255]
    assert read_pool(tmp_path).names == names


def test_an_image_is_turned_as_the_camera_was_held(tmp_path):
    lying = np.zeros((20, 40), np.uint8)
    lying[:, :20] = 255
    noted = Image.Exif()
    noted[0x0112] = 6  # the top of what was seen is at the right
    Image.fromarray(lying).save(tmp_path / "a.png", exif=noted)
    _, (picture,) = read_pictures(tmp_path)
    assert picture[:16].min() == 255
    assert picture[16:].max() == 0


def test_a_folder_without_an_image_and_a_broken_one_are_said(tmp_path):
    with pytest.raises(BadFile, match=r"a folder without an image, expected images, which end in \.png"):
        read_pool(tmp_path)
    (tmp_path / "a.png").write_bytes(b"\x89PNG broken")
    with pytest.raises(BadFile, match=r"a\.png: got cannot identify image file.*Take it out"):
        read_pool(tmp_path)


def test_what_is_wrong_is_said_with_its_row(tmp_path):
    (tmp_path / "t.csv").write_text("item,words\na,cat\nb,\n")
    with pytest.raises(BadFile, match="--text COLUMN"):
        read_pool(tmp_path / "t.csv")
    with pytest.raises(UnknownName, match="Did you mean 'words'"):
        read_pool(tmp_path / "t.csv", text="word")
    with pytest.raises(BadValue, match="row 3, column 'words'"):
        read_pool(tmp_path / "t.csv", text="words")
    with pytest.raises(BadFile, match="no such file"):
        read_pool(tmp_path / "none.csv")
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(BadFile, match=r"broken\.npz"):
        read_pool(tmp_path / "broken.npz")
    with pytest.raises(BadValue, match="'a' twice"):
        pool_from_texts(["a", "a"], ["x y", "x z"])
    with pytest.raises(NotFinite, match="item 'b'"):
        pool_from_arrays(["a", "b"], np.array([[1.0], [np.nan]]))
