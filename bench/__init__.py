"""What a check costs: the release bootstrap, run as Lambda runs it, against an AWS made of this machine (`make bench`).

| module | what it is |
| --- | --- |
| `network` | a network of its own, in which every AWS host name leads to this machine |
| `certificates` | the certificates of these hosts |
| `cloud` | `Cloud`: the AWS services that a check calls, each under its own host, over TLS |
| `subjects` | what is measured: the monitor and its two peers in `peers/` |
| `limit` | the CPU that a function of 128 MB gets |
| `measure` | the measurements |
| `profile` | where the instructions go (`make profile`) |
| `results` | the tables, for the terminal, for RESULTS.md and for the README |
"""
