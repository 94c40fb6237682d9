"""Recipes are plain data with checked parameters; functions load where they run."""

import pytest
from pydantic import ValidationError

from neurokit.errors import OptionError
from neurokit.recipe import Parameters, Recipe, load_function, registered_recipes


class _Rank(Parameters):
    rank: int = 3


def test_unknown_parameters_are_refused():
    with pytest.raises(ValidationError, match="rnak"):
        _Rank.model_validate({"rnak": 4})


def test_parameters_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        _Rank().rank = 4


def test_every_registered_recipe_is_whole():
    recipes = registered_recipes()
    assert {"summary", "connectome.motifs"} <= set(recipes)
    for name, recipe in recipes.items():
        assert isinstance(recipe, Recipe)
        assert recipe.name == name
        assert recipe.title
        assert callable(load_function(recipe.run))
        recipe.parameters()  # a recipe runs without parameters


def test_a_wrong_reference_says_what_is_wrong():
    with pytest.raises(OptionError, match="has no colon"):
        load_function("math.sqrt")
    with pytest.raises(OptionError, match=r"no function 'sqr', did you mean 'sqrt'\?"):
        load_function("math:sqr")
