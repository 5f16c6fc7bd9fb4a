import pytest

from lgi.config import read_config
from lgi.errors import ConfigError


def test_a_display_name_is_read_in_place_of_a_name():
    names = read_config().gaussians.names
    assert names.of("recipes", "published") == "as published"
    assert names.several("recipes", ["published", "smooth"]) == ["as published", "smooth edge"]


def test_what_has_no_display_name_is_written_with_blanks():
    changes = {"gaussians": {"recipes": {"my_own_recipe": {"from": "published"}}}}
    names = read_config(changes=changes).gaussians.names
    assert names.of("recipes", "my_own_recipe") == "my own recipe"


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("gaussians", "images"),
        ("gaussians", "recipes"),
        ("superposition", "initialisations"),
        ("superposition", "settings"),
    ],
)
def test_a_display_name_of_nothing_is_refused(section, kind):
    changes = {section: {"names": {kind: {"nowhere": "words"}}}}
    with pytest.raises(
        ConfigError, match=rf"{section}\.names\.{kind}\.nowhere: unknown; .* there are"
    ):
        read_config(changes=changes)
