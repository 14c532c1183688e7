"""The reviewer's desk: doubtful cells beside the scan, and what people say of them.

``entry`` is one thing a person said, ``log`` keeps all of them, ``apply`` puts them on a result.
``case`` is a document on the desk; ``app`` and the folder ``static`` show it in a browser.
"""
