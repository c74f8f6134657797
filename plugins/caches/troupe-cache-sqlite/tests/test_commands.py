"""`troupe cache …`, in this process."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from troupe_cache_sqlite import Plugin
from troupe_cli import main
from troupe_core import Embedder, Embeddings, LLMResponse, Runtime
from troupe_core.llm import unit


@pytest.fixture
def troupe(room, monkeypatch, capfdbinary):
    for name in [name for name in os.environ if name.startswith(("TROUPE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(room.folder)
    (room.folder / ".git").mkdir()

    def run(*arguments, said=b""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(said)))
        capfdbinary.readouterr()
        code = main(["cache", *map(str, arguments)])
        out, err = (text.decode() for text in capfdbinary.readouterr())
        return SimpleNamespace(
            code=code, out=out, err=err, json=json.loads(out) if out and "--json" in arguments else None
        )

    return run


class Pair(Embedder):
    name, free = "pair", True

    async def embed(self, model, texts, call):
        return Embeddings(tuple(unit([1.0, float(len(text))]) for text in texts))


HALF = "half an emoji: \ud83d, and a line\nbreak"


@pytest.fixture
def filled(room):
    """Answers good and bad, in two namespaces, and vectors."""
    for namespace in ("", "acme"):
        runtime = room.runtime(
            lambda request, number: HALF if request.draw else LLMResponse("No.", finish="refusal"), namespace=namespace
        )
        room.ask(runtime, *[room.request(draw=draw) for draw in range(3)])
        runtime.close()
    tables = {"cache-sqlite": {"mode": "readwrite", "path": str(room.path)}}
    with Runtime([Pair, Plugin], settings=tables, autoload=False) as runtime:
        runtime.embed(["tea", "rolls"], "pair/any")
    return room.path


def entries(path):
    with sqlite3.connect(path) as db:
        found = db.execute("SELECT key, value, model, made, kind, namespace, digest FROM entry ORDER BY key").fetchall()
    db.close()
    return found


def test_the_doctor_looks_at_the_file(troupe, room, capfdbinary):
    def doctor(mode, path=room.path):
        settings = f"[settings.cache-sqlite]\nmode = {mode!r}\npath = {str(path)!r}\n"
        (room.folder / "troupe.toml").write_text(settings)
        capfdbinary.readouterr()
        main(["doctor", "--json"])
        found = json.loads(capfdbinary.readouterr().out)["findings"]
        cache = [each for each in found if "cache-sqlite (" in each["about"]]
        return [(each["level"], each["text"].replace(str(room.folder), "…")) for each in cache]

    assert doctor("off") == [("ok", "it is switched off (settings.cache-sqlite.mode)")]
    begun = "…/deep/cache.sqlite is not there yet, and begun with the first answer"
    assert doctor("readwrite") == [("ok", f"mode readwrite, {begun}")]
    ((level, text),) = doctor("replay")
    assert (level, text.partition(":")[0]) == ("problem", "there is no cache at …/deep/cache.sqlite")
    assert not room.path.parent.exists()
    runtime = room.runtime()
    room.texts(runtime, room.request())
    runtime.close()
    ((level, text),) = doctor("readwrite")
    assert (level, text) == ("ok", "mode readwrite, …/deep/cache.sqlite: 1 entry, 0.0 MB (version 2)")
    with closing(sqlite3.connect(room.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "somebody else has locked it" in doctor("readwrite")[0][1]
        assert "locked" not in doctor("read")[0][1]
    (room.folder / "pickle").write_bytes(b"\x80\x04." * 500)
    assert doctor("read", room.folder / "pickle")[0][0] == "problem"


def test_stats_tell_what_there_is_by_namespace_model_and_kind(troupe, filled):
    shares = {
        (share["namespace"], share["model"], share["kind"]): share["entries"]
        for share in troupe("stats", filled, "--json").json["shares"]
    }
    assert shares == {
        ("", "asked/any", "completion"): 2,
        ("", "asked/any", "unfit"): 1,
        ("", "pair/any", "embedding"): 2,
        ("acme", "asked/any", "completion"): 2,
        ("acme", "asked/any", "unfit"): 1,
    }
    ran = troupe("stats", filled, "--namespace", "acme")
    assert "3 entries" in ran.out
    assert "acme       asked/any  unfit       1" in ran.out
    assert "pair/any" not in ran.out


def test_without_a_file_the_one_of_the_settings_is_meant(troupe, room, filled):
    (room.folder / "troupe.toml").write_text(f'[settings.cache-sqlite]\npath = "{filled}"\n')
    assert troupe("stats", "--json").json["path"] == str(filled)
    (room.folder / "troupe.toml").unlink()
    ran = troupe("stats")
    assert ran.code != 0
    assert ran.err.startswith("troupe: there is no cache at")
    assert "troupe-cache.sqlite" in ran.err


def test_clear_asks_first_and_removes_what_is_meant(troupe, filled):
    before = filled.stat().st_size
    for said, code, left in ((b"", 1, 8), (b"n\n", 1, 8), (b"y\n", 0, 5)):
        ran = troupe("clear", filled, "--namespace", "acme", said=said)
        assert "Remove 3 entries from" in ran.err
        assert (ran.code, len(entries(filled))) == (code, left)
    assert troupe("clear", filled, "--model", "pair/any", "--json", "--yes").json["removed"] == 2
    assert len(entries(filled)) == 3
    assert "--yes" in troupe("clear", filled, "--json").err
    assert "3 entries removed" in troupe("clear", filled, "--yes").out
    assert entries(filled) == []
    assert filled.stat().st_size <= before


def test_what_is_exported_and_imported_is_the_same_and_overwrites_nothing(troupe, room, filled):
    lines, copy = room.folder / "lines.jsonl", room.folder / "copy.sqlite"
    assert troupe("export", filled, "--into", lines).err.endswith(": 8 entries exported\n")
    assert "is there already" in troupe("export", filled, "--into", lines).err
    out = troupe("export", filled).out
    assert out == lines.read_text()
    assert out.isascii()
    said = [json.loads(line) for line in out.splitlines()]
    assert [each["answer"]["text"] for each in said if each["kind"] == "completion"] == [HALF] * 4
    assert troupe("import", lines, copy).out.endswith(": 8 entries added, 0 there already\n")
    assert entries(copy) == entries(filled)
    again = out.replace(json.dumps(HALF), '"another answer"')
    assert again != out
    done = troupe("import", "-", copy, "--json", said=again.encode()).json
    assert (done["new"], done["there"], done["refused"]) == (0, 8, [])
    assert entries(copy) == entries(filled)
    assert room.texts(room.runtime(mode="replay", path=copy), room.request(draw=1)) == [HALF]


def test_lines_that_cannot_be_used_are_named_and_the_others_added(troupe, room, filled):
    good = troupe("export", filled, "--model", "asked/any").out.splitlines()[0]
    plain = json.loads(good)
    bad = [
        "no JSON",
        "[]",
        '"text"',
        json.dumps({**plain, "key": "12"}),
        json.dumps({**plain, "kind": "spell"}),
        json.dumps({**plain, "made": "now"}),
        json.dumps({**plain, "made": 2**63}),
        json.dumps({**plain, "model": "\ud800"}),
        json.dumps({**plain, "answer": {"text": 5}}),
        json.dumps({**plain, "answer": {**plain["answer"], "usage": ["x", "y", "z"]}}),
        json.dumps({**plain, "answer": {**plain["answer"], "pieces": [-1, len(plain["answer"]["text"]) + 1]}}),
        json.dumps({**plain, "kind": "embedding", "answer": {"model": "m", "tokens": 1, "vector": "AAA="}}),
        json.dumps({name: value for name, value in plain.items() if name != "model"}),
    ]
    copy = room.folder / "copy.sqlite"
    ran = troupe("import", "-", copy, "--json", said="\n".join([*bad, "", good]).encode())
    assert ran.code == 1
    assert [line["number"] for line in ran.json["refused"]] == list(range(1, len(bad) + 1))
    assert all(line["why"] for line in ran.json["refused"])
    assert len(entries(copy)) == 1
    ran = troupe("import", "-", copy, said=b"\x1b]0;an order\x07")
    assert "line 1 was not added" in ran.err
    assert "\x1b" not in ran.err


def test_verify_names_every_entry_that_is_not_what_was_written(troupe, filled):
    assert troupe("verify", filled).code == 0
    keys = {
        kind: [row[0] for row in entries(filled) if row[4] == kind] for kind in ("completion", "unfit", "embedding")
    }
    with sqlite3.connect(filled) as db:
        db.execute("UPDATE entry SET value = substr(value, 1, 20) WHERE key = ?", (keys["completion"][0],))
        db.execute("UPDATE entry SET kind = ? WHERE key = ?", ("\x1bspell", keys["completion"][1]))
        db.execute("UPDATE entry SET namespace = 'theirs' WHERE key = ?", (keys["completion"][2],))
        theirs = "SELECT value FROM entry WHERE key = ?"
        db.execute(f"UPDATE entry SET value = ({theirs}) WHERE key = ?", keys["embedding"])
    db.close()
    wrong = [*keys["completion"][:3], keys["embedding"][1]]
    ran = troupe("verify", filled, "--json")
    assert ran.code == 1
    assert sorted(each["key"] for each in ran.json["wrong"]) == sorted(key.hex() for key in wrong)
    said = troupe("verify", filled).out
    assert "4 things wrong" in said
    assert "\x1b" not in said
    ran = troupe("export", filled)
    assert (ran.code, len(ran.out.splitlines()), ran.err.count("left out")) == (1, 4, 4)


def test_what_can_be_read_of_a_damaged_file_is_exported_and_the_rest_told(troupe, room):
    runtime = room.runtime(lambda request, number: os.urandom(800).hex())
    room.texts(runtime, *[room.request(draw=draw) for draw in range(200)])
    runtime.close()
    whole = room.path.read_bytes()
    middle = len(whole) // 2
    room.path.write_bytes(whole[:middle] + bytes(8192) + whole[middle + 8192 :])
    ran = troupe("export", room.path)
    assert ran.code == 1
    assert 150 < len(ran.out.splitlines()) < 200
    assert "left out" in ran.err
    assert troupe("verify", room.path).code == 1
    assert "cannot be used: database disk image is malformed" in troupe("stats", room.path).err


@pytest.mark.parametrize("command", ["stats", "verify", "export", "clear"])
def test_a_file_that_is_none_is_told_and_left_alone(troupe, room, command):
    path = room.folder / "notes.txt"
    path.write_text("dear diary " * 99)
    ran = troupe(command, path, *(["--yes"] if command == "clear" else []))
    assert ran.code not in (0, 1)
    assert "no cache of Troupe" in ran.err
    assert path.read_text() == "dear diary " * 99
