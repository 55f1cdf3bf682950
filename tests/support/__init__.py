"""What the tests share: rendering, installing, talking to servers, edits and merges."""
