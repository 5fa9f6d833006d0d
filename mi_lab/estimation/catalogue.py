"""Tasks by the names that experiments use."""

from mi_lab.estimation.distributions import CorrelatedStudent, UniformNoise
from mi_lab.estimation.tasks import CorrelatedGaussians, Task
from mi_lab.estimation.transforms import MAPS, Transformed
from mi_lab.ground.names import TASKS, known


def make_task(name: str, dim: int, mi: float) -> Task:
    """The task of that name with ``mi`` nats: 'gaussian', 'student', 'uniform_noise', or Gaussians under a map.

    A map's name, such as 'cubic', is for y alone; 'blobs' makes images of x and of y. Raises ValueError for another
    name, or an MI that the task cannot have.
    """
    match known("task", name, TASKS):
        case "student":
            return CorrelatedStudent(dim, mi)
        case "uniform_noise":
            return UniformNoise(dim, mi)
    gaussians = CorrelatedGaussians(dim=dim, mi=mi)
    if name == "gaussian":
        return gaussians
    return Transformed(gaussians, MAPS[name], MAPS[name] if name == "blobs" else None)
