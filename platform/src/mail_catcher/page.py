"""The page for people: a list of messages, and each message as its reader would see it. No JavaScript."""

from html import escape

from mail_catcher.message import Message

# A caught message is a stranger's HTML: it gets no scripts, and nothing from the network.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'"

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b }
table { width: 100%; border-collapse: collapse }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
dt { font-weight: 600; float: left; width: 6rem } dd { margin: 0 0 .2rem 6rem }
iframe { width: 100%; height: 40rem; border: 1px solid #bbb; background: #fff }
pre { white-space: pre-wrap; background: #f5f5f5; padding: 1rem }
"""


def render_list(messages: list[Message]) -> str:
    """All messages, newest first."""
    rows = "".join(
        f"<tr><td><time>{message.caught_at:%Y-%m-%d %H:%M:%S}</time></td>"
        f"<td>{escape(', '.join(message.recipients))}</td>"
        f'<td><a href="/view/{message.id}">{escape(message.subject or "(no subject)")}</a></td></tr>'
        for message in messages
    )
    table = (
        f"<table><thead><tr><th scope=col>Time (UTC)</th><th scope=col>To</th><th scope=col>Subject</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
    return _document("Caught mail", table if messages else "<p>No mail has come yet.</p>")


def render_message(message: Message) -> str:
    """One message: its headers, then HTML, text and attachments as far as it has them."""
    attachments = "".join(
        f'<li><a href="/messages/{message.id}/attachments/{number}">{escape(attachment.filename)}</a>'
        f" ({escape(attachment.content_type)}, {len(attachment.content)} bytes)</li>"
        for number, attachment in enumerate(message.attachments)
    )
    parts = [
        '<p><a href="/">All messages</a></p>',
        f"<dl><dt>From</dt><dd>{escape(message.sender)}</dd><dt>To</dt><dd>{escape(', '.join(message.recipients))}</dd>"
        f"<dt>Time</dt><dd>{message.caught_at:%Y-%m-%d %H:%M:%S} UTC</dd></dl>",
        f'<iframe sandbox title="The message as HTML" srcdoc="{escape(message.html)}"></iframe>'
        if message.html
        else "",
        f"<h2>Text</h2><pre>{escape(message.text)}</pre>" if message.text else "",
        f"<h2>Attachments</h2><ul>{attachments}</ul>" if attachments else "",
    ]
    return _document(message.subject or "(no subject)", "".join(parts))


def _document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
