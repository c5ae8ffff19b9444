"""The rules of our sentences: one alternative a line, `<name>` stands for another rule.

What `LEXICON` has, the words themselves, ends it.
"""

from __future__ import annotations

from training.lexicon import LEXICON, Rules

PREDICATES = """
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
"""`*` marks the verb: each tense makes its own rule of these, `do.past` and so on."""

GRAMMAR = {
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
        f"do.{form}": PREDICATES.replace("*", f".{form}")
        for form in ("base", "past", "third", "ing")
    }
    written = {
        name: tuple(text.strip().splitlines())
        for name, text in (grammar | forms).items()
    }
    return written | LEXICON


RULES = _with_forms(GRAMMAR)
