"""Comments are found beside the key that they explain."""

from pargan.app.yaml_comments import yaml_comments

TEXT = """\
# @package _global_
# About the file,
# on two lines.
defaults:
  - _self_
  - optional data/set: digits  # the records
plain: 1  # one
quoted: "a # b"  # two
list: [1, 2]   # three,
               # in two lines
flow: {a: 1, b: {c: 2}}  # four
# five
above:
  # six
  inner: null
  none: 3
text: a#b
# an end that belongs to no key
"""


def test_yaml_comments_by_key():
    assert yaml_comments(TEXT) == {
        (): "About the file, on two lines.",
        ("defaults", "data/set"): "the records",
        ("plain",): "one",
        ("quoted",): "two",
        ("list",): "three, in two lines",
        ("flow",): "four",
        ("above",): "five",
        ("above", "inner"): "six",
    }


def test_yaml_comments_of_a_file_without_keys():
    assert yaml_comments("# nothing here\n") == {(): "nothing here"}
    assert yaml_comments("") == {}
