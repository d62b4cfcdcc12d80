"""What a check costs: the deployed binary, run as Lambda runs it, against a fake AWS on this machine (`make bench`).

| module | what it is |
| --- | --- |
| `network` | a network of its own, in which every AWS host name leads to this machine |
| `link` | a link on which packets take time, to count round trips |
| `certificates` | the certificates of these hosts |
| `cloud` | `Cloud`: the AWS services that a check calls, each under a host name of its own, over TLS |
| `subjects` | what is measured: the function, and its two peers in `peers/` |
| `limit` | the CPU share that Lambda gives a function for its memory |
| `effort` | how much is measured: all, or the most important |
| `measure` | the measurements |
| `report` | which rows there are |
| `profile` | where the instructions go (`make profile`) |
| `units` | how figures are written |
| `results` | the tables, in the terminal, in RESULTS.md and in the documentation |
| `baseline` | what got worse than the committed figures |
| `targets` | what a check may cost, and what it cost in version 0.1.0 |
"""
