"""Between a decision and the microscope: limits, steps, light, rate, budget, and a ladder down."""

from ._budget import Budget
from ._dose import Dose
from ._duty import Duty
from ._ladder import Ladder
from ._light import light_of
from ._limits import Limits
from ._modifiable import Modifiable
from ._rate import Rate
from ._step import Step
from ._stimulation import Stimulation

__all__ = [
    "Budget",
    "Dose",
    "Duty",
    "Ladder",
    "Limits",
    "Modifiable",
    "Rate",
    "Step",
    "Stimulation",
    "light_of",
]
