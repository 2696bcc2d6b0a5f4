"""Something that drifts: where it is, how fast it goes, and how well both are known."""

from __future__ import annotations

import math


class Trend:
    """A Kalman filter of a place whose rate of change wanders.

    The rate does a random walk: within an hour it changes by about ``rate_per_h``, and so it
    is at the beginning (constant velocity with white noise acceleration; Bar-Shalom, Li and
    Kirubarajan, *Estimation with Applications to Tracking and Navigation*, 2001, section 6.2).
    A measurement far off what was expected begins anew: something was moved.

    Parameters
    ----------
    rate_per_h : float
        How fast it drifts, as a standard deviation.
    error : float
        Of a measurement, as a standard deviation.
    lasts_h : float
        How long after a measurement it is believed to go on; then it is taken to stay.
    """

    _OFF = 5.0
    """Number of standard deviations at which a measurement no longer belongs to the trend."""

    def __init__(self, rate_per_h: float, error: float, lasts_h: float = math.inf) -> None:
        self._rate_per_h, self._error, self._lasts_h = rate_per_h, error, lasts_h
        self._t_ns: int | None = None
        self._place, self._rate = 0.0, 0.0
        self._vpp, self._vpr, self._vrr = 0.0, 0.0, 0.0

    @property
    def rate_per_h(self) -> float:
        """How fast it goes."""
        return self._rate

    @property
    def fresh(self) -> bool:
        """Whether it was never measured."""
        return self._t_ns is None

    def at(self, t_ns: int) -> float:
        """Return where it should be at a time; 0 if it was never measured.

        Parameters
        ----------
        t_ns : int
            Monotonic time.
        """
        return self._place + self._rate * min(self._hours(t_ns), self._lasts_h)

    def expects(self, place: float, t_ns: int) -> bool:
        """Return whether a measurement would belong to the trend.

        Parameters
        ----------
        place : float
            As measured.
        t_ns : int
            Monotonic time, not before that of the last measurement.
        """
        if self._t_ns is None:
            return True
        hours = self._hours(t_ns)
        expected = self._place + self._rate * hours
        variance = self._variance_after(hours) + self._error**2
        return abs(place - expected) <= self._OFF * math.sqrt(variance)

    def saw(self, place: float, t_ns: int, *, sudden: bool = False) -> bool:
        """Learn where it is; return whether the trend begins with it, being the first or far off.

        Parameters
        ----------
        place : float
            As measured.
        t_ns : int
            Monotonic time, not before that of the last measurement.
        sudden : bool
            Whether it is known that it did not drift there; then the trend begins anew.
        """
        if self._t_ns is None or sudden or not self.expects(place, t_ns):
            self._begin(place, t_ns)
            return True
        self._go_on(t_ns)
        off, variance = place - self._place, self._vpp + self._error**2
        gain, gain_rate = self._vpp / variance, self._vpr / variance
        self._place += gain * off
        self._rate += gain_rate * off
        self._vrr -= gain_rate * self._vpr
        self._vpr -= gain * self._vpr
        self._vpp -= gain * self._vpp
        return False

    def _begin(self, place: float, t_ns: int) -> None:
        # What rate there was goes on after a jump, but is known no better than at first.
        self._t_ns, self._place = t_ns, place
        self._vpp, self._vpr, self._vrr = self._error**2, 0.0, self._rate_per_h**2

    def _go_on(self, t_ns: int) -> None:
        hours = self._hours(t_ns)
        self._place += self._rate * hours
        wander = self._rate_per_h**2  # of the rate, within an hour
        self._vpp = self._variance_after(hours)
        self._vpr += hours * self._vrr + wander * hours**2 / 2
        self._vrr += wander * hours
        self._t_ns = t_ns

    def _variance_after(self, hours: float) -> float:
        grown = hours * (2 * self._vpr + hours * self._vrr)
        return self._vpp + grown + self._rate_per_h**2 * hours**3 / 3

    def _hours(self, t_ns: int) -> float:
        return 0.0 if self._t_ns is None else (t_ns - self._t_ns) / 3.6e12
