"""How English words change: plurals of nouns, and two forms of verbs."""

from __future__ import annotations

import re

PLURALS = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "fisherman": "fishermen",
    "wife": "wives",
    "thief": "thieves",
    "goose": "geese",
    "mouse": "mice",
    "sheep": "sheep",
    "fish": "fish",
    "deer": "deer",
    "wolf": "wolves",
    "knife": "knives",
    "leaf": "leaves",
    "shelf": "shelves",
    "potato": "potatoes",
    "tomato": "tomatoes",
    "foot": "feet",
}


def plural(word: str) -> str:
    """The plural of a noun; also the third person of a verb, which it rhymes with."""
    if word in PLURALS:
        return PLURALS[word]
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh|go|do)$", word) else "s")


def continuous(verb: str) -> str:
    """The -ing form of a verb: running, making, seeing."""
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb) or verb == "forget":
        return verb + verb[-1] + "ing"
    return re.sub(r"(?<=[^aeiouy])e$", "", verb) + "ing"
