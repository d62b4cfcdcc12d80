"""What the local AWS, the benchmark and the tests share.

| module | what it is |
| --- | --- |
| `documentation` | the commands that the documentation tells its readers to run |
| `http` | one HTTP/1.1 connection of a server, on asyncio |
| `paths` | the project and the built function |
| `protocol` | the AWS protocols: the operation of a request, and responses |
| `runtime_api` | Lambda's Runtime API, the environment that Lambda sets, and a function that runs under both |
| `waiting` | `wait_for`: wait for a condition instead of sleeping |
"""
