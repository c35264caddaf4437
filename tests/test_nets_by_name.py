import pytest
from nets_by_name import NARROW, apart
@pytest.mark.parametrize("name", NARROW)
def test_a_net(name):
    make, theirs, sizes = NARROW[name]
    for size in sizes:
        f=apart(make,theirs,size)
        print(name,size,f)
        assert max(f.values())<1e-9
