import kept


def test_all():
    kept.dropped()
    kept.asked()
    kept.repeated()
