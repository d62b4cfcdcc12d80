//! What the widget says of itself to whoever adds it to another dashboard.

/// The first YAML in it becomes the parameters of a new widget.
pub(super) const MARKDOWN: &str = "\
## SES send quotas of the fleet

Every account and Region that ses-quota-monitor checks, the worst first, as the latest checks found them. The page reads the
monitor's table; it asks no account, and runs no check.

| parameter | meaning |
| --- | --- |
| `filter` | words that a target has to have, all of them: of the account, its name, the Region, the level or the status |

``` yaml
filter: ''
```
";
