"""As much of unittest as the tests of this folder use, for MicroPython."""
# ruff: noqa: N802, UP031 - unittest's names, and no f-strings as in device/

import sys


class TestCase:
    def setUp(self):
        pass

    def assertTrue(self, value, message=""):
        if not value:
            raise AssertionError(message or "not true")

    def assertFalse(self, value, message=""):
        if value:
            raise AssertionError(message or "not false")

    def assertEqual(self, one, other, message=""):
        if one != other:
            raise AssertionError("%r is not %r %s" % (one, other, message))


def run(module):
    """Run every test of a module; prints a line a failure, then "module: passed of all"."""
    passed = ran = 0
    for name in sorted(dir(module)):
        case = getattr(module, name)
        if not (isinstance(case, type) and issubclass(case, TestCase)):
            continue
        for method in sorted(dir(case)):
            if not method.startswith("test_"):
                continue
            ran += 1
            test = case()
            try:
                test.setUp()
                getattr(test, method)()
                passed += 1
            except Exception as error:
                print("FAILED %s.%s.%s" % (module.__name__, name, method))
                sys.print_exception(error)
    print("%s: %d of %d" % (module.__name__, passed, ran))
