"""The large fault and race tests: `make drill`. Each script prints a line a goal and ends with 1 when one is missed."""
