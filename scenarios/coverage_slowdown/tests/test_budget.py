import random
import time

from timetable.search import next_departure


def seconds(call):
    """The processor time of `call`, the best of several."""
    taken = []
    for _ in range(7):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return min(taken)


def test_a_search_costs_no_more_than_sorting_the_list():
    departures = random.Random(1).choices(range(1_000_000), k=20_000)
    in_order = sorted(departures)
    budget = 1.3 * seconds(lambda: sorted(departures))
    assert seconds(lambda: next_departure(in_order, 500_000)) < budget, "the search takes too long"
