"""What the article names has its place in the product: each item by name, in catalogue or docs, and reachable.

The article itself is no part of the repository; where it stands beside it, these names are held against its text.
"""

import datetime
import itertools
import re
from pathlib import Path

import pytest

from kneesync.coach.advice import advice_of
from kneesync.coach.catalog import load
from kneesync.library.training import Done, Training
from kneesync.simulation.feed import recordings_folder
from tests.support.deficits import PROFILES, runner

DOCS = (Path(__file__).parents[2] / "docs" / "knee-drive.md").read_text(encoding="utf-8")
ARTICLE = recordings_folder().parent / "seed" / "knee-drive-article.txt"
CATALOG = load()
MONDAY = datetime.date(2026, 11, 23)

# the article's words for what one does, and ours (catalogue keys)
EXERCISES = {
    "High Knees": "high-knees",
    "A-Skips": "a-skip",
    "B-Skips": "b-skip",
    "Butt Kicks": "butt-kicks",
    "Strides": "strides",
    "Hanging Knee Raises/Leg Raises": "hanging-knee-raise",
    "Cable Knee Drives": "cable-knee-drive",
    "Standing Banded Knee Drives": "banded-knee-drive",
    "Romanian Deadlifts (RDLs)": "romanian-deadlift",
    "Glute Bridges/Hip Thrusts": "glute-bridge",
    "Kettlebell Swings": "kettlebell-swing",
    "Lunges (Forward, Reverse, Walking)": "lunge",
    "Planks (and variations)": "plank",
    "Bird-Dog": "bird-dog",
    "Russian Twists": "russian-twist",
    "Dead Bugs": "dead-bug",
    "Hip Flexor Stretch": "hip-flexor-stretch",
    "Quad Stretch": "quad-stretch",
    "Hamstring Stretch": "hamstring-stretch",
    "Glute Stretches": "glute-stretch",
    "Foam Rolling": "foam-rolling",
    "Box Jumps": "box-jump",
    "Bounding": "bounding",
    "Skipping for Height/Distance": "power-skip",
    "Maintain a Tall Posture": "tall-posture",
    "Engage Your Core": "engaged-core",
    "Arm Drive": "arm-drive",
    "Midfoot Strike": "midfoot-landing",
    "Increase Cadence (Steps Per Minute)": "quicker-cadence",
}
DYNAMIC = {"Leg swings": "leg-swings", "walking lunges with a torso twist": "lunge-twist", "hip circles": "hip-circles"}
BARRIERS = {
    "Tight Hip Flexors": "tight_hip_flexors",
    "Weak Hip Flexors": "weak_hip_flexors",
    "Weak Glutes and Hamstrings": "weak_posterior_chain",
    "Poor Core Strength": "poor_core_strength",
    "Limited Ankle Mobility": "limited_ankle_mobility",
    "Overstriding": "overstriding",
    "Fatigue": "fading",
}
MUSCLES = {
    "Hip Flexors (Iliopsoas, Rectus Femoris, Sartorius)": "hip_flexors",
    "Quadriceps (especially Rectus Femoris)": "quadriceps",
    "Gluteal Muscles (Gluteus Maximus, Medius, Minimus)": "glutes",
    "Hamstrings (Biceps Femoris, Semitendinosus, Semimembranosus)": "hamstrings",
    "Core Musculature (Transverse Abdominis, Obliques, Erector Spinae)": "core",
    "Ankle Dorsiflexors (Tibialis Anterior)": "shin",
}
# the article's words, and ours in docs/knee-drive.md
WHY = {
    "Optimized Stride Length": "**Stride length.**",
    "Improved Elasticity": "**Elasticity.**",
    "Enhanced Speed and Efficiency": "**Speed and efficiency.**",
    "Core Engagement": "**Core.**",
}
INTEGRATION = {
    "Start Gradually": "Start gradually",
    "Consistency is Key": "Keep at it",
    "Listen to Your Body": "Listen to your body",
    "Seek Professional Guidance": "Ask a professional",
}
MISTAKES = {
    "Forcing the Movement": "**Forcing the movement.**",
    "Overstriding": "**Overstriding.**",
    "Ignoring Weaknesses": "**Ignoring weaknesses.**",
    "Focusing Only on Drills": "**Only drills.**",
}
QUESTIONS = {
    'What is "knee drive" in running?': "**What is knee drive in running?**",
    "Which muscles are important for improving knee drive?": "**Which muscles matter for it?**",
    "What are some common reasons for limited knee drive?": "**Why is mine limited?**",
    "What types of exercises can help improve my knee drive?": "**Which exercises improve it?**",
    "How does core strength relate to knee drive in running?": "**What has core strength to do with it?**",
}
STRETCHES = ("Dynamic Stretches (before runs)", "Static Stretches (after runs)")
HEADINGS = ("For Hip Flexors", "For Glutes and Hamstrings (Posterior Chain Power)", "For Core Strength")


def test_all_of_it_stands_in_catalogue_or_docs():
    assert set(EXERCISES.values()) | set(DYNAMIC.values()) == set(CATALOG.exercises)
    assert set(BARRIERS.values()) == set(CATALOG.barriers)
    assert set(MUSCLES.values()) == set(CATALOG.muscles)
    assert len(MISTAKES) == len(CATALOG.precautions.mistakes)
    for ours in (*WHY.values(), *INTEGRATION.values(), *MISTAKES.values(), *QUESTIONS.values()):
        assert ours in DOCS, ours
    for name, key in MUSCLES.items():
        said = f"{CATALOG.muscles[key].name} {' '.join(CATALOG.muscles[key].parts)}".casefold()
        assert all(
            part.split()[-1] in said for part in re.findall(r"\((?:especially )?(.*)\)", name)[0].casefold().split(", ")
        )
        assert CATALOG.muscles[key].name.casefold() in DOCS.casefold()
    for name in BARRIERS:
        assert name.casefold() in DOCS.casefold(), name
    for exercise in CATALOG.exercises.values():
        if exercise.group.key != "form_cue":
            head = re.split(r"ping for| stretch| with", exercise.name.casefold())[0]
            assert head in " ".join(DOCS.casefold().split()), exercise.name


def test_frequencies_are_the_articles():
    per_week = {key: group.per_week for key, group in CATALOG.groups.items()}
    assert per_week["running_drill"] == (1, 2) and "(1–2 times a week" in DOCS
    assert {per_week[key] for key in per_week if key.endswith("strength")} == {(2, 3)} and "(2–3 times a week)" in DOCS
    assert per_week["dynamic_stretch"] == per_week["static_stretch"] == per_week["foam_rolling"] == (7, 7)


def reached(days, minutes, done, answers, kept, equipment):
    """Every exercise that the week of this runner has, and the barriers that led there."""
    advice = advice_of(kept, Training("me", done, answers), MONDAY, days=days, minutes=minutes, equipment=equipment)
    items = [item["exercise"] for day in advice["plan"]["days"] for item in day["items"]]
    return {*items, advice["plan"]["form_cue"]["exercise"]}, {row["key"] for row in advice["findings"]["barriers"]}


def trained(*keys, weeks=6, sets=3):
    """A log of some weeks in which these were done twice a week."""
    return [
        Done(key, (MONDAY - datetime.timedelta(days=7 * back + ago)).isoformat(), sets)
        for back, ago, key in itertools.product(range(weeks), (3, 6), keys)
    ]


def test_each_is_reached_by_some_runner():
    """Runners of the simulated kinds at several stages of training: each exercise is in the week of one of them."""
    everything, stages = CATALOG.equipment(), []
    base = ("plank", "lunge", "glute-bridge", "banded-knee-drive", "romanian-deadlift", "high-knees")
    stages.append([])
    stages.append(trained(*base))
    stages.append(trained(*base, "a-skip", "bird-dog", "dead-bug"))
    stages.append(trained(*base, "a-skip", "bounding"))
    stages.append(trained(*base, "a-skip", "bounding", "power-skip"))
    for cue in ("arm-drive", "quicker-cadence", "engaged-core", "midfoot-landing"):
        practised = [Done(cue, (MONDAY - datetime.timedelta(days=ago)).isoformat(), 1) for ago in range(1, 9)]
        stages.append(practised)
    ankle = {"limited_ankle_mobility": {"answer": "no", "date": "2026-11-20"}}
    kits = (everything, tuple(one for one in everything if one != "band"), ("cable machine",), ("bar",), ())
    found, barriers = set(), set()
    for name in PROFILES:
        kept = runner(name, 1)
        for done, kit in itertools.product(stages, kits):
            keys, names = reached((0, 2, 5), 90, done, ankle, kept, kit)
            found |= keys
            barriers |= names
    assert set(CATALOG.exercises) - found == set()
    assert set(CATALOG.barriers) - barriers == set()


def test_warm_up_and_mobility_stand_in_every_plan():
    for minutes in (10, 30, 60):
        keys, _ = reached((0, 3), minutes, [], {}, [], CATALOG.equipment())
        for group in ("dynamic_stretch", "static_stretch"):
            assert {one.key for one in CATALOG.exercises.values() if one.group.key == group} <= keys
        assert minutes < 30 or "foam-rolling" in keys


needs_the_article = pytest.mark.skipif(not ARTICLE.exists(), reason=f"the article is not at {ARTICLE}")


@needs_the_article
def test_the_names_are_the_articles():
    """Every list item and question of the article is one of these names, and none of them is made up."""
    text = ARTICLE.read_text(encoding="utf-8")
    before = text.split("Conclusion\n")[0]
    items = {line.strip(" •").partition(":")[0].strip() for line in before.split("\n") if line.strip().startswith("•")}
    known = {*EXERCISES, *BARRIERS, *MUSCLES, *WHY, *INTEGRATION, *MISTAKES, *STRETCHES, *HEADINGS}
    assert items == known
    questions = {
        line.strip() for line in text.split("Frequently Asked Questions")[1].split("\n") if line.strip().endswith("?")
    }
    assert questions == set(QUESTIONS)
    for name in DYNAMIC:
        assert name.casefold() in text.casefold()


@needs_the_article
def test_no_sentence_is_copied():
    """No eight words in a row of the article's stand in the docs or the catalogue, but for lists of names."""
    ours = (
        DOCS
        + "\n"
        + " ".join(
            [one.how for one in CATALOG.exercises.values()]
            + [one.role for one in CATALOG.muscles.values()]
            + [f"{one.what} {one.ask}" for one in CATALOG.barriers.values()]
            + [*CATALOG.precautions.always, *CATALOG.precautions.mistakes]
        )
    )
    shared = runs_of_words(ARTICLE.read_text(encoding="utf-8")) & runs_of_words(ours)
    assert shared == set()


def runs_of_words(text, number=8):
    words = re.findall(r"[a-z]+", text.casefold())
    return {" ".join(words[at : at + number]) for at in range(len(words) - number + 1)}
