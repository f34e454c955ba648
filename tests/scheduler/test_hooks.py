"""Hooks stand in the place of methods for a while, and leave nothing behind."""

from detrun.scheduler.hooks import hooked


class Base:
    def said(self, word: str) -> str:
        return f"it said {word}"


class Heir(Base): ...


def test_a_hook_is_called_with_the_method_and_its_arguments_and_gone_afterwards() -> None:
    def louder(real: object, heir: Heir, word: str) -> str:
        assert callable(real)
        return str(real(heir, word.upper()))

    with hooked((Heir, Heir.said, louder)):
        assert (Heir().said("no"), Base().said("no")) == ("it said NO", "it said no")

    assert Heir().said("no") == "it said no"
    assert "said" not in vars(Heir)
