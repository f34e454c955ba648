"""Numbers of msgpack's extension types, by which values keep their types; none is ever used for anything else."""

TUPLE = 1
SET = 2
FROZENSET = 3
PAIRS = 4
INTEGER = 5
BYTEARRAY = 6
MEMORYVIEW = 7
COMPLEX = 8
RANGE = 9
DECIMAL = 10
FRACTION = 11
UUID = 12
DATETIME = 13
DATE = 14
TIME = 15
TIMEDELTA = 16
TIMEZONE = 17
ZONE = 18

MEMBER = 32
NAMED_TUPLE = 33
DATACLASS = 34
STRUCT = 35
ERROR = 36

EXPORTED = 48
