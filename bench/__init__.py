"""What a check costs: the deployed binary, run as Lambda runs it, against a fake AWS on this machine (`make bench`).

| module | what it is |
| --- | --- |
| `network` | a network of its own, in which every AWS host name leads to this machine |
| `certificates` | the certificates of these hosts |
| `cloud` | `Cloud`: the AWS services that a check calls, each under a host name of its own, over TLS |
| `subjects` | what is measured: the function, and its two peers in `peers/` |
| `limit` | the CPU share of a function with 128 MB |
| `measure` | the measurements |
| `profile` | where the instructions go (`make profile`) |
| `units` | how figures are written |
| `results` | the tables, in the terminal, in RESULTS.md and in the documentation |
"""
