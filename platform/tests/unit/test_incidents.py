from parking_platform.incidents import Incidents


def test_an_unexpected_end_and_the_restart_are_reported() -> None:
    incidents = Incidents()

    ended = incidents.line("PROCESS_STATE_EXITED", "auth-serve", "12", now=100.0)
    runs = incidents.line("PROCESS_STATE_RUNNING", "auth-serve", "34", now=102.5)

    assert ended == "auth-serve ended unexpectedly (pid 12), and is started again"
    assert runs == "auth-serve runs again (pid 34) after 2.5 s"


def test_an_ordinary_start_is_no_incident() -> None:
    assert Incidents().line("PROCESS_STATE_RUNNING", "auth-serve", "12", now=0.0) is None


def test_giving_up_says_where_to_look() -> None:
    line = Incidents().line("PROCESS_STATE_FATAL", "kafka", "?", now=0.0)

    assert line
    assert "make logs NAME=kafka" in line
