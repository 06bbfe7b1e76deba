"""Data files of packs, beyond the corpus: size, links, and files that change."""

import pytest

from auditor.errors import InvalidError
from auditor.policy import load_policy

PACK = """\
policy: 1
name: acme
version: "1"
title: Acme
data: {names: {file: FILE}}
rules: [{id: ACME001, name: no-name, title: A name, severity: low, must: {manifest.name: {in: {data: names}}}}]
"""


@pytest.fixture
def load(tmp_path):
    folder = tmp_path / "packs"
    folder.mkdir()

    def load(file):
        (folder / "pack.yaml").write_text(PACK.replace("FILE", file), encoding="utf-8")
        return load_policy([str(folder / "pack.yaml")])

    return load


def refused(load, file):
    with pytest.raises(InvalidError) as caught:
        load(file)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_file_over_the_size_limit_is_rejected_without_reading_all_of_it(load, tmp_path):
    with (tmp_path / "packs/names.txt").open("wb") as stream:
        stream.truncate(2**40)
    assert "is larger than 8 MiB" in refused(load, "names.txt")


def test_a_link_that_leads_out_of_the_folder_is_refused(load, tmp_path):
    (tmp_path / "secret.txt").write_text("a\n", encoding="utf-8")
    (tmp_path / "packs/names.txt").symlink_to(tmp_path / "secret.txt")
    assert "outside the directory" in refused(load, "names.txt")


def test_a_link_within_the_folder_is_followed(load, tmp_path):
    (tmp_path / "packs/real.txt").write_text("a\n", encoding="utf-8")
    (tmp_path / "packs/names.txt").symlink_to(tmp_path / "packs/real.txt")
    assert load("names.txt").rules


def test_a_link_in_a_circle_is_refused(load, tmp_path):
    (tmp_path / "packs/names.txt").symlink_to(tmp_path / "packs/names.txt")
    assert "names.txt" in refused(load, "names.txt")


def test_a_misspelled_file_is_refused_with_the_nearest_one(load, tmp_path):
    (tmp_path / "packs/names.txt").write_text("a\n", encoding="utf-8")
    assert "did you mean 'names.txt'?" in refused(load, "nmaes.txt")


def test_a_name_that_is_too_long_is_refused(load):
    assert "cannot be read" in refused(load, "x" * 300 + ".txt")


def test_a_cell_over_the_ceiling_of_the_reader_is_refused_with_its_line(load, tmp_path):
    (tmp_path / "packs/names.csv").write_text(f"name\na\n{'x' * 200_000}\n", encoding="utf-8")
    assert "names.csv:3: invalid CSV" in refused(load, "names.csv")


def test_a_bomb_in_data_is_refused_with_its_line(load, tmp_path):
    lines = ["- &a0 [x, x]", *(f"- &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    (tmp_path / "packs/names.yaml").write_text("\n".join(lines), encoding="utf-8")
    assert "values once aliases are expanded" in refused(load, "names.yaml")


def test_text_that_is_not_utf_8_is_refused_at_its_byte(load, tmp_path):
    (tmp_path / "packs/names.txt").write_bytes(b"a\n\xff\n")
    assert "invalid UTF-8 at byte 2" in refused(load, "names.txt")


def test_a_csv_of_nothing_has_no_columns(load, tmp_path):
    (tmp_path / "packs/names.csv").write_bytes(b"")
    assert "has 0 columns" in refused(load, "names.csv")
