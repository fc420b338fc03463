"""`detector recipe`: print a recipe, or list the shipped ones."""

from __future__ import annotations

import click


@click.command(short_help="List the shipped recipes, or print one.")
@click.argument("name", required=False)
@click.option("--schema", is_flag=True, help="Print the JSON schema of a recipe.")
def recipe(name: str | None, schema: bool) -> None:
    """Print the recipe NAME as TOML; without a name, list the shipped recipes.

    NAME is a shipped recipe, a model folder or a TOML file. The recipe is checked, and printed with all its defaults.

    \b
    Examples:
      detector recipe
      detector recipe small-cnn > my-recipe.toml
      detector recipe my-recipe.toml
    """  # noqa: D301
    import json

    from detector.network.geometry import measure
    from detector.presets import WEIGHTS_FILE, describe_preset, find_recipe, list_presets
    from detector.recipe import Recipe

    if schema:
        click.echo(json.dumps(Recipe.model_json_schema(), indent=1))
    elif name is not None:
        content = find_recipe(name)
        measure(content)  # refuses layers that do not fit
        click.echo(content.to_toml(), nl=False)
    else:
        for preset, folder in list_presets().items():
            trained = "trained" if (folder / WEIGHTS_FILE).is_file() else "recipe"
            click.echo(f"{preset:15} {trained:9}{describe_preset(folder)}".rstrip())
