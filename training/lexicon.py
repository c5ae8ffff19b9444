"""The words of our sentences, by kind."""

from __future__ import annotations

from typing import TypeAlias

from training.inflection import continuous, plural

Rules: TypeAlias = dict[str, tuple[str, ...]]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PEOPLE = _words("""
man woman boy girl child baby friend neighbor teacher student doctor nurse farmer
baker driver sailor soldier king queen prince princess singer dancer painter writer
poet artist cook waiter lawyer judge captain pilot officer worker builder engineer
scientist hunter fisherman guard guest stranger visitor traveler customer manager
musician actor gardener carpenter clerk player winner leader thief
""")

RELATIVES = _words("""
mother father sister brother son daughter uncle aunt cousin grandmother grandfather
wife husband
""")

ANIMALS = _words("""
dog cat horse cow sheep pig goat chicken duck goose bird eagle owl crow fish whale
shark bear wolf fox lion tiger elephant monkey rabbit mouse deer snake frog turtle
donkey bee spider butterfly squirrel camel kitten puppy
""")

THINGS = _words("""
book table chair lamp clock window door key box bag bottle cup glass plate bowl knife
fork spoon pen pencil letter newspaper map picture mirror basket blanket pillow bed
coat hat shirt dress shoe glove ring watch phone radio computer camera car bicycle
boat ship train truck wagon wheel rope ladder hammer nail bucket brush candle ticket
coin toy ball drum guitar piano violin flute bell flag umbrella wallet suitcase
stone stick leaf flower tree branch rose seed feather shell machine engine tool
button needle carpet curtain shelf drawer desk kettle towel magazine present
notebook envelope tent helmet sword crown
""")

FOODS = _words("""
bread butter cheese milk water tea coffee juice soup rice pasta meat salt sugar honey
fruit cake chocolate salad pepper jam corn pudding
""")

FRUITS = _words("""
apple orange banana pear lemon peach cherry potato tomato carrot onion egg sandwich
cookie pie biscuit
""")

PLACES = _words("""
house garden kitchen river lake sea beach forest mountain hill valley village town
city street road bridge park school church hospital library museum market shop store
station airport harbor farm field barn castle tower hotel restaurant theater office
factory bank island desert cave square corner gate yard path palace bakery
""")

ABSTRACTS = _words("""
love hope peace war time money music art history science truth freedom luck work
health power beauty silence courage patience friendship knowledge happiness
""")

MATTERS = _words("""
story song idea plan question answer problem secret dream word name lesson game
mistake promise language reason voice
""")

EAT = """
eat ate; cook cooked; buy bought; sell sold; taste tasted; share shared; bring brought;
order ordered; prepare prepared; enjoy enjoyed; serve served
"""
TAKE = """
take took; carry carried; find found; lose lost; see saw; hold held; open opened;
close closed; break broke; fix fixed; clean cleaned; paint painted; move moved;
pull pulled; push pushed; drop dropped; throw threw; catch caught; keep kept;
give gave; choose chose; build built; draw drew; hide hid;
steal stole; wash washed; touch touched; lift lifted; cover covered; borrow borrowed;
collect collected; measure measured; design designed; pack packed; show showed;
repair repaired; destroy destroyed
"""
MEET = """
meet met; help helped; call called; love loved; follow followed; visit visited;
thank thanked; trust trusted; watch watched; hear heard; teach taught;
remember remembered; ask asked; answer answered; join joined;
invite invited; greet greeted; miss missed; admire admired
"""
GO = """
walk walked; run ran; drive drove; travel traveled; ride rode; come came; go went;
hurry hurried; return returned; march marched; wander wandered; climb climbed;
fly flew; sail sailed
"""
REST = """
sit sat; stand stood; sleep slept; wait waited; work worked; live lived; stay stayed;
play played; sing sang; dance danced; laugh laughed; cry cried; smile smiled;
talk talked; read read; study studied; swim swam; rest rested; fall fell; shout shouted;
whisper whispered; listen listened; breathe breathed; pray prayed; jump jumped
"""
TELL = """
tell told; write wrote; learn learned; explain explained;
forget forgot; repeat repeated; share shared; discuss discussed; hear heard;
finish finished; start started; change changed
"""

OWN = "want wanted; need needed; like liked; own owned"
KNOW = """
know knew; like liked; believe believed; understand understood; hate hated
"""
SPEAK = "speak spoke; think thought; dream dreamed; argue argued; complain complained"

ADJECTIVES = _words("""
big small large little long short tall high low wide narrow thick thin deep heavy
light old new clean dirty hot cold warm cool wet dry soft hard smooth rough sharp
round flat empty full open strange simple beautiful ugly cheap expensive broken
useful strong plain fine
""")

TEMPERS = _words("""
young old happy sad angry tired hungry thirsty sick brave kind clever wise rich poor
quiet proud honest lazy busy friendly famous lonely careful nervous polite gentle
strong funny calm curious
""")

COLORS = _words("""
red blue green yellow white black brown gray pink purple golden silver
""")

TASTES = _words("sweet fresh sour salty bitter hot cold delicious warm good")

WEATHERS = _words("sunny cloudy rainy windy foggy stormy cold warm hot cool dark")

MANNERS = _words("""
slowly quickly quietly loudly carefully suddenly happily sadly gently easily together
alone well badly calmly softly proudly bravely early late again
""")

OFTEN = _words("always never often sometimes usually rarely")

NAMES = _words("""
Anna Emma Mary Sarah Laura Alice Helen Julia Lucy Grace Kate Nora Clara Rose Ruth
Sophie Martha Ellen Diana Linda John Peter Paul David Thomas Henry George James Robert
William Jack Daniel Michael Simon Martin Oliver Samuel Frank Edward Arthur Oscar Max
Leo Adam Victor
""")

CITIES = _words("""
London Paris Rome Berlin Madrid Vienna Boston Chicago Dublin Oxford Lisbon Athens
Moscow Tokyo Sydney Toronto Dallas Geneva
""")

COUNTRIES = _words("""
England France Spain Italy Germany Japan China India Canada Mexico Brazil Egypt
""")

DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")

MONTHS = _words("""
January February March April May June July August September October November December
""")

SEASONS = _words("spring summer autumn winter")

MEALS = _words("breakfast lunch dinner supper")

SKY = _words("sun moon wind rain snow storm cloud sky star thunder")

BODY = _words("hand head face arm leg foot finger shoulder knee back")

UNITS = _words("minute hour day week month year")

ONES = _words("one two three four five six seven eight nine")

TEENS = _words("""
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
""")
TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")

ORDINALS = _words("""
first second third fourth fifth sixth seventh eighth ninth tenth last
""")


def _verb_rules(name: str, table: str) -> Rules:
    """The four forms of a table of `base past;` verbs, each a rule of its own."""
    base, past = zip(*(pair.split() for pair in table.split(";")), strict=True)
    return {
        f"{name}.base": base,
        f"{name}.past": past,
        f"{name}.third": tuple(map(plural, base)),
        f"{name}.ing": tuple(map(continuous, base)),
    }


def _noun_rules(one: str, many: str, nouns: tuple[str, ...]) -> Rules:
    return {one: nouns, many: tuple(map(plural, nouns))}


_NUMBERS = (
    *(ONES + TEENS + TENS),
    *(f"{ten}-{one}" for ten in TENS for one in ONES),
    "a hundred",
)

LEXICON: Rules = {
    **_noun_rules("person", "people", PEOPLE),
    **_noun_rules("relative", "relatives", RELATIVES),
    **_noun_rules("animal", "animals", ANIMALS),
    **_noun_rules("thing", "things", THINGS),
    **_noun_rules("fruit", "fruits", FRUITS),
    **_noun_rules("place", "places", PLACES),
    **_noun_rules("matter", "matters", MATTERS),
    **_noun_rules("unit", "units", UNITS),
    **_verb_rules("eat", EAT),
    **_verb_rules("take", TAKE),
    **_verb_rules("meet", MEET),
    **_verb_rules("go", GO),
    **_verb_rules("rest", REST),
    **_verb_rules("tell", TELL),
    **_verb_rules("speak", SPEAK),
    **_verb_rules("own", OWN),
    **_verb_rules("know", KNOW),
    "food": FOODS,
    "abstract": ABSTRACTS,
    "adjective": ADJECTIVES,
    "temper": TEMPERS,
    "color": COLORS,
    "taste": TASTES,
    "weather": WEATHERS,
    "manner": MANNERS,
    "often": OFTEN,
    "name": NAMES,
    "city": CITIES,
    "country": COUNTRIES,
    "weekday": DAYS,
    "month": MONTHS,
    "season": SEASONS,
    "meal": MEALS,
    "sky": SKY,
    "body": BODY,
    "ordinal": ORDINALS,
    "number": _NUMBERS,
    "several": _NUMBERS[1:],
    "hour": _NUMBERS[:12],
    "small": _NUMBERS[1:12],
    "minutes": ("five", "ten", "twenty", "twenty-five"),
}
"""A rule for each kind of word and each of its forms."""
