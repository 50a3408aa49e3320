"""Tables that tests/fuzz found to end in a stack trace, or to be written in another way than they were read."""

from pargan.data import csv_table


def read(tmp_path, text):
    path = tmp_path / "my.csv"
    path.write_text(text)
    return csv_table(str(path))


def test_csv_table_orders_two_numbers_with_a_decimal_comma(tmp_path):
    pool = read(tmp_path, "a;b\n" + "1,0;x\n0,0;y\n" * 10)
    (column, _) = pool.spec.columns
    assert column.categories == ("0,0", "1,0")


def test_csv_table_reads_durations_that_64_bits_do_not_hold(tmp_path):
    huge = "999999999 days, 10:00:00"
    pool = read(tmp_path, "a,b\n" + f'"{huge}",1\n"1 day, 0:00:00",2\n' * 10)
    assert huge in pool.spec.columns[0].text(pool.spec.decode(pool.take([0]))["a"])


def test_csv_table_writes_years_with_four_digits(tmp_path):
    days = [f"0{year}-12-10" for year in range(550, 580)]
    pool = read(tmp_path, "a,b\n" + "".join(f"{day},{place % 3}\n" for place, day in enumerate(days)))
    assert pool.spec.columns[0].text(pool.spec.decode(pool.take(range(30)))["a"]) == days
