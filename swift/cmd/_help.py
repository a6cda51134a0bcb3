"""What --help says of a command, out of its module's docstring."""


def description(doc):
    """The first paragraph of `swift-name: does this.` as a sentence."""
    text = ' '.join(doc.partition('\n\n')[0].split())
    text = text.partition(': ')[2] if text.startswith('swift-') else text
    return text[:1].upper() + text[1:]
