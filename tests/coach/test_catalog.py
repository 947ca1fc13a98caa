"""The catalogue holds what the article names, and a catalogue that does not fit is refused with file and entry."""

import pytest

from kneesync.coach.catalog import FILE, CatalogError, load

# What the article names, by group.
ARTICLE = {
    "running_drill": ["High knees", "A-skip", "B-skip", "Butt kicks", "Strides"],
    "hip_flexor_strength": ["Hanging knee raise", "Cable knee drive", "Standing banded knee drive"],
    "posterior_chain_strength": ["Romanian deadlift", "Glute bridge", "Kettlebell swing", "Lunge"],
    "core_strength": ["Plank", "Bird-dog", "Russian twist", "Dead bug"],
    "dynamic_stretch": ["Leg swings", "Walking lunge with a torso twist", "Hip circles"],
    "static_stretch": ["Hip flexor stretch", "Quad stretch", "Hamstring stretch", "Glute stretch"],
    "foam_rolling": ["Foam rolling"],
    "plyometric": ["Box jump", "Bounding", "Skipping for height or distance"],
    "form_cue": [
        "Run tall",
        "Keep the core engaged",
        "Drive the arms",
        "Land on the midfoot, under the body",
        "Quicker, shorter steps",
    ],
}
VARIANTS = {
    "hanging-knee-raise": ["leg raise"],
    "glute-bridge": ["hip thrust"],
    "lunge": ["forward", "reverse", "walking"],
    "leg-swings": ["forward and backward", "side to side"],
    "hip-flexor-stretch": ["kneeling lunge"],
    "quad-stretch": ["standing", "lying"],
    "hamstring-stretch": ["seated", "standing"],
    "glute-stretch": ["figure four", "pigeon pose"],
    "foam-rolling": ["quads", "hip flexors", "glutes", "hamstrings"],
    "power-skip": ["for height", "for distance"],
}
MUSCLES = {
    "hip_flexors": ["iliopsoas", "rectus femoris", "sartorius"],
    "quadriceps": ["rectus femoris"],
    "glutes": ["gluteus maximus", "gluteus medius", "gluteus minimus"],
    "hamstrings": ["biceps femoris", "semitendinosus", "semimembranosus"],
    "core": ["transverse abdominis", "obliques", "erector spinae"],
    "shin": ["tibialis anterior"],
}
BARRIERS = [
    "tight hip flexors",
    "weak hip flexors",
    "weak glutes and hamstrings",
    "poor core strength",
    "limited ankle mobility",
    "overstriding",
    "form that fades in long runs",
]
PER_WEEK = {
    "running_drill": (1, 2),
    "hip_flexor_strength": (2, 3),
    "posterior_chain_strength": (2, 3),
    "core_strength": (2, 3),
    "dynamic_stretch": (7, 7),
    "static_stretch": (7, 7),
    "foam_rolling": (7, 7),
}


def test_what_the_article_names_is_there():
    catalog = load()
    named = {}
    for exercise in catalog.exercises.values():
        named.setdefault(exercise.group.key, []).append(exercise.name)
    assert named == ARTICLE
    for key, words in VARIANTS.items():
        variants = " ".join(catalog.exercises[key].variants)
        assert all(word in variants for word in words), key
    for key, parts in MUSCLES.items():
        said = " ".join(catalog.muscles[key].parts)
        assert all(part in said for part in parts), key
    assert [barrier.name for barrier in catalog.barriers.values()] == BARRIERS
    assert {key: catalog.groups[key].per_week for key in PER_WEEK} == PER_WEEK
    assert len(catalog.precautions.mistakes) == 4  # forcing, overstriding, ignoring weaknesses, only drills


def test_progressions():
    exercises = load().exercises
    assert exercises["a-skip"].after == ("high-knees",) and exercises["b-skip"].after == ("a-skip",)
    assert exercises["strides"].dose["metres"] == (100, 200)


def test_every_exercise_is_led_to():
    """By a barrier, as warm-up, mobility or rolling in every plan, or as a step to one that is."""
    catalog = load()
    led_to = {key for barrier in catalog.barriers.values() for key in barrier.train}
    for key in list(led_to):
        led_to.update(catalog.exercises[key].after)
    always = {"dynamic_stretch", "static_stretch", "foam_rolling"}
    assert [key for key, one in catalog.exercises.items() if key not in led_to and one.group.key not in always] == []


def test_every_muscle_is_trained():
    trained = {muscle for exercise in load().exercises.values() for muscle in exercise.muscles}
    assert trained == set(load().muscles)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('key = "a-skip"', 'key = "a-skip"\nvoodoo = 1', "exercise a-skip: unknown key 'voodoo'"),
        ("reps = [6, 12]", "reps = [6, 120]", "exercise hanging-knee-raise: dose reps is [6, 120]"),
        ("reps = [6, 12]", "reps = [12, 6]", "exercise hanging-knee-raise: dose reps is [12, 6]"),
        ("reps = [6, 12]", 'reps = "many"', "exercise hanging-knee-raise: dose reps is many"),
        ("reps = [6, 12]", "laps = [6, 12]", "hanging-knee-raise, dose: unknown key 'laps'"),
        ("sets = [2, 3], reps = [6, 12]", "reps = [6, 12]", "hanging-knee-raise: a dose has sets"),
        ('after = ["a-skip"]\nmistakes = ["reaching', 'after = ["c-skip"]\nmistakes = ["reaching', "'c-skip', which"),
        ('key = "high-knees"', 'key = "high-knees"\nafter = ["b-skip"]', "comes after itself"),
        ('muscles = ["hip_flexors", "core", "shin"]', 'muscles = ["wings"]', "muscles names 'wings'"),
        ('group = "running_drill"', 'group = "dance"', "exercise high-knees: group names 'dance'"),
        ('signs = ["short_extension"]', 'signs = ["fatigue"]', "barriers.tight_hip_flexors: signs names 'fatigue'"),
        ('key = "b-skip"', 'key = "a-skip"', "exercise a-skip: stands there twice"),
        ('name = "High knees"\n', "", "exercise high-knees: name is missing"),
        ("minutes = 3", 'minutes = "three"', "minutes is 'three', expected a whole number"),
        ("minutes = 3", "minutes = 300", "minutes is 300"),
        ("per_week = [1, 2]", "per_week = [2, 9]", "groups.running_drill: per_week is [2, 9]"),
        ('limited_if = "yes"', 'limited_if = "maybe"', "barriers.overstriding: limited_if is 'maybe', not yes or no"),
        ("[precautions]", "[cautions]", "unknown key 'cautions'"),
        ("[groups.running_drill]", "[groups.running_drill", "is no TOML"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, old, new, told):
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "catalog.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogError) as refused:
        load(path)
    assert told in str(refused.value) and "catalog.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CatalogError, match="cannot read the catalogue"):
        load(tmp_path / "none.toml")
