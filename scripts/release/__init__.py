"""`make release`: everything that an installation without a toolchain needs, in the folder `dist`.

| module | what it is |
| --- | --- |
| `version` | the version that is released, whether the tree may be released under a tag, and its notes |
| `processors` | the processors that a release is for, and whether Rust can build for them |
| `builds` | builds the function and the command line |
| `template` | the template that names a built function |
| `notices` | the licenses of what the binaries contain |
| `archives` | zip and tar files with the same bytes for the same contents |
| `assembly` | puts the folder together from what was built |
"""
