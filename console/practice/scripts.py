"""What goes wrong in a drill besides the destinations: colleagues, lost answers, a platform that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from console.practice.faults import Kind

if TYPE_CHECKING:
    from console.practice.control import Control

ROLLBACK: Final = "/rollback$"
TOKEN_SECONDS: Final = 150.0


def rival(platform: Control) -> None:
    """Kim mends `spring-launch` as you roll it back; Lee touches `gift-cards` once you have read it."""
    setting = platform.setting
    platform.faults.rival(
        lambda: platform.edit(
            "spring-launch",
            "kim",
            "hotfix: straight to the old page",
            destinationUrl=setting.url("www", "/hotfix"),
        ),
        method="POST",
        path=r"/links/spring-launch/(rollback|route-preview)$",
    )
    platform.faults.rival(
        lambda: platform.edit("gift-cards", "lee", "dashboard", title="Gift cards, now with bows"),
        method="GET",
        path=r"/links/gift-cards/history$",
        after=True,
    )


def platform_down(platform: Control) -> None:
    """After two good writes the platform's gateway answers 503 for a while, reads included, then recovers."""
    platform.faults.add(
        Kind.ANSWER, method="POST", path=ROLLBACK, skip=2, times=6, status=503, headers={"retry-after": "1"}
    )
    platform.faults.add(Kind.ANSWER, method="GET", path=r"/history$", skip=8, times=5, status=502)


def token_expires(platform: Control) -> None:
    """The token that you start with is nearly over."""
    platform.token = platform.tokens.jwt(lives=TOKEN_SECONDS)


def lost_answers(platform: Control) -> None:
    """Rollbacks are done and their answers are lost, each in another way; some never arrive."""
    for kind in (
        Kind.COMMIT_THEN_CLOSE,
        Kind.COMMIT_THEN_502,
        Kind.BEFORE_CLOSE,
        Kind.COMMIT_THEN_HALF,
        Kind.COMMIT_THEN_HTML,
        Kind.BEFORE_RST,
        Kind.COMMIT_THEN_HANG,
    ):
        platform.faults.add(kind, method="POST", path=ROLLBACK)
