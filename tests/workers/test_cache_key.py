"""What makes pages be read again, and what only puts documents together anew."""

from tenglu.workers.cache_key import all_code, reading_code


def names(paths):
    return {path.name for path in paths}


def test_fitted_weights_and_templates_are_part_of_the_result():
    assert {"model.json", "statutory_forms.toml"} <= names(all_code())


def test_the_reading_of_a_page_depends_on_what_reads_it_and_on_nothing_later():
    read = {path.parent.name for path in reading_code()}
    assert {"strip", "ocr", "tables", "imaging", "engines"} <= read
    assert not read & {"check", "rules", "confidence", "export", "jobs", "cli", "web", "core"}
