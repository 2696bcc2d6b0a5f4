"""What must be done before anything here imports torch: its threads are to wait asleep."""

from saccade.models import wait_asleep

wait_asleep()
