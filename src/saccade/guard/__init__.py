"""Between a decision and the microscope: limits, light dose and rate."""

from ._dose import Dose
from ._limits import Limits
from ._modifiable import Modifiable
from ._rate import Rate

__all__ = ["Dose", "Limits", "Modifiable", "Rate"]
