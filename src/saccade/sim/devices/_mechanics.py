"""How fast and how exactly the devices of a virtual microscope do what they are told."""

from __future__ import annotations

from dataclasses import dataclass, fields

from saccade.core import is_number, require

_NOT_NEGATIVE = "a number of 0 or more"


@dataclass(frozen=True, slots=True)
class Mechanics:
    """Travel, speed and inexactness of a virtual microscope.

    Parameters
    ----------
    xy_travel_um, z_travel_um : tuple of float
        Where the stages can go, on either axis; elsewhere they refuse to.
    xy_speed_um_per_s, z_speed_um_per_s : float
        How fast they go.
    xy_settle_ms, z_settle_ms : float
        How long they are busy after they have arrived.
    xy_backlash_um, z_backlash_um : float
        How far a stage truly stands off after it came from above, though it reads back as
        asked; after it came from below it stands where it says.
    wheel_ms : float
        How long the filter wheel takes from one filter to any other; nothing is seen meanwhile.
    turret_ms : float
        How long the objective turret takes from one objective to any other; nothing is seen.
    shutter_ms : float
        How long the shutter takes to open or to close; light passes only while it is wide open.
    slm_px : tuple of int
        Height and width of the spatial light modulator.
    slm_cover : float
        Side of the square that it lights, in units of the sensor's longer side.
    slm_turn_deg : float
        By how much its picture is turned against the camera's.
    slm_shift_px : tuple of float
        By how much the middle of its picture lies off that of the sensor, in columns and rows
        of the camera.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    xy_travel_um: tuple[float, float] = (-55_000.0, 55_000.0)
    xy_speed_um_per_s: float = 10_000.0
    xy_settle_ms: float = 30.0
    xy_backlash_um: float = 0.0
    z_travel_um: tuple[float, float] = (-200.0, 200.0)
    z_speed_um_per_s: float = 2_000.0
    z_settle_ms: float = 8.0
    z_backlash_um: float = 0.0
    wheel_ms: float = 60.0
    turret_ms: float = 1500.0
    shutter_ms: float = 2.0
    slm_px: tuple[int, int] = (256, 256)
    slm_cover: float = 1.1
    slm_turn_deg: float = 1.5
    slm_shift_px: tuple[float, float] = (4.0, -3.0)

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("xy_travel_um", "z_travel_um"):
                ok, must = _is_pair(value) and value[0] < value[1], "a low and a higher number"
            elif each.name == "slm_px":
                ok = _is_pair(value) and all(isinstance(v, int) and 1 <= v <= 4096 for v in value)
                must = "two whole numbers from 1 to 4096"
            elif each.name == "slm_shift_px":
                ok, must = _is_pair(value), "two numbers"
            elif each.name == "slm_turn_deg":
                ok, must = is_number(value), "a number"
            elif each.name.endswith("speed_um_per_s") or each.name == "slm_cover":
                ok, must = is_number(value) and value > 0, "a number above 0"
            else:
                ok, must = is_number(value) and value >= 0, _NOT_NEGATIVE
            require(ok, f"Mechanics.{each.name}", value, must, "Correct it.")


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_number, value))
