"""Print the PTX of a sampler's kernel for toy models, which needs no GPU."""

import sys
from types import SimpleNamespace

from numba import cuda, types
from numba.cuda import dispatcher

from lgi import cuda as lgi_cuda
from lgi.llc import samplers_cuda
from lgi.superposition.llc.loss import loss_and_gradient

CAPABILITY = (9, 0)


def array(ndim, dtype=types.float64):
    return types.Array(dtype, ndim, "C")


def main(sampler):
    number, matrix, vector = types.float64, array(2), array(1)
    framed = sampler == "hmc"
    made_for = samplers_cuda._Loss(loss_and_gradient, (2, 6), 18, 46, 1, framed)
    if framed:
        kernel = samplers_cuda._hmc_kernel(made_for)
        how = (array(1, types.int64), number, types.boolean, number)
    else:
        kernel = samplers_cuda._langevin_kernel(made_for, sampler == "rmsprop_sgld")
        how = (vector, vector, types.boolean, number, number, number)
    frame = (matrix, array(3)) if framed else ()
    arguments = (
        types.Tuple((matrix, number, matrix, array(2, types.uint32), types.int64)),
        types.Tuple((types.Tuple((matrix,)), types.Tuple((matrix,)), types.Tuple(frame), vector)),
        types.UniTuple(types.int64, 3),
        types.Tuple(how),
        types.Tuple((matrix, matrix, matrix, matrix, vector, vector)),
    )
    lgi_cuda._settle()
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=CAPABILITY)
    print(cuda.compile_ptx(kernel.py_func, arguments, cc=CAPABILITY)[0])


main(sys.argv[1])
