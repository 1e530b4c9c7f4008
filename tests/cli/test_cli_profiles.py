"""Settings: which source wins, what is refused and how it is said, and that nothing else ever comes out."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.domain.errors import ConfigProblem, StorageProblem
from console.domain.peaks import PeakWindow, peak_end
from console.ops.profiles.file import parse_config, read_config
from console.ops.profiles.keys import KEYS
from console.ops.profiles.places import places
from console.ops.profiles.profile import Profile, load_profile

SHOP = '[profiles.shop]\nbase_url = "https://api.example"\nhandle = "acme"\n'
PATH = Path("/settings/config.toml")


def loaded(text: str = SHOP, name: str | None = None, flags: dict | None = None, **env: str) -> Profile:
    return load_profile(name, flags=flags, environ=env, config=parse_config(text.encode(), PATH))


def refused(text: str = SHOP, name: str | None = None, **env: str) -> ConfigProblem:
    with pytest.raises(ConfigProblem) as caught:
        loaded(text, name, **env)
    return caught.value


def test_flags_over_environment_over_profile_over_defaults() -> None:
    text = SHOP + "timeout = 20\nconcurrency = 50\nreserve = 0.5\n"
    profile = loaded(
        text, flags={"timeout": 5.0, "handle": None}, REPOINT_TIMEOUT="9", REPOINT_CONCURRENCY="7"
    )
    assert (profile.timeout, profile.concurrency, profile.reserve) == (5.0, 7, 0.5)
    assert profile.sighting_max_age == 86400.0
    sources = {key: setting.source for key, setting in profile.settings.items()}
    assert sources["timeout"] == "flag --timeout"
    assert sources["concurrency"] == "environment REPOINT_CONCURRENCY"
    assert sources["reserve"] == f"profile shop ({PATH}, line 6)"
    assert sources["sighting_max_age"] == "default"


TWINS = {
    "base_url": ("https://other.example:8443/", "https://other.example:8443"),
    "handle": ("other", "other"),
    "token_env": ("ACME", "ACME"),
    "token_command": ("pass show 'my token'", ("pass", "show", "my token")),
    "token_keyring": ("repoint/dana", "repoint/dana"),
    "environment": ("staging", "staging"),
    "protected": ("yes", True),
    "reserve": ("30%", 0.3),
    "blast_radius": ("250", 250),
    "concurrency": ("12", 12),
    "timeout": ("2.5", 2.5),
    "probe_timeout": ("20", 20.0),
    "probe_slow": ("1.5", 1.5),
    "keep_health": ("30d", 2592000.0),
    "probe_allow_private": ("1", True),
    "rollback_target_key": ("versionId", "versionId"),
    "honours_idempotency": ("true", True),
    "ca_file": (__file__, Path(__file__)),
    "jwt_key": (__file__, Path(__file__)),
    "jwks_file": (__file__, Path(__file__)),
    "opt_out": ("vip-preview, *.Bank.example", ("vip-preview", "*.bank.example")),
    "sighting_max_age": ("90m", 5400.0),
    "allow_plain_http": ("on", True),
    "proxy": ("http://proxy.example:3128/", "http://proxy.example:3128"),
    "refresh": ("TRUE", True),
}


@pytest.mark.parametrize("key", TWINS)
def test_every_key_has_an_environment_twin(key: str) -> None:
    text, value = TWINS[key]
    profile = loaded(**{f"REPOINT_{key.upper()}": text})
    assert getattr(profile, key) == value
    assert profile.settings[key].source == f"environment REPOINT_{key.upper()}"


def test_no_key_is_left_out_of_the_twins() -> None:
    assert set(TWINS) | {"peak_windows"} == set(KEYS)
    windows = loaded(REPOINT_PEAK_WINDOWS="mon,wed 08:00-09:00; 22:00-02:00 Europe/Berlin").peak_windows
    assert [window.text for window in windows] == ["mon,wed 08:00-09:00", "22:00-02:00 Europe/Berlin"]


def test_the_environment_alone_is_a_profile(home: Path) -> None:
    env = {"REPOINT_HOME": str(home), "REPOINT_BASE_URL": "https://api.example/", "REPOINT_HANDLE": "acme",
           "REPOINT_TOKEN": "s3cret"}  # fmt: skip
    profile = load_profile(environ=env)
    assert (profile.name, profile.base_url, profile.token_env) == (
        "environment",
        "https://api.example",
        "REPOINT_TOKEN",
    )
    assert profile.target().key == "https://api.example|acme"
    assert "s3cret" not in repr(profile) + repr(profile.settings)
    assert not home.exists()


@pytest.mark.parametrize(
    ("text", "name", "env", "title", "hint"),
    [
        ("", None, {}, "There is no profile yet", "repoint demo"),
        ("", None, {"REPOINT_BASE_URL": "https://a.example"}, "REPOINT_HANDLE is not set", "config init"),
        ("", "shop", {}, "There is no profile shop", "repoint profile add shop"),
        (SHOP, "shp", {}, "There is no profile shp", "Did you mean shop?"),
        (SHOP, None, {"REPOINT_PROFILE": "shp"}, "There is no profile shp", "Did you mean shop?"),
        (SHOP + "[profiles.b]\n", None, {}, "There are several profiles", "default_profile"),
        (SHOP + "[profiles.b]\n", "b", {}, "Profile b has no base_url", "[profiles.b]"),
        ('default_profile = "shp"\n' + SHOP, None, {}, "line 1: default_profile names", "Did you mean shop?"),
        (SHOP + "timout = 3\n", None, {}, "line 4: there is no setting 'timout'", "Did you mean timeout?"),
        ("[profile.shop]\n", None, {}, "line 1: there is no setting 'profile'", "Did you mean profiles?"),
        ('base_url = "https://a"\n', None, {}, "line 1: base_url belongs to a profile", "[profiles.shop]"),
        (SHOP + 'timeout = "x"\n', None, {}, "line 4: timeout must be seconds", ""),
        (SHOP + "timeout = nan\n", None, {}, "line 4: timeout must be seconds", ""),
        (SHOP + "timeout = true\n", None, {}, "line 4: timeout must be seconds", ""),
        (SHOP + "concurrency = 1.5\n", None, {}, "line 4: concurrency must be a whole number", ""),
        (SHOP + f"concurrency = 1{'0' * 400}\n", None, {}, "line 4: concurrency must be", ""),
        (SHOP + "protected = 1\n", None, {}, "line 4: protected must be true or false", ""),
        (SHOP, None, {"REPOINT_PROTECTED": "maybe"}, "REPOINT_PROTECTED must be true or false", ""),
        (SHOP + 'token_command = "a \'b"\n', None, {}, "a command whose quotes are closed", ""),
        (SHOP + 'rollback_target_key = "v"\n', None, {}, "must be one of version, versionId", ""),
        (SHOP + 'ca_file = "/nowhere.pem"\n', None, {}, "must name a file that exists", ""),
        (SHOP + 'peak_windows = ["mon 25:00-26:00"]\n', None, {}, "a time of day that no clock shows", ""),
        (SHOP + 'peak_windows = ["mon 8:00-9:00 Mars/Base"]\n', None, {}, "a time zone", ""),
        (SHOP + 'opt_out = "a"\n', None, {}, "line 4: opt_out must be a list", ""),
        (SHOP + 'token_env = "A"\ntoken_keyring = "b"\n', None, {}, "token_env and token_keyring are", ""),
        (SHOP + 'proxy = "socks5://p:1"\n', None, {}, "line 4: proxy must be an http://", ""),
        (SHOP, None, {"HTTPS_PROXY": "socks5://p:1"}, "HTTPS_PROXY must be an http://", ""),
        ("a = \n", None, {}, "line 1 is not TOML: Invalid value", "Correct line 1"),
        (SHOP + 'environment = "open\n', None, {}, "line 4 is not TOML", "config init"),
        (SHOP + SHOP, None, {}, "line 4 is not TOML: the same [table] stands twice", ""),
        (SHOP + 'handle = "b"\n', None, {}, "line 4 is not TOML: the same name stands twice", ""),
        ("a = " + "[" * 5000, None, {}, "nested too deep", ""),
        (f"a = {'9' * 5000}\n", None, {}, "is not TOML", ""),
        ("profiles = 3\n", None, {}, "line 1: profiles must be a table", ""),
        ("[profiles]\nshop = 3\n", None, {}, "line 2: profile shop must be", "[profiles.shop]"),
        ('[profiles."a b"]\n', None, {}, "line 1: a profile's name must be one word", ""),
        ('[profiles."st.aging"]\nbase_url = 3\nhandle = "b"\n', None, {}, "line 2: base_url must be", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_with_its_line(
    text: str, name: str | None, env: dict[str, str], title: str, hint: str
) -> None:
    problem = refused(text, name, **env)
    assert title in problem.title
    assert hint in problem.hint


@pytest.mark.parametrize(
    "url",
    [
        "https://dana:s3cret@api.example",
        "https://api.example/v2",
        "https://api.example/?k=s3cret",
        "ftp://s3cret",
        "https://api.example#s3cret",
        "https://evil\\@s3cret",
        "https://s3cret example",
        "https://",
        "api.s3cret",
        "https://s3cret:99999",
        "https://s3cret\x00",
        "javascript:s3cret",
        "https://[::1",
        "http://0x7f.s3cret",
    ],
)
def test_a_base_url_that_is_no_origin_is_refused_without_repeating_it(url: str) -> None:
    problem = refused("", REPOINT_BASE_URL=url, REPOINT_HANDLE="acme")
    assert "s3cret" not in problem.title + problem.detail.replace(url, "") + problem.hint


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80", "http://[::1]:9", "http://localhost", "http://a.localhost"]
)
def test_plain_http_is_for_this_machine(url: str) -> None:
    env = {"REPOINT_HANDLE": "acme", "HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1"}
    assert loaded("", REPOINT_BASE_URL=url, **env).proxy is None
    assert "http://" in refused("", REPOINT_BASE_URL="http://api.example", REPOINT_HANDLE="acme").title
    assert loaded(SHOP, REPOINT_BASE_URL="http://api.example", REPOINT_ALLOW_PLAIN_HTTP="1").allow_plain_http


CANARY = "patv1_abc123.s3cretS3cret"


@pytest.mark.parametrize(
    "key", ["token", "token_env", "token_command", "token_keyring", "jwt", "handle", "proxy"]
)
@pytest.mark.parametrize(
    "form", ['{key} = "{canary}"', '{key} = "{canary}" oops', '{key} = "{canary}', "{key} = {canary}"]
)
def test_a_token_in_the_file_is_refused_and_not_repeated(key: str, form: str) -> None:
    line = form.format(key=key, canary=CANARY)
    text = f'[profiles.shop]\nbase_url = "https://api.example"\n{line}\n'
    try:
        loaded(text)
    except ConfigProblem as problem:
        said = problem.title + problem.detail + problem.hint + repr(problem)
        assert "s3cret" not in said
        assert "line 3" in said or "no handle" in said
    else:
        assert key == "handle"


def test_a_profiles_token_goes_to_the_profiles_host_only() -> None:
    text = SHOP + 'token_command = "pass show shop"\n'
    problem = refused(text, REPOINT_BASE_URL="https://evil.example")
    assert "is not sent to https://evil.example" in problem.title
    assert loaded(text, REPOINT_BASE_URL="https://API.example/").token_command
    other = loaded(text, REPOINT_BASE_URL="https://other.example", REPOINT_TOKEN="t")
    assert (other.token_env, other.token_command) == ("REPOINT_TOKEN", None)
    assert refused(text, REPOINT_TOKEN_ENV="A", REPOINT_TOKEN_COMMAND="b").title.startswith("token_env and")


@pytest.mark.parametrize(
    ("env", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        ({"https_proxy": "p:3128"}, "http://p:3128"),
        ({"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "other.example, .example"}, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "api.example:443"}, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example:8443,pi.example"}, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ({"HTTPS_PROXY": "http://p:1", "REPOINT_PROXY": "none"}, None),
        ({"HTTPS_PROXY": "http://p:1", "REPOINT_PROXY": "https://q"}, "https://q"),
    ],
)
def test_a_proxy_is_used_where_it_was_asked_for(env: dict[str, str], proxy: str | None) -> None:
    assert loaded(**env).proxy == proxy


def test_a_mistyped_variable_is_told() -> None:
    assert loaded(REPOINT_PROTECTD="1").notices == (
        "REPOINT_PROTECTD is not a setting. Did you mean REPOINT_PROTECTED?",
    )
    assert loaded(REPOINT_PROTECTED="1", REPOINT_SOMETHING_ELSE="1").notices == ()


def test_links_and_hosts_can_opt_out() -> None:
    profile = loaded(SHOP + 'opt_out = ["vip-preview", "bank.example", "*.partner.example"]\n')
    for slug, host in (("vip-preview", "x"), ("x", "Bank.example:8443"), ("x", "a.partner.example")):
        assert profile.opted_out(slug, host)
    for slug, host in (("vip", "x"), ("x", "notbank.example"), ("x", "partner.example.evil")):
        assert not profile.opted_out(slug, host)


@pytest.mark.parametrize(
    ("windows", "now", "end"),
    [
        (["mon-fri 17:00-20:00"], "2024-05-06T17:00", "2024-05-06T20:00"),
        (["mon-fri 17:00-20:00"], "2024-05-06T20:00", None),
        (["mon-fri 17:00-20:00"], "2024-05-05T18:00", None),
        (["sun 22:00-02:00"], "2024-05-06T01:59", "2024-05-06T02:00"),
        (["17:00-20:00 Europe/Berlin"], "2024-07-01T15:30", "2024-07-01T18:00"),
        (["17:00-20:00 Europe/Berlin"], "2024-01-01T15:30", None),
        (["08:00-09:00", "09:00-10:00", "11:00-12:00"], "2024-05-06T08:30", "2024-05-06T10:00"),
        (["00:00-24:00"], "2024-05-06T08:30", "2024-05-08T00:00"),
    ],
)
def test_peak_windows(windows: list[str], now: str, end: str | None) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    found = peak_end(tuple(PeakWindow.parse(text) for text in windows), at(now))
    if windows == ["00:00-24:00"]:
        assert found is not None
        assert found > at(now)
    else:
        assert found == (at(end) if end else None)


# -- the file itself


def write(home: Path, text: str = SHOP, mode: int = 0o600) -> Path:
    home.mkdir(mode=0o700, exist_ok=True)
    path = home / "config.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    path.chmod(mode)
    return path


def test_a_loose_file_is_tightened_and_an_open_one_refused(home: Path) -> None:
    path = write(home, mode=0o644)
    assert read_config(path).profiles
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o660)
    with pytest.raises(ConfigProblem, match="can be written by others") as caught:
        read_config(path)
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize("case", ["directory", "fifo", "binary", "large", "bom"])
def test_odd_files(home: Path, case: str) -> None:
    path = write(home)
    if case == "bom":
        write(home, "\ufeff" + SHOP)
        assert read_config(path).profiles
        return
    path.unlink()
    if case == "directory":
        path.mkdir(0o700)
    elif case == "fifo":
        os.mkfifo(path, 0o600)
    else:
        path.write_bytes(b"a = 1\n\xff\xfe" if case == "binary" else b"#" * (1 << 21))
        path.chmod(0o600)
    with pytest.raises(ConfigProblem) as caught:
        read_config(path)
    assert str(path) in caught.value.title
    assert case != "binary" or "line 2 is not UTF-8" in caught.value.title


def test_a_planted_folder_is_refused(home: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    write(real)
    home.symlink_to(real)
    with pytest.raises(StorageProblem, match="symbolic link"):
        load_profile(environ={"REPOINT_HOME": str(home)})


def test_places_of_a_home_and_of_none(home: Path) -> None:
    one = places({"REPOINT_HOME": str(home)})
    assert one.config_path() == home / "config.toml"
    assert one.journal_path() == home / "journal.db"
    with pytest.raises(ConfigProblem, match="HOME is not set"):
        places({})


def test_a_target_has_a_cache_of_its_own_with_a_harmless_name(home: Path) -> None:
    one = places({"REPOINT_HOME": str(home)})
    keys = [
        "https://a|acme",
        "https://b|acme",
        "https://a|Acme",
        "https://a|../../etc/passwd",
        "https://a|\ud800",
        "x",
    ]
    paths = [one.cache_path(key) for key in keys]
    assert len(set(paths)) == len(keys)
    assert {path.parent for path in paths} == {home / "cache" / "links"}
    assert all(path.name.isascii() and len(path.name) < 64 and ".." not in path.name for path in paths)
    assert paths[0].name.startswith("acme-")


words = st.sampled_from(
    [
        *KEYS,
        "profiles",
        "default_profile",
        "shop",
        "token",
        "a.b",
        '"',
        "[",
        "]",
        "=",
        "\n",
        "'",
        "true",
        "1e400",
        "nan",
        "{",
        "}",
        ",",
        "#",
        "\\u0000",
        "\x00",
        "2024-01-01",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=80),
        st.lists(words | st.text(max_size=6), max_size=30).map(
            lambda w: " ".join(w).encode("utf-8", "replace")
        ),
    )
)
def test_any_bytes_are_settings_or_a_config_problem(raw: bytes) -> None:
    for text in (raw, SHOP.encode() + raw):
        try:
            load_profile(environ={}, config=parse_config(text, PATH))
        except ConfigProblem:
            continue


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(KEYS)), values)
def test_any_value_is_taken_or_a_config_problem(key: str, value: object) -> None:
    good = {"base_url": "https://api.example", "handle": "acme"}
    said = key
    try:
        load_profile(flags={**good, key: value}, environ={}, config=parse_config(b"", PATH))
    except ConfigProblem as problem:
        said = problem.title.lower().replace("-", "_")
    assert key in said


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(k.variable for k in KEYS.values())), st.text(max_size=20)))
def test_any_environment_is_taken_or_a_config_problem(env: dict[str, str]) -> None:
    try:
        profile = loaded(**env)
    except ConfigProblem:
        return
    assert profile.timeout > 0
