"""What h2load's log says."""

from benchmarks.h2load import answers_of

LOG = "1700000000000000\t200\t2000\n1700000000001000\t200\t4000\n1700000000002000\t-1\t500\n"


def test_reads_status_and_seconds_of_each_answer() -> None:
    answers = answers_of(LOG)

    assert answers.statuses == [200, 200, -1]
    assert answers.latencies == [0.002, 0.004, 0.0005]


def test_all_took_from_the_first_beginning_to_the_last_end() -> None:
    assert answers_of(LOG).seconds == 0.005
