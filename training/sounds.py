"""Sounds without speech: noises, knocks, machines, birds, and simple music.

They teach a model to write nothing when nobody speaks, and lie under speech as its
background. Notes are sums of decaying partials, and noises are shaped in the
frequency domain, so NumPy alone is fast enough to make each window anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

RATE = 16000
LOOP = 2**17  # noise repeats after eight seconds, without a seam
LOOP_FREQUENCIES = np.fft.rfftfreq(LOOP, 1 / RATE).astype(np.float32)
HIGHEST_PARTIAL = 7600.0

SCALES = (
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 10),
    (0, 2, 3, 5, 7, 8, 11),
    (0, 2, 3, 5, 7, 9, 10),
    (0, 2, 4, 7, 9),
    (0, 3, 5, 6, 7, 10),
    (0, 2, 4, 6, 8, 10),
)
TOUCH_TONES = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0)

Option = TypeVar("Option")
Sound = Callable[[np.random.Generator, int], np.ndarray]
Instrument = Callable[[np.random.Generator, np.ndarray, int], np.ndarray]


# --- Tools ---------------------------------------------------------------------------


def _log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


def _pick(
    random: np.random.Generator,
    options: tuple[Option, ...],
    weights: tuple[float, ...] = (),
) -> Option:
    shares = np.array(weights) / sum(weights) if weights else None
    return options[int(random.choice(len(options), p=shares))]


def _unit(sound: np.ndarray) -> np.ndarray:
    rms = float(np.sqrt(np.mean(np.square(sound))))
    return sound / max(rms, 1e-9)


def _curve(random: np.random.Generator, length: int, seconds: float) -> np.ndarray:
    """A control that wanders between 0 and 1, with a turn every `seconds`."""
    # A turn is rarely shorter than 20 ms, and lines between 10 ms points are smooth.
    ticks = np.arange(length // 160 + 2) * 0.01 / seconds
    turns = random.random(int(ticks[-1]) + 3)
    whole = ticks.astype(int)
    ease = (1 - np.cos(np.pi * (ticks - whole))) / 2
    points = turns[whole] + (turns[whole + 1] - turns[whole]) * ease
    steps = np.linspace(0, 1, 160, endpoint=False, dtype=np.float32)
    lines = points[:-1, None] + np.diff(points)[:, None] * steps
    return lines.astype(np.float32).ravel()[:length]


def _shape(loop: np.ndarray, gain: np.ndarray) -> np.ndarray:
    return np.fft.irfft(np.fft.rfft(loop) * gain, LOOP).astype(np.float32)


def _repeat(random: np.random.Generator, loop: np.ndarray, length: int) -> np.ndarray:
    start = int(random.integers(LOOP))
    return np.resize(np.roll(loop, start), length)


def _noise(random: np.random.Generator, length: int, gain: np.ndarray) -> np.ndarray:
    """Noise of unit RMS whose spectrum is `gain`: [LOOP // 2 + 1]."""
    white = random.standard_normal((2, gain.size), dtype=np.float32)
    spectrum = (white[0] + 1j * white[1]) * gain
    return _repeat(random, _unit(np.fft.irfft(spectrum, LOOP)), length)


def _band(low: float, high: float, slope: float = 4.0) -> np.ndarray:
    """The gain of a band, falling by `slope` powers of frequency beyond its edges."""
    frequencies = LOOP_FREQUENCIES + 1.0
    rise = np.minimum(frequencies / low, 1.0)
    fall = np.minimum(high / frequencies, 1.0)
    return (rise * fall) ** slope


def _partials(
    frequencies: np.ndarray,
    decays: np.ndarray | float,
    amplitudes: np.ndarray,
    phases: np.ndarray,
    length: int,
) -> np.ndarray:
    """Sum decaying sines: [notes, partials] each, to [notes, length].

    A sine at a block's start times a sine within the block is one matrix product,
    which is far cheaper than a sine for each sample.
    """
    block = int(np.sqrt(length)) + 1
    amplitudes = np.where(frequencies < HIGHEST_PARTIAL, amplitudes, 0.0)
    turn = (2j * np.pi * frequencies - decays) / RATE
    starts = (amplitudes * np.exp(1j * phases))[..., None] * np.exp(
        turn[..., None] * (np.arange(block) * block)
    )
    within = np.exp(turn[..., None] * np.arange(block))
    left = np.concatenate([starts.real, -starts.imag], axis=1).astype(np.float32)
    right = np.concatenate([within.real, within.imag], axis=1).astype(np.float32)
    sound = left.transpose(0, 2, 1) @ right
    return sound.reshape(len(sound), -1)[:, :length]


def _wave(cycles: np.ndarray, harmonics: np.ndarray) -> np.ndarray:
    """Read one period of `harmonics` at each phase of `cycles`, in turns."""
    size = 2048
    table = np.fft.irfft(np.concatenate([[0], harmonics]), size).astype(np.float32)
    return table[(cycles * size).astype(np.int64) % size]


def _cycles(frequency: np.ndarray) -> np.ndarray:
    return np.cumsum(frequency / RATE, dtype=np.float64)


def _fade(sound: np.ndarray, attack: int, release: int) -> np.ndarray:
    """A copy that starts and ends in silence; attack and release in samples."""
    faded = sound.copy()
    attack, release = min(attack, sound.size // 2), min(release, sound.size // 2)
    faded[:attack] *= np.linspace(0, 1, attack, dtype=np.float32)
    faded[sound.size - release :] *= np.linspace(1, 0, release, dtype=np.float32)
    return faded


def _add(track: np.ndarray, start: int, sound: np.ndarray) -> None:
    end = min(start + sound.size, track.size)
    if 0 <= start < end:
        track[start:end] += sound[: end - start]


def _times(random: np.random.Generator, length: int, seconds: float) -> np.ndarray:
    """Starts, in samples, of events `seconds` apart: even, uneven, or at random."""
    count = int(length / RATE / seconds) + 2
    uneven = random.choice([0.0, 0.05, 0.3, 1.0])
    gaps = 1 - uneven + uneven * random.exponential(size=count)
    starts = np.cumsum(gaps * seconds * RATE) - random.uniform(0, seconds * RATE)
    return starts[(starts >= 0) & (starts < length)].astype(int)


def _warp(random: np.random.Generator, track: np.ndarray) -> np.ndarray:
    """Vibrato: read the track a little early and late, in a wandering sway."""
    rate, cents = random.uniform(4, 7), random.uniform(5, 60)
    depth = (2 ** (cents / 1200) - 1) / (2 * np.pi * rate) * RATE
    time = np.arange(track.size, dtype=np.float32) / RATE
    sway = np.sin(time * np.float32(2 * np.pi * rate))
    sway *= depth * _curve(random, track.size, 0.7)
    whole = np.floor(sway)
    position = np.arange(track.size) + whole.astype(np.int64)
    here = np.take(track, position, mode="clip")
    following = np.take(track, position + 1, mode="clip")
    return here + (following - here) * (sway - whole)


def _echo(random: np.random.Generator, track: np.ndarray) -> np.ndarray:
    """The track in a room of a few reflections."""
    wet = track.copy()
    for delay in random.uniform(0.01, 0.25, size=6):
        gain = 0.6 * np.exp(-delay * 10)
        _add(wet, int(delay * RATE), track[: -int(delay * RATE)] * np.float32(gain))
    return wet


# --- Steady noises -------------------------------------------------------------------


def _colored(random: np.random.Generator, length: int) -> np.ndarray:
    slope = random.choice([0.0, 0.5, 1.0, random.uniform(-0.5, 1.3)])
    gain = np.maximum(LOOP_FREQUENCIES, 20.0) ** -slope
    return _noise(random, length, gain)


def _banded(random: np.random.Generator, length: int) -> np.ndarray:
    low = _log_uniform(random, 30, 4000)
    high = min(low * _log_uniform(random, 1.2, 30), 8000)
    return _noise(random, length, _band(low, high, random.uniform(1, 8)))


def _hum(random: np.random.Generator, length: int) -> np.ndarray:
    mains = random.choice([50.0, 60.0, random.uniform(40, 130)])
    mains *= 1 + random.normal() * 1e-3
    order = np.arange(1, 25)
    amplitudes = random.exponential(size=24) / order ** random.uniform(0.3, 2)
    amplitudes[1::2] *= random.uniform(0.1, 1)
    phases = random.uniform(0, 2 * np.pi, size=(1, 24))
    tone = _partials(mains * order[None], 0.0, amplitudes[None], phases, length)[0]
    return _unit(tone) + _colored(random, length) * _log_uniform(random, 0.01, 1)


def _room(random: np.random.Generator, length: int) -> np.ndarray:
    low = _noise(random, length, _band(30, random.uniform(100, 600), 1.0))
    hiss = _noise(random, length, _band(random.uniform(200, 2000), 8000, 1.0))
    return low + hiss * _log_uniform(random, 0.01, 1)


def _fan(random: np.random.Generator, length: int) -> np.ndarray:
    frequencies = np.array([[_log_uniform(random, 40, 3000) for _ in range(5)]])
    phases = random.uniform(0, 2 * np.pi, size=(1, 5))
    whine = _partials(frequencies, 0.0, random.exponential(size=(1, 5)), phases, length)
    return _room(random, length) + whine[0] * np.float32(_log_uniform(random, 0.02, 1))


def _modulated(random: np.random.Generator, length: int) -> np.ndarray:
    steady = _pick(random, (_colored, _banded, _room))(random, length)
    return steady * (0.1 + _curve(random, length, _log_uniform(random, 0.1, 8)))


STEADY = (_colored, _banded, _hum, _room, _fan, _modulated)


def background(random: np.random.Generator, length: int) -> np.ndarray:
    """Noise to lie under speech: float32 [length] at 16 kHz, of unit RMS."""
    sound = _pick(random, STEADY)(random, length)
    if random.random() < 0.2:
        other = _pick(random, STEADY)(random, length)
        sound = sound + other * np.float32(_log_uniform(random, 0.1, 1))
    return _unit(sound).astype(np.float32)


# --- Weather, knocks, machines, and birds --------------------------------------------


def _silence(random: np.random.Generator, length: int) -> np.ndarray:
    return np.zeros(length, np.float32)


def _steps(random: np.random.Generator, length: int) -> np.ndarray:
    """A noise whose level jumps: a door opens, a machine is turned on."""
    count = int(random.integers(2, 9))
    levels = np.array([_log_uniform(random, 0.003, 1) for _ in range(count)])
    edges = np.sort(random.integers(0, length, size=count - 1))
    spans = np.diff(np.concatenate([[0], edges, [length]]))
    return background(random, length) * np.repeat(levels, spans)


def _swell(random: np.random.Generator, length: int) -> np.ndarray:
    level = _curve(random, length, _log_uniform(random, 0.15, 10))
    return background(random, length) * level ** random.choice([1, 2, 4])


def _wind(random: np.random.Generator, length: int) -> np.ndarray:
    track = np.zeros(length, np.float32)
    for _ in range(3):
        center = _log_uniform(random, 100, 1500)
        gust = _noise(random, length, _band(center / 1.3, center * 1.3, 3.0))
        track += gust * _curve(random, length, random.uniform(0.4, 4)) ** 2
    return track


def _crackle(random: np.random.Generator, length: int) -> np.ndarray:
    """Rain, fire, or an old record: impulses through a random band."""
    loop = np.zeros(LOOP, np.float32)
    count = int(_log_uniform(random, 10, 20000))
    loop[random.integers(0, LOOP, size=count)] = random.standard_normal(count) ** 3
    low = _log_uniform(random, 100, 3000)
    drops = _unit(_shape(loop, _band(low, low * random.uniform(1.5, 8), 2.0)))
    bed = _colored(random, length) * np.float32(_log_uniform(random, 0.01, 0.5))
    return _repeat(random, drops, length) + bed


def _hits(random: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Six knocks on one body: [6, samples]."""
    modes = np.exp(random.uniform(np.log(low), np.log(high), size=(1, 8)))
    modes = modes * random.uniform(0.97, 1.03, size=(6, 8))
    decays = _log_uniform(random, 8, 120) * (0.5 + random.random((6, 8)))
    amplitudes = random.exponential(size=(6, 8))
    phases = random.uniform(0, 2 * np.pi, size=(6, 8))
    return _partials(modes, decays, amplitudes, phases, RATE // 2)


def _knocks(random: np.random.Generator, length: int) -> np.ndarray:
    """Clicks, knocks, footsteps: struck bodies, even or at random."""
    low = _log_uniform(random, 40, 3000)
    hits = _hits(random, low, low * random.uniform(1.5, 6))
    scuff = random.standard_normal((6, RATE // 2), dtype=np.float32)
    scuff *= np.exp(-np.arange(RATE // 2) / RATE * random.uniform(20, 200))
    hits = hits + scuff * np.float32(random.choice([0.0, random.random()]))
    track = np.zeros(length, np.float32)
    for start in _times(random, length, _log_uniform(random, 0.08, 4)):
        hit = hits[random.integers(6)] * np.float32(random.uniform(0.3, 1))
        _add(track, int(start), _fade(hit, 8, 800))
    return track


def _engine(random: np.random.Generator, length: int) -> np.ndarray:
    base, change = _log_uniform(random, 20, 200), random.uniform(0, 1.5)
    speed = base * (1 + change * _curve(random, length, random.uniform(0.5, 8)))
    order = np.arange(1, 41)
    harmonics = random.exponential(size=40) / order ** random.uniform(0.3, 1.5)
    harmonics = harmonics * np.exp(1j * random.uniform(0, 2 * np.pi, size=40))
    noise = _room(random, length) * np.float32(_log_uniform(random, 0.02, 1))
    return _unit(_wave(_cycles(speed), harmonics)) + noise


def _siren(random: np.random.Generator, length: int) -> np.ndarray:
    time = np.arange(length) / RATE * _log_uniform(random, 0.1, 6)
    sway = random.choice([0, 1, 2])
    if sway == 0:
        height = (1 + np.sin(2 * np.pi * time)) / 2
    elif sway == 1:
        height = np.abs(2 * (time % 1) - 1)
    else:
        height = np.where(time % 1 < 0.5, 0.0, 1.0)
    low = _log_uniform(random, 300, 1500)
    harmonics = random.exponential(size=4) / np.arange(1, 5) ** 2
    return _wave(_cycles(low * (1 + random.uniform(0.1, 1) * height)), harmonics)


def _beep_tones(random: np.random.Generator) -> np.ndarray:
    """Frequencies of a device's beeps: [tones, 2]."""
    if random.random() < 0.3:
        low, high = TOUCH_TONES
        return np.array([[a, b] for a in low for b in high])
    tones = np.exp(random.uniform(np.log(250), np.log(4500), size=(3, 1)))
    return tones * np.array([[1.0, random.choice([1.0, 1.09, 1.5, 2.0, 3.0])]])


def _beeps(random: np.random.Generator, length: int) -> np.ndarray:
    tones = _beep_tones(random)
    gap = _log_uniform(random, 0.12, 5)
    lasts = int(gap * random.uniform(0.15, 0.9) * RATE)
    phases = random.uniform(0, 6.28, size=tones.shape)
    notes = _partials(tones, random.choice([0.0, 5.0]), np.ones(2), phases, lasts)
    changes = random.random() < 0.6
    track = np.zeros(length, np.float32)
    for start in _times(random, length, gap):
        which = random.integers(len(notes)) if changes else 0
        _add(track, int(start), _fade(notes[which], 40, 80))
    return track


def _chirp(random: np.random.Generator, low: float, high: float) -> np.ndarray:
    """One syllable of a bird: a sweep, with a trill on some."""
    size = int(_log_uniform(random, 0.02, 0.5) * RATE)
    time = np.linspace(0, 1, size)
    first, middle, last = np.exp(random.uniform(np.log(low), np.log(high), size=3))
    sweep = first * (1 - time) ** 2 + 2 * middle * time * (1 - time) + last * time**2
    trill = random.choice([0.0, 0.0, random.uniform(0.02, 0.2)])
    speed = random.uniform(15, 60) * size / RATE
    sweep = sweep * (1 + trill * np.sin(2 * np.pi * speed * time))
    harmonics = np.array([1.0, random.uniform(0, 0.3), random.uniform(0, 0.1)])
    swell = np.sin(np.pi * time ** random.uniform(0.5, 2)).astype(np.float32)
    return _wave(_cycles(sweep), harmonics) * swell


def _motif(random: np.random.Generator, low: float, high: float) -> np.ndarray:
    """Some syllables in a row, the last of them perhaps repeated."""
    syllables = [_chirp(random, low, high) for _ in range(random.integers(1, 6))]
    syllables += [syllables[-1]] * int(random.choice([0, 0, random.integers(1, 10)]))
    pause = np.zeros(int(random.uniform(0.01, 0.15) * RATE), np.float32)
    return np.concatenate([part for one in syllables for part in (one, pause)])


def _birds(random: np.random.Generator, length: int) -> np.ndarray:
    track = np.zeros(length, np.float32)
    for _ in range(random.integers(1, 5)):
        low = _log_uniform(random, 1500, 4000)
        high = min(low * random.uniform(1.1, 2.5), 7000)
        motifs = [_motif(random, low, high) for _ in range(random.integers(1, 4))]
        loudness = _log_uniform(random, 0.1, 1)
        for start in _times(random, length, _log_uniform(random, 0.6, 6)):
            song = motifs[random.integers(len(motifs))]
            _add(
                track, int(start), song * np.float32(loudness * random.uniform(0.5, 1))
            )
    return _echo(random, track) if random.random() < 0.5 else track


def _whistle(random: np.random.Generator, length: int) -> np.ndarray:
    """Slow gliding whistles, with pauses."""
    low = _log_uniform(random, 500, 3000)
    glide = _curve(random, length, random.uniform(0.2, 1.5))
    frequency = low * (1 + random.uniform(0.1, 1.2) * glide)
    level = np.maximum(_curve(random, length, random.uniform(0.2, 1)) - 0.35, 0)
    harmonics = np.array([1.0, random.uniform(0, 0.2)])
    breath = _noise(random, length, _band(low, low * 2, 2.0)) * np.float32(0.05)
    return (_unit(_wave(_cycles(frequency), harmonics)) + breath) * level


# --- Instruments: MIDI pitches [notes] to sound [notes, length] ----------------------


def _hertz(pitches: np.ndarray) -> np.ndarray:
    return 440.0 * 2.0 ** ((pitches - 69.0) / 12.0)


def _body(random: np.random.Generator, frequencies: np.ndarray) -> np.ndarray:
    """The resonance of a wooden body: a few bumps over the frequencies."""
    octaves = np.log2(np.maximum(frequencies, 20.0))
    gain = np.full(frequencies.shape, 0.25)
    for center in np.log2([_log_uniform(random, 90, 5000) for _ in range(5)]):
        gain += random.random() * np.exp(-((octaves - center) ** 2) * 8)
    return gain


def _plucked(
    random: np.random.Generator, pitches: np.ndarray, length: int
) -> np.ndarray:
    """A Karplus-Strong string, as the sum of its modes."""
    order = np.arange(1, 33)
    base = _hertz(pitches)[:, None]
    frequencies = base * order * np.sqrt(1 + random.uniform(0, 2e-4) * order**2)
    loss = np.cos(np.minimum(np.pi * frequencies / RATE, 1.5))
    damping = random.uniform(0.2, 1.5)
    decays = random.uniform(0.5, 5) - damping * base * np.log(loss)
    position = np.abs(np.sin(np.pi * order * random.uniform(0.05, 0.5)))
    amplitudes = position / order ** random.uniform(0.4, 1.6)
    amplitudes = amplitudes * random.uniform(0.3, 1.7, size=frequencies.shape)
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    amplitudes = amplitudes * _body(random, frequencies)
    return _partials(frequencies, decays, amplitudes, phases, length)


def _struck(
    random: np.random.Generator, pitches: np.ndarray, length: int
) -> np.ndarray:
    """A piano, a bell, or a marimba: partials that die, the high ones first."""
    order = np.arange(1, 13.0)
    stretch = random.choice([1.0, 1.0, random.uniform(0.9, 1.5)])
    ratios = order**stretch * (1 + random.choice([0.0, 0.1]) * random.random(12))
    frequencies = _hertz(pitches)[:, None] * ratios
    decays = random.uniform(0.5, 8) * (1 + random.uniform(0, 0.5) * (order - 1))
    amplitudes = random.exponential(size=12) / order ** random.uniform(0.5, 2)
    amplitudes = amplitudes * random.uniform(0.5, 1.5, size=frequencies.shape)
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    return _partials(frequencies, decays, amplitudes, phases, length)


def _bowed(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A section of strings: several players, none quite in tune with another."""
    players, order = int(random.integers(1, 7)), np.arange(1, 17)
    detune = 2 ** (random.normal(size=(players, 1)) * random.uniform(3, 12) / 1200)
    frequencies = _hertz(pitches)[:, None] * (detune * order).ravel()
    falls = np.tile(1.0 / order ** random.uniform(0.8, 1.6), players)
    amplitudes = falls * _body(random, frequencies)
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    return _partials(frequencies, 0.0, amplitudes, phases, length)


def _blown(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A flute, a reed, or the stops of an organ."""
    order = np.array([0.5, 1, 2, 3, 4, 5, 6, 8])
    amplitudes = random.exponential(size=8) / order ** random.uniform(1, 3)
    amplitudes[0] *= random.choice([0.0, 0.3])
    frequencies = _hertz(pitches)[:, None] * order
    phases = random.uniform(0, 2 * np.pi, size=frequencies.shape)
    notes = _partials(frequencies, 0.0, amplitudes[None], phases, length)
    breath = random.standard_normal(length, dtype=np.float32)
    return notes + breath * np.float32(_log_uniform(random, 1e-3, 0.05))


def _drums(random: np.random.Generator, pitches: np.ndarray, length: int) -> np.ndarray:
    """A kick, a snare, and a cymbal, for the pitches 0, 1, and 2."""
    time = np.arange(length, dtype=np.float32) / RATE
    white = random.standard_normal((2, length), dtype=np.float32)
    fall = random.uniform(50, 200) * np.exp(-time * random.uniform(15, 40))
    kick = np.sin(2 * np.pi * _cycles(random.uniform(40, 80) + fall))
    kick = kick * np.exp(-time * random.uniform(6, 25))
    ring = np.sin(2 * np.pi * random.uniform(150, 300) * time)
    snare = (white[0] * 0.5 + ring) * np.exp(-time * random.uniform(12, 35))
    hiss = np.diff(white[1], n=2, append=[0, 0]) * 0.3
    cymbal = hiss * np.exp(-time * random.uniform(10, 80))
    return np.stack([kick, snare, cymbal])[pitches.astype(int)].astype(np.float32)


# --- Music ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """What the parts of a piece share: a scale, a tempo, and a chord for each bar."""

    root: int
    scale: tuple[int, ...]
    beat_seconds: float
    beats: int
    chords: np.ndarray

    def pitch(self, degrees: np.ndarray) -> np.ndarray:
        """MIDI pitches of scale degrees, which may leave the octave."""
        octave, step = np.divmod(degrees, len(self.scale))
        return self.root + 12 * octave + np.array(self.scale)[step]

    def bars(self, length: int) -> int:
        """How many bars begin within `length` samples."""
        return int(length / RATE / self.beat_seconds / self.beats) + 1


@dataclass(frozen=True)
class Score:
    """Notes to play, each array [notes]; starts and lengths are in beats."""

    starts: np.ndarray
    beats: np.ndarray
    pitches: np.ndarray
    gains: np.ndarray


Part = Callable[[np.random.Generator, Key, int], Score]


def _key(random: np.random.Generator) -> Key:
    return Key(
        root=int(random.integers(40, 65)),
        scale=SCALES[int(random.integers(len(SCALES)))],
        beat_seconds=60 / random.uniform(50, 180),
        beats=int(random.choice([2, 3, 4, 4])),
        chords=random.integers(-3, 5, size=int(random.choice([2, 4, 4, 8]))),
    )


def _gains(random: np.random.Generator, count: int) -> np.ndarray:
    return random.uniform(0.5, 1, size=count)


def _melody(random: np.random.Generator, key: Key, length: int) -> Score:
    """A walk along the scale in mixed rhythms, with rests and phrases that return."""
    values = random.choice([0.25, 0.5, 0.5, 1, 1, 1.5, 2, 3], size=24)
    values = values * random.choice([0.5, 1, 1, 2])
    walk = np.cumsum(random.integers(-2, 3, size=24)) + random.integers(0, 8)
    walk = np.abs((walk + 4) % 28 - 14) - 4  # turn back at the ends of the compass
    phrases = int(length / RATE / key.beat_seconds / values.sum()) + 1
    beats = np.tile(values, phrases)
    gains = _gains(random, beats.size) * (random.random(beats.size) > 0.12)
    starts = np.cumsum(beats) - beats
    return Score(starts, beats, key.pitch(np.tile(walk, phrases)), gains)


def _arpeggio(random: np.random.Generator, key: Key, length: int) -> Score:
    """Chord notes one after another, in one pattern throughout."""
    division = int(random.choice([1, 2, 2, 3, 4]))
    per_bar = key.beats * division
    pattern = random.choice([-7, 0, 2, 4, 7, 9], size=per_bar)
    bars = key.bars(length)
    degrees = np.resize(key.chords, bars)[:, None] + pattern
    count = degrees.size
    starts = np.arange(count) / division
    pitches = key.pitch(degrees.ravel())
    return Score(starts, np.full(count, 1 / division), pitches, _gains(random, count))


def _harmony(random: np.random.Generator, key: Key, length: int) -> Score:
    """Whole chords, held for a bar or struck in a rhythm, the notes a little apart."""
    strokes = random.random(key.beats * 2) < random.choice([0.0, 0.3, 0.6])
    strokes[0] = True
    within = np.flatnonzero(strokes) / 2
    voices = np.array([0, 2, 4, 7, 9, 11])[: random.integers(3, 7)]
    bars = key.bars(length)
    bar_starts = np.arange(bars)[:, None, None] * key.beats
    spread = random.uniform(0, 0.08) * np.arange(voices.size)
    starts = bar_starts + within[:, None] + spread
    chords = np.resize(key.chords, bars)[:, None, None]
    degrees = np.broadcast_to(chords + voices, starts.shape)
    beats = np.diff(np.append(within, key.beats))[:, None]
    beats = np.broadcast_to(beats, starts.shape)
    gains = _gains(random, starts.size)
    return Score(starts.ravel(), beats.ravel(), key.pitch(degrees.ravel()), gains)


def _bass(random: np.random.Generator, key: Key, length: int) -> Score:
    bars = key.bars(length)
    degrees = np.resize(key.chords, bars)[:, None] + random.choice(
        [0, 0, 4, 7], size=key.beats
    )
    count = degrees.size
    pitches = key.pitch(degrees.ravel()) - 12
    return Score(np.arange(count), np.ones(count), pitches, _gains(random, count))


def _rhythm(random: np.random.Generator, key: Key, length: int) -> Score:
    """A pattern of one bar for the three drums, in quarters of a beat."""
    slots = key.beats * 4
    chance = random.uniform(0.05, 0.7, size=(3, 1))
    bar = random.random((3, slots)) < chance
    bar[0, 0] = True
    which, slot = np.nonzero(np.tile(bar, key.bars(length)))
    return Score(slot / 4, np.ones(slot.size), which, _gains(random, slot.size))


def _play(
    random: np.random.Generator,
    instrument: Instrument,
    score: Score,
    key: Key,
    length: int,
) -> np.ndarray:
    """Sound a score: one note for each pitch, laid wherever the pitch occurs."""
    rings = instrument in (_plucked, _struck, _drums)
    longest = min(float(score.beats.max()) * key.beat_seconds, 6.0)
    size = int((2.0 if rings else longest + 0.1) * RATE)
    pitches, which = np.unique(score.pitches, return_inverse=True)
    detune = random.uniform(-0.5, 0.5) * (instrument is not _drums)
    notes = instrument(random, pitches + detune, size)
    attack = 16 if rings else int(_log_uniform(random, 0.02, 0.3) * RATE)
    sizes = (score.beats * key.beat_seconds + 0.1) * RATE
    late = random.normal(size=which.size) * random.choice([0.0, 0.01])
    starts = (score.starts * key.beat_seconds + np.abs(late)) * RATE
    track = np.zeros(length, np.float32)
    for index in np.flatnonzero((starts < length) & (score.gains > 0)):
        last = size if rings else min(int(sizes[index]), size)
        note = notes[which[index], :last] * np.float32(score.gains[index])
        _add(track, int(starts[index]), _fade(note, attack, 1600))
    if not rings and random.random() < 0.7:
        track = _warp(random, track)
    return _unit(track)


def _finish(random: np.random.Generator, track: np.ndarray) -> np.ndarray:
    """Give a piece its room and its crescendos, each only sometimes."""
    if random.random() < 0.6:
        track = _echo(random, track)
    if random.random() < 0.4:
        level = _curve(random, track.size, random.uniform(2, 12))
        track = track * (0.15 + level)
    return track


def _solo(
    random: np.random.Generator, length: int, instrument: Instrument
) -> np.ndarray:
    key, part = _key(random), _pick(random, (_melody, _arpeggio, _harmony))
    track = _play(random, instrument, part(random, key, length), key, length)
    return _finish(random, track)


def _guitar(random: np.random.Generator, length: int) -> np.ndarray:
    return _solo(random, length, _plucked)


def _keys(random: np.random.Generator, length: int) -> np.ndarray:
    return _solo(random, length, _struck)


def _winds(random: np.random.Generator, length: int) -> np.ndarray:
    return _solo(random, length, _blown)


def _drumming(random: np.random.Generator, length: int) -> np.ndarray:
    key = _key(random)
    score = _rhythm(random, key, length)
    return _finish(random, _play(random, _drums, score, key, length))


def _strings(random: np.random.Generator, length: int) -> np.ndarray:
    """An orchestra of strings: a line, held chords, or both, and the rub of bows."""
    key, track = _key(random), np.zeros(length, np.float32)
    parts = _pick(random, ((_melody,), (_harmony,), (_melody, _harmony)))
    for part in parts:
        track += _play(random, _bowed, part(random, key, length), key, length)
    rub = _noise(random, length, _band(1000, 6000, 1.0))
    track += rub * np.float32(_log_uniform(random, 0.003, 0.1))
    return _finish(random, track)


def _orchestra(random: np.random.Generator, length: int) -> np.ndarray:
    """Two to four parts in one key: chords, a bass, a melody, and drums."""
    key, track = _key(random), np.zeros(length, np.float32)
    for part in (_harmony, _bass, _melody):
        if random.random() < 0.7:
            instrument = _pick(random, (_plucked, _struck, _bowed, _blown))
            played = _play(random, instrument, part(random, key, length), key, length)
            track += played * np.float32(random.uniform(0.3, 1))
    if random.random() < 0.6 or not track.any():
        beat = _play(random, _drums, _rhythm(random, key, length), key, length)
        track += beat * np.float32(_log_uniform(random, 0.1, 1))
    return _finish(random, track)


# --- Whole windows -------------------------------------------------------------------

KINDS: dict[Sound, float] = {
    _silence: 3,
    background: 8,
    _steps: 4,
    _swell: 5,
    _wind: 4,
    _crackle: 4,
    _knocks: 7,
    _engine: 4,
    _siren: 3,
    _beeps: 5,
    _birds: 9,
    _whistle: 4,
    _guitar: 10,
    _keys: 6,
    _winds: 5,
    _drumming: 4,
    _strings: 10,
    _orchestra: 8,
}


def _kind(random: np.random.Generator, length: int) -> np.ndarray:
    return _pick(random, tuple(KINDS), tuple(KINDS.values()))(random, length)


def _excerpt(random: np.random.Generator, sound: np.ndarray) -> np.ndarray:
    """Keep a part of the window, so that sound may begin and end anywhere in it."""
    start, end = np.sort(random.integers(0, sound.size, size=2))
    part = np.zeros_like(sound)
    fade = int(_log_uniform(random, 0.002, 2) * RATE)
    part[start:end] = _fade(sound[start:end], fade, fade)
    return part


def _peak(random: np.random.Generator) -> float:
    quiet = random.random() < 0.15
    return (
        _log_uniform(random, 1e-4, 0.02) if quiet else _log_uniform(random, 0.02, 0.9)
    )


def no_speech(random: np.random.Generator, length: int) -> np.ndarray:
    """A whole window in which nobody speaks: float32 [length] at 16 kHz, peak <= 0.9.

    It may be digital silence, and may be as quiet as a peak of 1e-4.
    """
    sound = _unit(_kind(random, length))
    if random.random() < 0.2:
        other = _unit(_kind(random, length))
        sound = sound + other * np.float32(_log_uniform(random, 0.1, 1))
    if random.random() < 0.2:
        sound = _excerpt(random, sound)
    if random.random() < 0.4 and sound.any():
        sound = sound + background(random, length) * _log_uniform(random, 1e-3, 0.2)
    loudest = float(np.abs(sound).max(initial=0.0))
    return (sound * (_peak(random) / max(loudest, 1e-9))).astype(np.float32)
