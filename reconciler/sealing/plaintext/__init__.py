"""Secrets that are not sealed: where they are, and never what they are.

Where it cannot be known whether something is a secret, this says that it is: a Secret whose form no
rule knows, a folder that does not render, a file too large to read. The two mistakes cost unlike. A
finding too many is allowed with one line and its reason, once. A finding too few is in the history
of every clone, and the only remedy is a new secret. That is why a change is rendered and not only
read: people who mean no harm hide Secrets from every pattern by templates, patches, generators and
anchors, and what comes out of a render is in one form.

It ends where a hook that cries wolf would be switched off. A reference to a vault, a shortened
example and a public key look like secrets and are none (not_secret.py), and a value that nothing
tells from others, such as a password in a ConfigMap, is not guessed at by its randomness.
"""
