"""Holders across a document: each rule, and the cases where no holder is better than a wrong one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communique.inference.holders import resolve_holders
from communique.inference.result import Entity, Holder, Sentence, Span


def read(*lines: str, type: str = "stated_position") -> list[Sentence]:
    """Sentences from lines like "{[Ana Ruiz|PERSON]} said yes.": entities in brackets, the source span in braces."""
    sentences, start = [], 0
    for line in lines:
        text, entities, source = _read_line(line, start)
        sentences.append(Sentence(start, start + len(text), text, type, {type: 1.0}, tuple(entities), source))
        start += len(text) + 1
    return sentences


def _read_line(line: str, start: int) -> tuple[str, list[Entity], Span | None]:
    text, entities, opened, source = "", [], 0, None
    position = 0
    for match in re.finditer(r"\[([^|\]]+)\|([A-Z]+)\]|[{}]", line):
        text += line[position : match.start()]
        position = match.end()
        if match[0] == "{":
            opened = len(text)
        elif match[0] == "}":
            source = Span(start + opened, start + len(text), text[opened:])
        else:
            entities.append(Entity(start + len(text), start + len(text) + len(match[1]), match[1], match[2], 1.0))
            text += match[1]
    return text + line[position:], entities, source


def holders(*lines: str, speaker: str = "") -> list[Holder | None]:
    return [sentence.holder for sentence in resolve_holders(read(*lines), speaker)]


def last(*lines: str, speaker: str = "") -> Holder:
    holder = holders(*lines, speaker=speaker)[-1]
    assert holder is not None
    return holder


PRESIDENT = "[Chilean|NORP] [President|ROLE] [Ana Ruiz|PERSON] met [Bo Lund|PERSON], [Denmark|GPE]'s [foreign minister|ROLE], on Monday."


def test_first_mention_gives_role_and_country() -> None:
    assert last("{[Chilean|NORP] [President|ROLE] [Ana Ruiz|PERSON]} said yes.") == Holder(
        "Ana Ruiz", "person", "named", "Chile", "President"
    )
    found = last("{[Bo Lund|PERSON], [Denmark|GPE]'s [foreign minister|ROLE]}, agreed.")
    assert (found.country, found.role) == ("Denmark", "foreign minister")


def test_an_expert_in_a_capital_does_not_speak_for_the_country() -> None:
    found = last("{[Li Na|PERSON], a [research fellow|ROLE] at a think tank in [Beijing|GPE]}, said so.")
    assert (found.role, found.country) == ("research fellow", None)


def test_surname() -> None:
    assert last(PRESIDENT, "{[Ruiz|PERSON]} agreed.") == Holder("Ana Ruiz", "person", "surname", "Chile", "President")


def test_a_surname_that_was_not_tagged() -> None:
    assert last(PRESIDENT, "{Lund} agreed.").name == "Bo Lund"


def test_family_name_first() -> None:
    assert last("[Chinese|NORP] [President|ROLE] [Xi Wenhai|PERSON] spoke.", "{[Xi|PERSON]} agreed.").name == "Xi Wenhai"


@pytest.mark.parametrize(("pronoun", "name"), [("she", "Ana Ruiz"), ("He", "Bo Lund")])
def test_pronouns_keep_to_a_gender_once_it_is_known(pronoun: str, name: str) -> None:
    lines = [
        "Ms. [Ana Ruiz|PERSON] came.",
        "Mr. [Bo Lund|PERSON] came.",
        "{[Ana Ruiz|PERSON]} spoke." if name == "Ana Ruiz" else "They sat.",
    ]
    assert last(*lines, f"{{{pronoun}}} agreed.").name == name


def test_a_pronoun_of_the_other_gender_has_no_holder() -> None:
    assert holders("{Mr. [Bo Lund|PERSON]} came.", "{she} agreed.")[-1] is None


def test_a_pronoun_too_far_away_has_no_holder() -> None:
    assert holders(PRESIDENT, *["It rained."] * 6, "{he} agreed.")[-1] is None


def test_a_role_leads_to_the_person_who_holds_it() -> None:
    assert last(PRESIDENT, "{The [Danish|NORP] [foreign minister|ROLE]} agreed.").name == "Bo Lund"
    assert last(PRESIDENT, "{the president} agreed.") == Holder("Ana Ruiz", "person", "role", "Chile", "President")


def test_a_role_of_another_country_is_somebody_else() -> None:
    found = last(PRESIDENT, "{The [Polish|NORP] [president|ROLE]} agreed.")
    assert (found.name, found.found, found.country) == ("Polish president", "span", "Poland")


@pytest.mark.parametrize(
    ("source", "country", "found"),
    [
        ("{[Beijing|GPE]}", "China", "metonym"),
        ("{The [Kremlin|ORG]}", "Russia", "metonym"),
        ("{The [Kyrgyz|NORP] side}", "Kyrgyzstan", "demonym"),
        ("{the [Chinese|NORP] government}", "China", "demonym"),
        ("{[Peru|GPE]}", "Peru", "named"),
        ("{the [EU|ORG]}", "European Union", "named"),
    ],
)
def test_countries_by_any_name(source: str, country: str, found: str) -> None:
    assert last(f"{source} opposes this.") == Holder(country, "country", found, country)


def test_the_two_sides_are_the_countries_named_together() -> None:
    assert last("Talks between [China|GPE] and [Peru|GPE] ended.", "{The two sides} signed.") == Holder(
        "China and Peru", "group", "parties"
    )
    assert last("{Both countries} signed.") == Holder("Both countries", "group", "span")


def test_the_ministry_is_the_one_that_was_named() -> None:
    found = last("The [Egyptian|NORP] statement came from the [Egyptian Foreign Ministry|ORG].", "{The ministry} denied it.")
    assert found == Holder("Egyptian Foreign Ministry", "organisation", "noun", "Egypt")


def test_it_is_the_organisation_that_spoke_last() -> None:
    assert last("{The [African Union|ORG]} spoke.", "{It} warned again.").name == "African Union"


def test_first_person_is_the_speaker_where_one_is_given() -> None:
    assert last("{We} support this.", speaker="Ambassador Rosa Diaz of Peru") == Holder(
        "Ambassador Rosa Diaz of Peru", "person", "speaker", "Peru"
    )
    assert holders("{We} support this.") == [None]


def test_a_quotation_that_goes_on_keeps_its_holder() -> None:
    lines = [PRESIDENT, "“It is time,” {[Ruiz|PERSON]} said.", "“We must act.”", "It rained."]
    found = holders(*lines)
    assert found[2] == Holder("Ana Ruiz", "person", "carried", "Chile", "President")
    assert found[3] is None


def test_transcript_labels_name_the_speaker_and_questions_nobody() -> None:
    found = holders("MR. HALE: {We} support this.", "{We} always did.", "QUESTION: Do {we} know more?")
    assert [h.name if h else None for h in found] == ["MR. HALE", "MR. HALE", None]


def test_background_without_a_source_has_no_holder() -> None:
    assert resolve_holders(read("The talks began.", type="background"), "Peru")[0].holder is None


def test_several_people_are_a_group() -> None:
    assert last("{[Ana Ruiz|PERSON] and [Bo Lund|PERSON]} agreed.") == Holder("Ana Ruiz and Bo Lund", "group", "parties")


LINES = st.lists(
    st.sampled_from(
        [PRESIDENT, "{he} left.", "{we} act.", "“Yes.", "No.”", "{The two sides} met.", "{[Ruiz|PERSON]} said.", "{the ministry} fell."]
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(["", "Peru", "Ana Ruiz"]))
def test_nothing_but_the_holder_changes(lines: list[str], speaker: str) -> None:
    before = read(*lines)
    after = resolve_holders(before, speaker)
    assert [(s.start, s.end, s.text, s.entities, s.source) for s in after] == [
        (s.start, s.end, s.text, s.entities, s.source) for s in before
    ]


def test_a_role_held_under_a_short_name_that_has_grown_since_does_not_fail() -> None:
    found = holders(
        "{[Minister|ROLE] [Lavrov|PERSON]} said yes.",
        "{[Sergei Lavrov|PERSON]} said no.",
        "{The [foreign|NORP] [minister|ROLE]} said maybe.",
        "{The [minister|ROLE]} said so.",
    )
    assert found[-1] is not None
    assert found[-1].name == "Sergei Lavrov"


READOUT = "[President|ROLE] [Ana Ruiz|PERSON] spoke with [Danish|NORP] [President|ROLE] [Bo Lund|PERSON]."


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ([READOUT, "{The [President|ROLE]} raised concerns."], "President"),  # either could be meant
        (["[Vice President|ROLE] [Ana Ruiz|PERSON] came.", "{The [president|ROLE]} agreed."], "president"),
        (["{[Kim Jong Un|PERSON]} spoke.", "{[Kim Yo Jong|PERSON]} said no."], "Kim Yo Jong"),
        (["{[Israel Katz|PERSON]} spoke.", "{[Israel|GPE]} refused."], "Israel"),
        (["{[Putin|PERSON]'s [spokesman|ROLE] [Dmitri Orlov|PERSON]} said no."], "Dmitri Orlov"),
        (["{critics of [Xi|PERSON]} said no."], "critics of Xi"),
        (["{[China|GPE] and [Russia|GPE]} oppose this."], "China and Russia"),
        (["[Russia|GPE]'s war on [Ukraine|GPE] goes on.", "{The two sides} signed."], "two sides"),  # talked about, not meeting
        (["{The [Hague|GPE]} ruled."], "Hague"),
    ],
)
def test_who_could_be_mistaken_for_whom(lines: list[str], name: str) -> None:
    assert last(*lines).name == name


@pytest.mark.parametrize(
    "lines",
    [
        ["[Ana Ruiz|PERSON] met [Bo Lund|PERSON].", "{He} agreed."],  # either could be meant
        ["“We will never accept this.”"],
        ['{[Ruiz|PERSON]} said tariffs would "rise to 100%" in May.', "The tariffs will hurt households."],
    ],
)
def test_rather_nobody(lines: list[str]) -> None:
    assert holders(*lines, speaker="" if len(lines) > 1 else "A Reporter")[-1] is None


def test_a_quoted_we_is_who_is_quoted_and_not_whom_they_quote_or_the_author() -> None:
    lines = [
        "{[Bo Lund|PERSON]} said: “The West attacked us.",
        "{The [United States|GPE]} wants to break us.",
        "{We} reject all sanctions.”",
    ]
    assert last(*lines, speaker="A Reporter").name == "Bo Lund"


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("Taiwan", "{[Wu Min|PERSON], [foreign minister|ROLE] of the [Republic of China|GPE]}, said so."),
        (None, "{[Wu Min|PERSON], [director|ROLE] of the [Center for American Studies|ORG]}, said so."),
        (None, "{[Wu Min|PERSON], [governor|ROLE] of [New Mexico|GPE]}, said so."),
    ],
)
def test_the_country_of_a_phrase(country: str | None, text: str) -> None:
    assert last(text).country == country


def test_datelines_are_no_speakers_and_delegations_are() -> None:
    assert holders("ISLAMABAD: Talks began.", "{We} agree.")[-1] is None
    lines = ["The President: I thank you.", "Mr. Lund (Ukraine): {We} demand peace.", "AFP: Will {we} see it?"]
    found = holders(*lines)
    assert found[1] is not None
    assert (found[1].name, found[1].country) == ("Mr. Lund (Ukraine)", "Ukraine")
    assert found[2] is None


def test_a_run_of_capitals_is_read_in_linear_time() -> None:
    assert holders(*["A" * 5000 + " " + "B" * 5000, "{We} agree."] * 2)[-1] is None
