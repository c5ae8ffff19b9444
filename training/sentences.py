"""An endless source of short English sentences, from our own words and grammar.

The grammar is data: a rule has one alternative a line, and `<name>` stands for
another rule. One result in eight is a list of unrelated words, so that a model
trained on these must listen and cannot guess.
"""

import re
from typing import TypeAlias

import numpy as np

LIST_SHARE = 1 / 8
MOST_WORDS = 14

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


def _plural(word: str) -> str:
    """The plural of a noun; also the third person of a verb, which it rhymes with."""
    if word in PLURALS:
        return PLURALS[word]
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh|go|do)$", word) else "s")


def _third(verb: str) -> str:
    return "goes" if verb == "go" else _plural(verb)


def _continuous(verb: str) -> str:
    if re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb) or verb == "forget":
        return verb + verb[-1] + "ing"
    return re.sub(r"(?<=[^aeiouy])e$", "", verb) + "ing"


def _verb_rules(name: str, table: str) -> Rules:
    """The four forms of a table of `base past;` verbs, each a rule of its own."""
    base, past = zip(*(pair.split() for pair in table.split(";")), strict=True)
    return {
        f"{name}.base": base,
        f"{name}.past": past,
        f"{name}.third": tuple(map(_third, base)),
        f"{name}.ing": tuple(map(_continuous, base)),
    }


def _noun_rules(one: str, many: str, nouns: tuple[str, ...]) -> Rules:
    return {one: nouns, many: tuple(map(_plural, nouns))}


_NUMBERS = (
    *(ONES + TEENS + TENS),
    *(f"{ten}-{one}" for ten in TENS for one in ONES),
    "a hundred",
)

_TERMINALS: Rules = {
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

# `*` marks the verb: each tense makes its own rule of these, `do.past` and so on.
_PREDICATES = """
<eat*> <a_food>
<eat*> <small> <fruits>
<eat*> some <taste> <food>
<take*> <a_thing>
<take*> <a_thing> <where>
<take*> <small> <adjective> <things>
<take*> <my> <things>
<meet*> <someone>
<meet*> <someone> <where>
<meet*> <my> <relatives>
<go*> <to_place>
<go*> <manner> <to_place>
<go*> from <city> to <city>
<go*> through the <place>
<rest*> <where>
<rest*> <manner>
<rest*> for <small> <units>
<rest*> with <someone>
<tell*> the <matter>
<tell*> <a_matter>
<speak*> about <abstract>
<speak*> about <my> <matter>
"""

_GRAMMAR = {
    "sentence": """
<subject> <do.past>.
<subject> <do.past> <past_time>.
<past_time>, <subject> <do.past>.
<he> <do.third>.
<he> <often> <do.third>.
<they> <do.base>.
<they> <often> <do.base> <habit_time>.
<subject> will <do.base> <future_time>.
<subject> won't <do.base>.
<he> is <do.ing>.
<they> are <do.ing> now.
I'm <do.ing>.
I <do.past> and <he> <do.past>.
<subject> <do.past>, but <subject> <rest.past>.
<subject> <do.past> because <he> was <temper>.
<he> was <temper> when <they> <do.past>.
When the <sky> was <adjective>, <subject> <do.past>.
<subject> can <do.base>.
<subject> can't <do.base> without <someone>.
<subject> didn't <do.base>.
<subject> had to <do.base> <past_time>.
<he> wants to <do.base>.
I'd like to <do.base>.
I <think> that <he> <do.past>.
If <they> <do.base>, <he> will <do.base>.
Did <subject> <do.base>?
Will <subject> <do.base> <future_time>?
Does <he> <do.base>?
Do <they> <do.base> <habit_time>?
Can you <do.base>?
Could you <take.base> the <thing>, please?
Please <take.base> the <color> <thing>.
Please don't <take.base> <my> <thing>.
Would you like <some_food>?
May I have <some_food>, please?
Let's <do.base> <future_time>.
Why did <subject> <do.base>?
When will <subject> <do.base>?
Where is <my> <adjective> <thing>?
Where are the <color> <things>?
What is <my> <relative> <take.ing>?
What is <he> <eat.ing> for <meal>?
Who will <meet.base> <someone>?
How many <things> are there <where>?
How much is this <adjective> <thing>?
Which <place> is near the <place>?
Is the <thing> <color> or <color>?
Are the <people> <temper>?
It's <weather>.
It's <weather> in <city>.
It was <weather> <past_time>.
It will be <weather> <future_time>.
The <sky> was <adjective> over the <place>.
It's <hour> o'clock.
It's <minutes> past <hour>.
It's half past <hour>.
It's a quarter to <hour>.
<my> <meal> is at <hour>.
Today is <weekday>.
Her birthday is in <month>.
The <ordinal> of <month> was a <weekday>.
The <ordinal> <thing> is <color>.
There is <a_thing> <where>.
There are <several> <things> <where>.
There were <several> <people> <where> <past_time>.
I have <several> <things> and <several> <fruits>.
We counted <number>, <number>, and <number>.
<number> and <number> make <number>.
He is <several> years old.
The <thing> costs <several> dollars.
The number is <number>.
Good <part_of_day>, <name>.
Good <part_of_day>.
Hello, <name>.
Goodbye, <name>.
Thank you, <name>.
Thank you for the <thing>.
My name is <name>.
How are you, <name>?
See you <future_time>.
Yes, <subject> <rest.past>.
No, <they> didn't.
<name> <rest.past>.
<name> was <temper>.
<they> <rest.base> <manner>.
<they> <own.base> <a_thing>.
<he> <own.third> <a_food>.
<subject> <own.past> <a_thing>.
<he> <know.third> <someone>.
Do <they> <know.base> <someone>?
<subject> <know.past> the <matter>.
<things> are <adjective>.
The <thing> is <adjective>.
The <adjective> <thing> is <where>.
The <color> <thing> is not very <adjective>.
The <things> aren't <color>.
This <thing> is too <adjective> for <my> <relative>.
These <things> are very <adjective>.
The <thing> belongs to <someone>.
<my> <relative> is <a_temper> <person>.
<he> isn't <temper> today.
The <animal> <go.past> <to_place>.
a <color> <animal> <rest.past> <where>.
<animals> <rest.base> <where> in <season>.
The <animals> were <temper> <past_time>.
The <animal> is bigger than the <animal>.
<fruits> and <food> are <taste>.
The <food> was <taste>.
The <meal> was <taste>, but the <food> was <taste>.
<abstract> is stronger than <abstract>.
<abstract> and <abstract> are important.
People need <abstract> and <abstract>.
<my> <body> hurts.
<he> has a <adjective> <thing> in each hand.
<city> is a <adjective> city.
The road from <city> to <city> is <adjective>.
<country> and <country> are far away.
<name> comes from <country>.
<season> is almost over.
Nobody <take.past> the <things>.
Everyone <do.past> <past_time>.
Somebody <take.past> <my> <thing>.
""",
    "subject": """
<he>
<he>
<they>
I
""",
    "he": """
he
she
<name>
<name>
<my> <relative>
the <person>
the <temper> <person>
a <person> from <city>
the <person> with the <thing>
""",
    "they": """
we
they
you
the <people>
the <temper> <people>
<small> <people>
<name> and <name>
<my> <relatives>
""",
    "someone": """
him
her
them
<name>
<name>
<my> <relative>
the <person>
<a_temper> <person>
the <people>
<my> friends
""",
    "my": """
my
your
his
her
our
their
""",
    "a_temper": "a <temper>",
    "a_thing": """
a <thing>
a <adjective> <thing>
a <color> <thing>
the <thing>
the <adjective> <thing>
this <thing>
that <thing>
<my> <thing>
<my> <color> <thing>
""",
    "a_food": """
the <food>
some <food>
<food> and <food>
a <fruit>
a <taste> <fruit>
<food> for <meal>
<my> <meal>
""",
    "some_food": """
some <food>
a <fruit>
some <fruits>
a cup of tea
a glass of water
""",
    "a_matter": """
a <matter>
a new <matter>
the same <matter>
<my> <matter>
<my> <ordinal> <matter>
""",
    "where": """
in the <place>
near the <place>
behind the <place>
under the <thing>
on the <thing>
beside the <thing>
in <city>
at home
here
there
between the <place> and the <place>
outside the <adjective> <place>
""",
    "to_place": """
to the <place>
to the <adjective> <place>
to <city>
toward the <place>
across the <place>
along the <place>
home
into the <place>
past the <place>
""",
    "part_of_day": """
morning
afternoon
evening
night
""",
    "past_time": """
yesterday
last night
last <weekday>
last <season>
last week
last month
last year
on <weekday>
in <month>
this morning
<small> <units> ago
before <meal>
at <hour> o'clock
""",
    "future_time": """
tomorrow
tonight
soon
next <weekday>
next <season>
on <weekday>
in <month>
in <small> <units>
after <meal>
later
this evening
""",
    "habit_time": """
every day
every <weekday>
in the morning
in <season>
after <meal>
at night
""",
    "think": """
think
know
hope
heard
said
""",
}


def _with_forms(grammar: dict[str, str]) -> Rules:
    """The written rules, the predicates in each tense, and the words themselves."""
    forms = {
        f"do.{form}": _PREDICATES.replace("*", f".{form}")
        for form in ("base", "past", "third", "ing")
    }
    written = {
        name: tuple(text.strip().splitlines())
        for name, text in (grammar | forms).items()
    }
    return written | _TERMINALS


RULES = _with_forms(_GRAMMAR)

_SLOT = re.compile(r"<([a-z_.]+)>")
_BEFORE_VOWEL = re.compile(r"\b([Aa])(?= (?:[aeio]|u(?!s)|hour|honest))")
_REPEATED = re.compile(
    r"\b(?!the\b|and\b|was\b|did\b)([a-z]{3,})\b.*\b\1\b", re.IGNORECASE
)


def _words_of(texts: tuple[str, ...]) -> set[str]:
    plain = _SLOT.sub(" ", " ".join(texts))
    return set(re.findall(r"[A-Za-z][A-Za-z'-]*", plain))


_LEXICON = tuple(sorted({word for words in _TERMINALS.values() for word in words}))


def _pick(random: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(random.integers(len(options)))]


def _expand(random: np.random.Generator, rule: str) -> str:
    text = _pick(random, RULES[rule])
    return _SLOT.sub(lambda slot: _expand(random, slot[1]), text)


def _word_list(random: np.random.Generator) -> str:
    count = int(random.integers(3, 9))
    return ", ".join(_pick(random, _LEXICON) for _ in range(count)) + "."


def _is_clumsy(text: str) -> bool:
    return len(text.split()) > MOST_WORDS or _REPEATED.search(text) is not None


def _statement(random: np.random.Generator) -> str:
    text = _expand(random, "sentence")
    # A rule cannot see its neighbours: "the cup is under the cup" is drawn again.
    while _is_clumsy(text):
        text = _expand(random, "sentence")
    return _BEFORE_VOWEL.sub(r"\1n", text)


def sentence(random: np.random.Generator) -> str:
    """Draw one sentence, such as "The old man walked slowly to the river."."""
    draw = _word_list if random.random() < LIST_SHARE else _statement
    text = draw(random)
    return text[0].upper() + text[1:]


def vocabulary() -> list[str]:
    """List each distinct word that can occur, in lower case ("twenty-one" is one)."""
    words = set().union(*map(_words_of, RULES.values()))
    return sorted({word.lower() for word in words} | {"an"})
