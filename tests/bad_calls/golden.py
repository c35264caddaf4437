"""The golden file of messages: written from what the calls say, read back to compare."""

HEAD = """What a bad call says: how it is called | the error's type | its message, further lines indented.
`python -m tests.bad_calls --write` writes this file; a folder's name is PATH."""


def written(found):
    """The file's text. found: (what is called, how, the outcome) in order."""
    lines, heading = [HEAD], None
    for called, how, outcome in found:
        if called != heading:
            heading = called
            lines += ["", called]
        lines.append(f"  {outcome.line(how)}")
    return "\n".join(lines) + "\n"


def read(text):
    """{"what: how": (type, message)} of the file's text."""
    rows, called, last = {}, "", ""
    for line in text.splitlines()[len(HEAD.splitlines()) :]:
        if line.startswith("    "):
            rows[last] = rows[last][0], f"{rows[last][1]}\n{line[4:]}"
        elif line.startswith("  "):
            how, kind, message = line[2:].split(" | ", 2)
            last = f"{called}: {how}"
            rows[last] = kind, message
        else:
            called = line
    return rows
